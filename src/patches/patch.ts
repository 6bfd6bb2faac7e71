import type { StructuredPatch } from 'diff';
import { parsePatch as parseDiff } from 'diff/lib/patch/parse.js';
import type Range from 'semver/classes/range.js';
import { type FileFault, failFile, messageOf } from '../errors.js';
import { sha256 } from '../system/digest.js';
import { type Probe, parseHeader } from './header.js';

/** A file that a patch changes, its path relative to the root of the dkms source. */
export interface FileChange {
  path: string;
  diff: StructuredPatch;
}

/** A patch of `patches/`, or of the user's own: a unified diff and what its DEP-3 header says of it. */
export interface Patch {
  /** Its file name without `.patch`. */
  id: string;
  sha256: string;
  /** The directory that it is from, as --patches named it; undefined for one of the project. */
  from?: string;
  /** The package that it changes. */
  package: string;
  /** Whether it takes the place of the patch before it that has its id. */
  replaces: boolean;
  /** The whole file. */
  bytes: Buffer;
  description: string;
  symptom: string;
  /** Where it acts: dkms applies it for each kernel that needs it, or it always changes the package's own files. */
  applies: 'build' | 'package';
  /** Kernel versions that need it. */
  kernel: Range;
  /** MFT versions that need it. */
  mft: Range;
  /** Where what it changes is compiled, as dpkg names architectures; undefined for all. A package is for all, and has the patch anyway. */
  architectures?: string[];
  /** Whether the patched source also builds on kernels older than `kernel`. */
  goodOnOlder: boolean;
  /** What the files must hold for the fault to be there at all; undefined where the versions alone decide. */
  neededIf?: RegExp;
  /** What decides below `kernel` if it is not good on older ones, and with `kernel` * always; undefined where the version alone decides. */
  probe?: Probe;
  /** Day of the last change, as YYYY-MM-DD. */
  lastUpdate: string;
  changes: FileChange[];
}

/** What patch(1) takes for the begin of a diff though no file is named before: a unified, a context or a normal one. */
const diffLine = /^(?:@@ -\d[^\n]*|\*{15}|\d+(?:,\d+)?[acd]\d+(?:,\d+)?)$/m;

/**
 * Reads a patch with its header.
 *
 * @param file its name, as in `dma-unmap.patch`
 * @param from the directory that it is from; undefined for the project's
 * @throws bad-catalogue with all faults of the header, and the first of the diff
 */
export function parsePatch(file: string, bytes: Buffer, from?: string): Patch {
  const refuse = (faults: FileFault[]) => failFile(fileIn(from, file), faults);
  // It names a file of the package.
  if (!/^[A-Za-z0-9][\w.+-]*\.patch$/.test(file)) refuse([{ detail: 'its name must be of letters, digits and -, and end in .patch' }]);
  // Sources are handled as Latin-1, so that bytes of any encoding survive; the diff must be too.
  const text = bytes.toString('latin1');
  const start = /^(?:---(?: |$)|diff |Index: )/m.exec(text)?.index ?? refuse([{ detail: 'contains no diff' }]);
  const early = diffLine.exec(text.slice(0, start))?.[0];
  if (early !== undefined) refuse([{ detail: `'${early}' is in the header: patch(1) would take it for a diff` }]);
  const header = parseHeader(bytes.toString('utf8', 0, start));
  // Empty lines stand for the header, so that the parser counts the lines of the file.
  const changes = parseChanges(text.slice(0, start).replace(/[^\n]/g, '') + text.slice(start));
  if (Array.isArray(header)) return refuse([...header, ...('detail' in changes ? [changes] : [])]);
  if ('detail' in changes) return refuse([changes]);
  if (header.applies === 'package' && (header.kernel.raw !== '*' || header.probe !== undefined))
    refuse([{ detail: 'with Applies: package its Kernel must be *, and it can have no Probe: it is there for every kernel' }]);
  const { 'needed-if': neededIf, probe } = header;
  return {
    id: file.replace(/\.patch$/, ''),
    sha256: sha256(bytes),
    ...(from === undefined ? {} : { from }),
    package: header.package,
    replaces: header.replaces === 'yes',
    bytes,
    description: header.description,
    symptom: header.symptom,
    applies: header.applies,
    kernel: header.kernel,
    mft: header.mft,
    ...(header.architecture === undefined ? {} : { architectures: header.architecture }),
    goodOnOlder: header['good-on-older'],
    ...(neededIf === undefined ? {} : { neededIf }),
    ...(probe === undefined ? {} : { probe }),
    lastUpdate: header['last-update'],
    changes,
  };
}

