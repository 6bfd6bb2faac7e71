/** Generated patches and files, and what GNU diff and patch make of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeDirectory, sh, writeFiles } from '../support.js';
import { type Files, readTree } from './fixtures.js';

/** One side of a hunk: the line at which it says to stand, and its lines, each with its newline. */
export interface Side {
  start: number;
  lines: string[];
}

/** A hunk as the tests read it, without the code under test. */
export interface Hunk {
  file: string;
  old: Side;
  new: Side;
  /** How many lines of context it has before the first change and after the last. */
  context: { before: number; after: number };
}

export interface Case {
  /** The diff from the old files to the new ones, as GNU diff writes it. */
  patch: string;
  hunks: Hunk[];
  /** The files to which it is to be applied. */
  target: Files;
  /** What GNU patch says to it, forward and in reverse, and the files after forward. */
  forward: boolean;
  reverse: boolean;
  result: Files;
}

interface Sources {
  context: number;
  files: { old: string; new: string; target: string }[];
}

interface Edit {
  kind: 'replace' | 'insert' | 'delete';
  at: number;
  line: string;
}

function edited(lines: readonly string[], edits: readonly Edit[]): string[] {
  const result = [...lines];
  for (const { kind, at, line } of edits) {
    result.splice(at % (result.length + 1), kind === 'insert' ? 0 : 1, ...(kind === 'delete' ? [] : [line]));
  }
  return result;
}

const text = (lines: readonly string[], newline: boolean) => lines.join('\n') + (newline && lines.length > 0 ? '\n' : '');

function edits(line: fc.Arbitrary<string>, maxLength: number, minLength = 0): fc.Arbitrary<Edit[]> {
  const kind = fc.constantFrom<Edit['kind']>('replace', 'insert', 'delete');
  return fc.array(fc.record({ kind, at: fc.nat({ max: 70 }), line }), { minLength, maxLength });
}

interface Changes {
  lines: string[];
  edits: Edit[];
  moves: Edit[];
}

/** Few different lines, so that hunks fit more than one place. */
const repetitive: fc.Arbitrary<Changes> = fc
  .constantFrom<string[][]>(['a', 'b'], ['a', 'b', '', '\tc'], ['a', 'b', 'c', 'd', '', '  }', '-', '+x', '\\ y'])
  .chain((alphabet) => {
    const line = fc.constantFrom(...alphabet);
    return fc.record({ lines: fc.array(line, { minLength: 5, maxLength: 60 }), edits: edits(line, 4, 1), moves: edits(line, 2) });
  });

/** Lines that occur once, like those of a real source. */
const distinct: fc.Arbitrary<Changes> = fc.integer({ min: 5, max: 60 }).chain((length) => {
  const line = fc.uuid();
  const lines = Array.from({ length }, (_, i) => `line ${i + 1}`);
  return fc.record({ lines: fc.constant(lines), edits: edits(line, 4, 1), moves: edits(line, 2) });
});

const mostly = (value: boolean) => fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constant(!value) });

function file(source: fc.Arbitrary<Changes>, isPatched: boolean): fc.Arbitrary<Sources['files'][number]> {
  const parts = { newlines: fc.tuple(mostly(true), mostly(true), mostly(false)), isPatched: mostly(isPatched), source };
  const far = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 590, max: 610 }) });
  return fc.record({ ...parts, far, farAt: fc.nat({ max: 5 }) }).map(({ newlines, isPatched, source, far, farAt }) => {
    const after = edited(source.lines, source.edits);
    const moved = edited(isPatched ? after : source.lines, source.moves);
    moved.splice(farAt, 0, ...Array.from({ length: far }, (_, i) => `filler ${i}`));
    const [oldNewline, newNewline, isFlipped] = newlines;
    const newline = (isPatched ? newNewline : oldNewline) !== isFlipped;
    return { old: text(source.lines, oldNewline), new: text(after, newNewline), target: text(moved, newline) };
  });
}

const sources = (source: fc.Arbitrary<Changes>): fc.Arbitrary<Sources> =>
  mostly(false)
    .chain((isPatched) => {
      const files = fc.array(file(source, isPatched), { minLength: 1, maxLength: 3, size: '-1' });
      return fc.record({ context: fc.nat({ max: 3 }), files });
    })
    .filter(({ files }) => files.some((it) => it.old !== it.new));

