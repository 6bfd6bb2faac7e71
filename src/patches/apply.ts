import type { StructuredPatch } from 'diff';
import { applyPatch as applyDiff } from 'diff/lib/patch/apply.js';
import { reversePatch } from 'diff/lib/patch/reverse.js';
import type { FailedHunk } from '../errors.js';
import { expectedLines, locate } from './locate.js';
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
  if (neededIf && paths.every((path) => files.has(path)) && !paths.some((path) => neededIf.test(files.get(path) ?? ''))) {
    const backward = tryChanges(reversed, files);
    if (backward.failed.length === 0) return { status: 'already-applied', hunks: backward.hunks };
    return { status: 'not-needed', reason: `the source has no such fault: nothing matches ${neededIf.source} in ${paths.join(', ')}` };
  }
  const forward = tryChanges(patch.changes, files);
  if (forward.failed.length === 0) return { status: 'applied', hunks: forward.hunks, contents: forward.contents };
  const backward = tryChanges(reversed, files);
  if (backward.failed.length === 0) return { status: 'already-applied', hunks: backward.hunks };
  return { status: 'failed', hunks: forward.failed };
}

interface Attempt {
  hunks: HunkPlace[];
  failed: FailedHunk[];
  contents: Map<string, string>;
}

function tryChanges(changes: readonly { path: string; diff: StructuredPatch }[], files: ReadonlyMap<string, string>): Attempt {
  const attempt: Attempt = { hunks: [], failed: [], contents: new Map() };
  for (const { path, diff } of changes) tryChange(path, diff, files.get(path), attempt);
  return attempt;
}

/** Finds the hunks' places, and lets the library apply them just there. */
function tryChange(path: string, diff: StructuredPatch, text: string | undefined, attempt: Attempt): void {
  const lines = text === undefined ? [] : text.replace(/\n$/, '').split('\n');
  const failed: FailedHunk[] = [];
  const failHunk = (hunk: StructuredPatch['hunks'][number], cause: string) => {
    const expected = expectedLines(hunk);
    const from = hunk.oldStart - 1;
    failed.push({ file: path, line: hunk.oldStart, cause, expected, found: lines.slice(from, from + expected.length) });
  };
  let after = 0;
  const moved = diff.hunks.map((hunk) => {
    const place = text === undefined ? { found: false as const, cause: 'there is no such file' } : locate(hunk, lines, after);
    if (!place.found) {
      failHunk(hunk, place.cause);
      return hunk;
    }
    after = place.index + expectedLines(hunk).length;
    attempt.hunks.push({ file: path, line: place.index + 1, offset: place.index + 1 - hunk.oldStart });
    return { ...hunk, oldStart: place.index + 1 };
  });
  if (failed.length === 0 && text !== undefined) {
    const result = applyDiff(text, { ...diff, hunks: moved }, { autoConvertLineEndings: false });
    const lastHunk = moved.at(-1);
    if (result === false && lastHunk) failHunk(lastHunk, 'the file ends with or without a newline, the patch says otherwise');
    else if (result !== false) attempt.contents.set(path, result);
  }
  attempt.failed.push(...failed);
}