/** The path of a file in a directory of patches, as errors name it. @param from undefined for the project's */
export function fileIn(from: string | undefined, name: string): string {
  return `${(from ?? 'patches').replace(/\/+$/, '')}/${name}`;
}

/** How documents name a patch; `origin` is missing for one of the project. */
export function identityOf({ id, sha256, from }: Pick<Patch, 'id' | 'sha256' | 'from'>): { id: string; sha256: string; origin?: string } {
  return { id, sha256, ...(from === undefined ? {} : { origin: from }) };
}

/** @returns the changes, or what is wrong with the diff */
function parseChanges(text: string): FileChange[] | FileFault {
  try {
    return fileChanges(text);
  } catch (error) {
    return { detail: messageOf(error) };
  }
}

/** @throws SyntaxError for what is wrong with a diff */
function bad(detail: string): never {
  throw new SyntaxError(detail);
}

function fileChanges(text: string): FileChange[] {
  // The library takes anything for its numbers, or skips the whole hunk.
  const header = /^@@(?! -\d+(?:,\d+)? \+\d+(?:,\d+)? @@).*/m.exec(text)?.[0];
  if (header !== undefined) bad(`'${header}' is not a hunk header`);
  const changes = parseDiff(text).map((diff) => {
    const path = changedPath(diff);
    // The library takes garbage for a patch without hunks.
    if (diff.hunks.length === 0) bad(`${path} has no hunk`);
    if (diff.oldMode !== undefined || diff.newMode !== undefined) bad(`${path}: its mode cannot be changed`);
    for (const hunk of diff.hunks) {
      // Editors that trim lines take the blank of an empty context line; patch(1) and the library allow for it.
      hunk.lines = hunk.lines.map((line) => line || ' ');
      if (!hunk.lines.some((line) => line[0] === ' ' || line[0] === '-')) bad(`${path}: a hunk without context fits anywhere`);
      if (!hunk.lines.some((line) => line[0] === '+' || line[0] === '-')) bad(`${path}: a hunk changes nothing`);
    }
    return { path, diff };
  });
  const twice = changes.find(({ path }, index) => changes.findIndex((change) => change.path === path) !== index);
  if (twice) bad(`${twice.path} is changed by two diffs`);
  if (changes.length === 0) bad('contains no diff');
  if (!text.endsWith('\n')) bad('its last line has no newline');
  const cutOff = hunkBehindText(text);
  if (cutOff !== undefined) bad(`'${cutOff}' does not follow the hunk before it: patch(1) ends the diff there`);
  return changes;
}

/** @returns the header of a hunk that other text, if only an empty line, divides from the one before it */
function hunkBehindText(text: string): string | undefined {
  // Nothing else starts with @@: the lines of a hunk start with a blank, a sign or a backslash. A line may hold a carriage return.
  for (const [, count = '1', body = '', next] of text.matchAll(/^@@ -\d+(?:,(\d+))? [^\n]*\n((?:(?!@@)[^\n]*\n)*)(?=(@@[^\n]*))/gm)) {
    const isOtherFile = /(?:^|\n)--- [^\n]*\n\+\+\+ [^\n]*\n$/.test(body);
    const old = body
      .split('\n')
      .slice(0, -1)
      .filter((line) => !/^[+\\]/.test(line));
    if (!isOtherFile && old.length !== Number(count)) return next;
  }
  return undefined;
}

/** The path of a `-p1` diff. Only changes to existing files are taken: dkms and the record know nothing else. */
function changedPath(diff: StructuredPatch): string {
  const [from, to] = [diff.oldFileName ?? '', diff.newFileName ?? ''];
  if (from === '/dev/null' || to === '/dev/null') bad(`${from} to ${to}: files cannot be added or removed`);
  const path = /^a\/(.+)$/.exec(from)?.[1] ?? bad(`'--- ${from}' must start with a/`);
  if (to !== `b/${path}`) bad(`'+++ ${to}' must be b/${path}`);
  if (path.startsWith('/') || path.split('/').includes('..')) bad(`${path} leaves the source directory`);
  return path;
}
