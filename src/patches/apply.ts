import type { StructuredPatch } from 'diff';
import { reversePatch } from 'diff/lib/patch/reverse.js';
import type { FailedHunk } from '../errors.js';
import { contextOf, linesOf, locate, sideOf, withoutNewline } from './locate.js';
import type { Patch } from './patch.js';

/** Where a hunk went. The line counts from 1; the offset is how far that is from where the patch says. */
export interface HunkPlace {
  file: string;
  line: number;
  offset: number;
}

export type Applied =
  /** `contents` holds the changed files only. */
  | { status: 'applied'; hunks: HunkPlace[]; contents: Map<string, string> }
  | { status: 'already-applied'; hunks: HunkPlace[] }
  | { status: 'not-needed'; reason: string }
  | { status: 'failed'; hunks: FailedHunk[] };

/**
 * Applies a patch to files in memory, wholly or not at all. No fuzz, a bounded offset, no ambiguous places.
 * If it does not apply but its reverse does, it is already applied.
 *
 * @param files contents by path relative to the root of the dkms source; not changed
 */
export function applyPatch(patch: Patch, files: ReadonlyMap<string, string>): Applied {
  const reversed = patch.changes.map(({ path, diff }) => ({ path, diff: reversePatch(diff) }));
  const paths = patch.changes.map((change) => change.path);
  const { neededIf } = patch;
  // A release of another layout has none of the files, and so not the fault either; where some are missing nothing is known.
  const isKnown = paths.every((path) => files.has(path)) || !paths.some((path) => files.has(path));
  if (neededIf && isKnown && !paths.some((path) => neededIf.test(files.get(path) ?? ''))) {
    const backward = tryChanges(reversed, files);
    if (backward.failed.length === 0) return { status: 'already-applied', hunks: backward.hunks };
    return { status: 'not-needed', reason: `not affected: ${neededIf.source} matches nothing in ${paths.join(', ')}` };
  }
  const forward = tryChanges(patch.changes, files);
  if (forward.failed.length === 0) return { status: 'applied', hunks: forward.hunks, contents: forward.contents };
  // Where the old lines of every hunk still stand the patch is not applied, whatever fits in reverse.
  const backward = tryChanges(reversed, files);
  if (forward.absent && backward.failed.length === 0) return { status: 'already-applied', hunks: backward.hunks };
  return { status: 'failed', hunks: forward.failed };
}

interface Attempt {
  hunks: HunkPlace[];
  failed: FailedHunk[];
  /** Whether a hunk fits nowhere, rather than in more than one place. */
  absent: boolean;
  contents: Map<string, string>;
}

function tryChanges(changes: readonly { path: string; diff: StructuredPatch }[], files: ReadonlyMap<string, string>): Attempt {
  const attempt: Attempt = { hunks: [], failed: [], absent: false, contents: new Map() };
  for (const { path, diff } of changes) tryChange(path, diff, files.get(path), attempt);
  return attempt;
}

/** Finds the hunks' places and puts their lines there. */
function tryChange(path: string, diff: StructuredPatch, text: string | undefined, attempt: Attempt): void {
  const lines = linesOf(text ?? '');
  const parts: string[][] = [];
  let failed = false;
  let after = 0;
  for (const hunk of diff.hunks) {
    const [expected, put] = [sideOf(hunk, '-'), sideOf(hunk, '+')];
    const place = text === undefined ? { found: false as const, ambiguous: false, cause: 'no such file' } : locate(hunk, lines, after);
    if (!place.found) {
      failed = true;
      attempt.absent ||= !place.ambiguous;
      const from = hunk.oldStart - 1;
      const found = lines.slice(from, from + expected.length);
      attempt.failed.push({
        file: path,
        line: hunk.oldStart,
        cause: place.cause,
        expected: expected.map(withoutNewline),
        found: found.map(withoutNewline),
      });
      continue;
    }
    attempt.hunks.push({ file: path, line: place.index + 1, offset: place.index + 1 - hunk.oldStart });
    // The context after the changes may be that before the next ones.
    const shared = contextOf(hunk).after;
    parts.push(lines.slice(after, place.index), put.slice(0, put.length - shared));
    after = place.index + expected.length - shared;
  }
  if (failed) return;
  const changed = [...parts, lines.slice(after)].flat();
  const last = changed.length - 1;
  attempt.contents.set(path, changed.map((line, i) => (i < last && !line.endsWith('\n') ? `${line}\n` : line)).join(''));
}
