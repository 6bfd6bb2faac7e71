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
  /** Day of the last change, as YYYY-MM-DD. */
  lastUpdate: string;
  changes: FileChange[];
}

/** The names in a series file, in order, as quilt reads it: one a line, `#` starts a comment. */
export function parseSeries(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/**
 * Reads a patch with its header.
 *
 * @param file its name, as in `dma-unmap.patch`
 * @throws bad-catalogue naming the field or the hunk that is wrong
 */
export function parsePatch(file: string, text: string): Patch {
  const bad = (detail: string): never => fail({ code: 'bad-catalogue', file: `patches/${file}`, detail });
  const start = /^(?:---(?: |$)|diff |Index: )/m.exec(text)?.index ?? bad('holds no diff');
  const fields = headerFields(text.slice(0, start), bad);
  const field = (name: string) => fields.get(name.toLowerCase()) || bad(`the field ${name} is missing`);
  const neededIf = fields.get('needed-if');
  const lastUpdate = field('Last-Update');
  if (!/^\d{4}-\d\d-\d\d$/.test(lastUpdate)) bad(`Last-Update must be YYYY-MM-DD, not '${lastUpdate}'`);
  return {
    id: file.replace(/\.patch$/, ''),
    sha256: createHash('sha256').update(text).digest('hex'),
    description: field('Description'),
    symptom: field('Symptom'),
    kernel: range(field('Kernel'), 'Kernel', bad),
    mft: range(field('MFT'), 'MFT', bad),
    goodOnOlder: yesOrNo(field('Good-On-Older'), bad),
    ...(neededIf === undefined ? {} : { neededIf: expression(neededIf, bad) }),
    lastUpdate,
    // Sources are handled as Latin-1, so that bytes of any encoding survive; the diff must be too.
    changes: fileChanges(Buffer.from(text.slice(start), 'utf8').toString('latin1'), bad),
  };
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
  try {
    return new RegExp(text, 'm');
  } catch (error) {
    return bad(`Needed-If: ${wordsOf(error)}`);
  }
}

function fileChanges(text: string, bad: Bad): FileChange[] {
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
    for (const hunk of diff.hunks) {
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
