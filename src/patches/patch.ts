import { createHash } from 'node:crypto';
import type { StructuredPatch } from 'diff';
import { parsePatch as parseDiff } from 'diff/lib/patch/parse.js';
import Range from 'semver/classes/range.js';
import { readFields } from '../deb/control.js';
import { fail, wordsOf } from '../errors.js';

/** A file that a patch changes, its path relative to the root of the dkms source. */
export interface FileChange {
  path: string;
  diff: StructuredPatch;
}

/** A patch of `patches/`: a unified diff and what its DEP-3 header says of it. */
export interface Patch {
  /** Its file name without `.patch`. */
  id: string;
  sha256: string;
  /** The whole file. */
  bytes: Buffer;
  description: string;
  symptom: string;
  /** Kernel versions that need it. */
  kernel: Range;
  /** MFT versions that need it. */
  mft: Range;
  /** Whether the patched source also builds on kernels older than `kernel`. */
  goodOnOlder: boolean;
  /** What the files must hold for the fault to be there at all; undefined where the versions alone decide. */
  neededIf?: RegExp;
  /** What tells on a kernel with backports whether it needs the patch; undefined where the version alone decides. */
  probe?: Probe;
  /** Day of the last change, as YYYY-MM-DD. */
  lastUpdate: string;
  changes: FileChange[];
}

/** A question to a kernel's headers: does a file of theirs match, or not, as grep -E has it? */
export interface Probe {
  /** Relative to the top of the headers, as in include/linux/pci.h. */
  file: string;
  pattern: string;
  /** What the answer must be for the patch to be needed. */
  matches: boolean;
}

/** The names in a series file, in order, as quilt reads it: one a line, `#` starts a comment. */
export function parseSeries(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim().split(/[ \t]+(?:#.*)?/))
    .filter(([name]) => name !== '')
    .map(([name = '', ...options]) => {
      const other = options.find((option) => option !== '' && option !== '-p1');
      return other === undefined
        ? name
        : fail({ code: 'bad-catalogue', file: 'patches/series', detail: `${name}: the option ${other} is not taken` });
    });
}

/**
 * Reads a patch with its header.
 *
 * @param file its name, as in `dma-unmap.patch`
 * @throws bad-catalogue naming the field or the hunk that is wrong
 */
export function parsePatch(file: string, bytes: Buffer): Patch {
  const bad = (detail: string): never => fail({ code: 'bad-catalogue', file: `patches/${file}`, detail });
  // It names a file of the package.
  if (!/^[A-Za-z0-9][\w.+-]*\.patch$/.test(file)) bad('its name must be of letters, digits and -, and end in .patch');
  // Sources are handled as Latin-1, so that bytes of any encoding survive; the diff must be too.
  const text = bytes.toString('latin1');
  const start = /^(?:---(?: |$)|diff |Index: )/m.exec(text)?.index ?? bad('holds no diff');
  const fields = headerFields(bytes.toString('utf8', 0, start), bad);
  const field = (name: string) => fields.get(name.toLowerCase()) || bad(`the field ${name} is missing`);
  const neededIf = fields.get('needed-if');
  const lastUpdate = field('Last-Update');
  if (!isDay(lastUpdate)) bad(`Last-Update must be YYYY-MM-DD, not '${lastUpdate}'`);
  return {
    id: file.replace(/\.patch$/, ''),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
    description: field('Description'),
    symptom: field('Symptom'),
    kernel: range(field('Kernel'), 'Kernel', bad),
    mft: range(field('MFT'), 'MFT', bad),
    goodOnOlder: yesOrNo(field('Good-On-Older'), bad),
    ...(neededIf === undefined ? {} : { neededIf: expression(neededIf, bad) }),
    ...(fields.has('probe') ? { probe: probe(field('Probe'), bad) } : {}),
    lastUpdate,
    // Empty lines stand for the header, so that the parser counts the lines of the file.
    changes: fileChanges(text.slice(0, start).replace(/[^\n]/g, '') + text.slice(start), bad),
  };
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

type Bad = (detail: string) => never;

function headerFields(header: string, bad: Bad): Map<string, string> {
  try {
    return readFields(header);
  } catch (error) {
    return bad(`header: ${wordsOf(error)}`);
  }
}

function range(text: string, name: string, bad: Bad): Range {
  try {
    return new Range(text);
  } catch {
    return bad(`${name}: '${text}' is not a version range`);
  }
}

function yesOrNo(text: string, bad: Bad): boolean {
  const word = /^(yes|no)\b/.exec(text)?.[1] ?? bad(`Good-On-Older must start with yes or no, not '${text}'`);
  return word === 'yes';
}

function expression(text: string, bad: Bad): RegExp {
  if (text === '') bad('Needed-If is empty');
  try {
    return new RegExp(text, 'm');
  } catch (error) {
    return bad(`Needed-If: ${wordsOf(error)}`);
  }
}

function probe(text: string, bad: Bad): Probe {
  const [, file = '', operator = '', pattern = ''] = /^([\w./-]+) +(!?~) +(\S.*)$/.exec(text) ?? [];
  if (file === '' || file.startsWith('/') || file.split('/').includes('..'))
    bad(`Probe must be a file of the headers, ~ or !~, and a pattern, as in 'include/linux/pci.h ~ dma_map', not '${text}'`);
  // It goes into dkms.conf between single quotes.
  if (pattern.includes("'")) bad('Probe: the pattern may hold no single quote');
  return { file, pattern, matches: operator === '~' };
}

function fileChanges(text: string, bad: Bad): FileChange[] {
  // The library takes numbers from it that are none, or skips the whole hunk.
  const header = /^@@(?! -\d+(?:,\d+)? \+\d+(?:,\d+)? @@).*/m.exec(text)?.[0];
  if (header !== undefined) bad(`'${header}' is not a hunk header`);
  let diffs: StructuredPatch[] = [];
  try {
    diffs = parseDiff(text);
  } catch (error) {
    bad(wordsOf(error));
  }
  const changes = diffs.map((diff) => {
    const path = changedPath(diff, bad);
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
  if (changes.length === 0) bad('holds no diff');
  return changes;
}

/** The path of a `-p1` diff. Only changes to existing files are taken: dkms and the record know nothing else. */
function changedPath(diff: StructuredPatch, bad: Bad): string {
  const [from, to] = [diff.oldFileName ?? '', diff.newFileName ?? ''];
  if (from === '/dev/null' || to === '/dev/null') bad(`${from} to ${to}: files cannot be added or removed`);
  const path = /^a\/(.+)$/.exec(from)?.[1] ?? bad(`'--- ${from}' must start with a/`);
  if (to !== `b/${path}`) bad(`'+++ ${to}' must be b/${path}`);
  if (path.startsWith('/') || path.split('/').includes('..')) bad(`${path} leaves the source folder`);
  return path;
}
