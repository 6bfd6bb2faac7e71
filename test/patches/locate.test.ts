import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patches/apply.js';
import { maxOffset } from '../../src/patches/locate.js';
import { patchOf } from './fixtures.js';

const stated = 1000;
const hunk = `--- a/f\n+++ b/f\n@@ -${stated},3 +${stated},3 @@\n a\n-b\n+B\n c\n`;

/** A file of so many lines, a, b, c beginning at each of these. */
function fileWith(starts: number[], length = 3000): Map<string, string> {
  const lines = Array.from({ length }, (_, i) => `line ${i + 1}`);
  for (const start of starts) lines.splice(start - 1, 3, 'a', 'b', 'c');
  return new Map([['f', `${lines.join('\n')}\n`]]);
}

const apply = (body: string, files: Map<string, string>) => applyPatch(patchOf(body), files);

describe('a moved hunk', () => {
  test.each([0, 1, -1, maxOffset, -maxOffset])('is found %i lines off', (offset) => {
    expect(apply(hunk, fileWith([stated + offset]))).toMatchObject({
      status: 'applied',
      hunks: [{ file: 'f', line: stated + offset, offset }],
    });
  });

  test.each([maxOffset + 1, -maxOffset - 1])('is not found %i lines off, and the cause says how far it was searched', (offset) => {
    expect(apply(hunk, fileWith([stated + offset]))).toMatchObject({
      status: 'failed',
      hunks: [{ file: 'f', line: stated, cause: expect.stringContaining(`within ${maxOffset} lines`) }],
    });
  });

  test('is refused if it fits twice, even if one place is the very line, and the cause names both', () => {
    for (const other of [stated + 3, stated - 3, stated + maxOffset, stated - maxOffset]) {
      const places = [stated, other].sort((a, b) => a - b);
      expect(apply(hunk, fileWith(places))).toMatchObject({
        status: 'failed',
        hunks: [{ line: stated, cause: expect.stringMatching(new RegExp(`more than once.*\\b${places[0]}, ${places[1]}\\b`)) }],
      });
    }
  });

  test('is not ambiguous by a place beyond the window', () => {
    for (const other of [stated + maxOffset + 1, stated - maxOffset - 1])
      expect(apply(hunk, fileWith([stated, other]))).toMatchObject({ status: 'applied', hunks: [{ line: stated, offset: 0 }] });
  });

  test('is not ambiguous by lines that an earlier hunk changes', () => {
    const earlier = `--- a/f\n+++ b/f\n@@ -${stated - 11},5 +${stated - 11},5 @@\n y\n a\n-b\n+other\n c\n z\n`;
    const files = fileWith([stated - 10, stated]);
    const lines = (files.get('f') ?? '').split('\n');
    [lines[stated - 12], lines[stated - 8]] = ['y', 'z'];
    files.set('f', lines.join('\n'));
    expect(apply(hunk, files)).toMatchObject({ status: 'failed' });
    expect(apply(earlier + hunk.slice(hunk.indexOf('@@')), files)).toMatchObject({
      status: 'applied',
      hunks: [{ line: stated - 11 }, { line: stated }],
    });
  });

  test('is not looked for before the hunk that precedes it', () => {
    const first = '@@ -1000 +1000 @@\n-p\n+P\n';
    const second = '@@ -1002 +1002 @@\n-q\n+Q\n';
    const file = (...words: string[]) => new Map([['f', `${'\n'.repeat(999)}${words.join('\n')}\n${'\n'.repeat(99)}`]]);
    expect(apply(`--- a/f\n+++ b/f\n${first}${second}`, file('p', '', 'q'))).toMatchObject({ status: 'applied' });
    expect(apply(`--- a/f\n+++ b/f\n${first}${second}`, file('q', '', 'p'))).toMatchObject({
      status: 'failed',
      hunks: [{ line: 1002, expected: ['q'] }],
    });
  });
});

/** GNU patch 2.7.6 with -F0 was asked for every line of this table. */
describe('context ties a hunk to an end of the file', () => {
  const start = '--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-b\n+B\n c\n';
  const end = '--- a/f\n+++ b/f\n@@ -2,2 +2,2 @@\n a\n-b\n+B\n';
  const inner = '--- a/f\n+++ b/f\n@@ -2,2 +2,2 @@\n-b\n+B\n c\n';

  test.each([
    ['more after than before, at line 1: the first line', start, 'b\nc\nx\n', 'B\nc\nx\n'],
    ['more after than before, at line 1: not the second', start, 'x\nb\nc\n', undefined],
    ['more after than before, at line 1: the first though the second fits too', start, 'b\nc\nb\nc\n', 'B\nc\nb\nc\n'],
    ['more after than before, at line 2: anywhere', inner, 'x\nx\nb\nc\nx\n', 'x\nx\nB\nc\nx\n'],
    ['more before than after: the last line', end, 'x\nx\nx\na\nb\n', 'x\nx\nx\na\nB\n'],
    ['more before than after: not the last but one', end, 'x\na\nb\nx\n', undefined],
    ['more before than after: the last though an earlier fits too', end, 'x\na\nb\na\nb\n', 'x\na\nb\na\nB\n'],
    ['more before than after: a shorter file', end, 'a\nb\n', 'a\nB\n'],
    ['a file shorter than the hunk', end, 'b\n', undefined],
  ])('%s', (_, body, text, result) => {
    const applied = apply(body, new Map([['f', text]]));
    if (result === undefined) expect(applied).toMatchObject({ status: 'failed', hunks: [{ cause: expect.stringMatching(/start|end/) }] });
    else expect(applied).toMatchObject({ status: 'applied', contents: new Map([['f', result]]) });
  });

  test('no farther off than any other hunk', () => {
    const file = (length: number) => new Map([['f', `${'x\n'.repeat(length - 2)}a\nb\n`]]);
    expect(apply(end, file(maxOffset + 3))).toMatchObject({ status: 'applied', hunks: [{ offset: maxOffset }] });
    expect(apply(end, file(maxOffset + 4))).toMatchObject({ status: 'failed', hunks: [{ cause: expect.stringContaining('end') }] });
  });

  test('as much before as after, or none: anywhere', () => {
    for (const body of ['@@ -1 +1 @@\n-b\n+B\n', '@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n'])
      expect(apply(`--- a/f\n+++ b/f\n${body}`, new Map([['f', 'x\na\nb\nc\nx\n']]))).toMatchObject({
        status: 'applied',
        contents: new Map([['f', 'x\na\nB\nc\nx\n']]),
      });
  });
});