/** The same cases at every run: sources with few different lines, and sources of distinct lines. */
export function generate(kind: 'repetitive' | 'distinct', count: number, seed: number): Case[] {
  const sample = fc.sample(sources(kind === 'distinct' ? distinct : repetitive), { seed, numRuns: count });
  const folder = makeDirectory();
  sample.forEach(({ context, files }, i) => {
    const contents = files.flatMap((file, j) => (['old', 'new', 'target'] as const).map((side) => [`${side}/f${j}`, file[side]]));
    writeFiles(join(folder, String(i)), { ...Object.fromEntries(contents), context: String(context) });
  });
  sh(judge, { cwd: folder, env: { ...process.env, LC_ALL: 'C' } });
  return sample.map(({ files }, i) => {
    const read = (name: string) => readFileSync(join(folder, String(i), name), 'latin1');
    const [reverse, forward] = read('status').trim().split(' ');
    return {
      patch: read('patch'),
      hunks: readHunks(read('patch')),
      target: new Map(files.map((file, j) => [`f${j}`, file.target])),
      forward: forward === '0',
      reverse: reverse === '0',
      result: readTree(join(folder, String(i), 'target')),
    };
  });
}

/** One process for all cases but for diff and patch themselves. */
const judge = `
options='-p1 -F0 --no-backup-if-mismatch -f -s -r -'
for folder in */; do
  cd "$folder"
  for file in old/*; do
    name=\${file#old/}
    diff -U"$(<context)" --label "a/$name" --label "b/$name" "$file" "new/$name" || [ $? = 1 ]
  done > patch
  patch $options -d target -R --dry-run < patch > /dev/null && printf '0 ' > status || printf '1 ' > status
  patch $options -d target < patch > /dev/null && echo 0 >> status || echo 1 >> status
  cd ..
done 2> /dev/null`;

function readHunks(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  const lines = patch.split('\n');
  let file = '';
  for (let at = 0; at < lines.length; at++) {
    file = /^--- a\/(.*)$/.exec(lines[at] ?? '')?.[1] ?? file;
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[at] ?? '');
    if (!header) continue;
    const [oldStart, oldLength, newStart, newLength] = header.slice(1).map((number) => Number(number ?? 1));
    const body = bodyOf(lines.slice(at + 1), oldLength ?? 1, newLength ?? 1);
    at += body.length;
    const signs = body.map((line) => line[0]).filter((sign) => sign !== '\\');
    const before = (side: typeof signs) => side.findIndex((sign) => sign !== ' ');
    hunks.push({
      file,
      old: { start: oldStart ?? 1, lines: sideOf(body, '+') },
      new: { start: newStart ?? 1, lines: sideOf(body, '-') },
      context: { before: before(signs), after: before(signs.toReversed()) },
    });
  }
  return hunks;
}

/** The first lines, up to as many old and new ones as a hunk's header says, with the word on a missing newline behind them. */
function bodyOf(lines: readonly string[], oldLength: number, newLength: number): string[] {
  const count = (body: readonly string[], other: string) => body.filter((line) => line[0] !== other && line[0] !== '\\').length;
  let length = 0;
  const body = () => lines.slice(0, length);
  const isOpen = () => count(body(), '+') < oldLength || count(body(), '-') < newLength || lines[length]?.[0] === '\\';
  while (length < lines.length && isOpen()) length++;
  return body();
}

/** The lines of a hunk but for those of the other side, each with its newline if it has one. */
function sideOf(body: readonly string[], other: '+' | '-'): string[] {
  return body.flatMap((line, index) => {
    if (line[0] === other || line[0] === '\\') return [];
    return [line.slice(1) + (body[index + 1]?.[0] === '\\' ? '' : '\n')];
  });
}

/** A file's lines, each with its newline. */
export function linesOf(content = ''): string[] {
  return content.split(/(?<=\n)/).filter((line) => line !== '');
}

/** All places of some lines in a file, counted from 1. */
export function placesOf(wanted: readonly string[], content: string | undefined): number[] {
  const lines = linesOf(content);
  return lines.flatMap((_, i) => (wanted.every((line, j) => lines[i + j] === line) ? [i + 1] : []));
}
