import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { explain } from '../../src/explain.js';
import { applyPatch } from '../../src/patches/apply.js';
import type { Patch } from '../../src/patches/patch.js';
import { testContext } from '../support.js';
import { contentsOf, type Files, flatSource, makefiles, nntSource, patched, patchOf } from './fixtures.js';

let byId: Record<string, Patch>;
beforeAll(async () => {
  byId = Object.fromEntries((await loadPatches(testContext())).map((patch) => [patch.id, patch]));
});
const projectPatch = (id: string): Patch => byId[id] ?? expect.fail(`there is no patch ${id}`);

const f = (hunks: string) => `--- a/f\n+++ b/f\n${hunks}`;
const hunk = '@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n';
const two = `${f(hunk)}--- a/g\n+++ b/g\n${hunk}`;
const apply = (body: string, files: Record<string, string>, changes?: Record<string, string>) =>
  applyPatch(patchOf(body, changes), new Map(Object.entries(files)));

describe('a patch is applied wholly or not at all', () => {
  test('its result holds the changed files only', () => {
    const applied = apply(two, { f: 'a\nb\nc\n', other: 'x\n', g: 'x\na\nb\nc\n' });
    expect(applied).toEqual({
      status: 'applied',
      hunks: [
        { file: 'f', line: 1, offset: 0 },
        { file: 'g', line: 2, offset: 1 },
      ],
      contents: new Map([
        ['f', 'a\nB\nc\n'],
        ['g', 'x\na\nB\nc\n'],
      ]),
    });
  });

  test('the files that came in are not changed', () => {
    const before = { f: 'a\nb\nc\n', g: 'a\nb\nc\n' };
    for (const [changes, status] of [
      [{}, 'applied'],
      [{ g: 'x\n' }, 'failed'],
      [{ f: 'a\nB\nc\n', g: 'a\nB\nc\n' }, 'already-applied'],
    ] as const) {
      const files: Files = new Map(Object.entries({ ...before, ...changes }));
      const copy = new Map(files);
      expect(applyPatch(patchOf(two), files).status).toBe(status);
      expect(files).toEqual(copy);
    }
  });

  test('a file half of which is patched, or one of two, fails with the hunks that do not fit', () => {
    expect(apply(two, { f: 'a\nB\nc\n', g: 'a\nb\nc\n' })).toMatchObject({ status: 'failed', hunks: [{ file: 'f', line: 1 }] });
    expect(apply(two, { f: 'a\nb\nc\n', g: 'a\nB\nc\n' })).toMatchObject({ status: 'failed', hunks: [{ file: 'g', line: 1 }] });
    const halves = f(`${hunk}@@ -9,3 +9,3 @@\n d\n-e\n+E\n g\n`);
    expect(apply(halves, { f: 'a\nB\nc\nd\ne\ng\n' })).toEqual({
      status: 'failed',
      hunks: [
        { file: 'f', line: 1, cause: expect.stringContaining('within 600 lines'), expected: ['a', 'b', 'c'], found: ['a', 'B', 'c'] },
      ],
    });
  });

  test('every failing hunk of every file is told, with what was expected and what is there', () => {
    const result = apply(`${f(`${hunk}@@ -5,2 +5,2 @@\n-d\n+D\n e\n`)}--- a/g\n+++ b/g\n${hunk}--- a/h\n+++ b/h\n${hunk}`, {
      f: 'a\nx\nc\n\nd\n',
      g: 'a\nb\nc\na\nb\nc\n',
    });
    expect(result).toEqual({
      status: 'failed',
      hunks: [
        { file: 'f', line: 1, cause: expect.stringContaining('within 600 lines'), expected: ['a', 'b', 'c'], found: ['a', 'x', 'c'] },
        { file: 'f', line: 5, cause: expect.stringContaining('within 600 lines'), expected: ['d', 'e'], found: ['d'] },
        {
          file: 'g',
          line: 1,
          cause: expect.stringContaining('more than once: lines 1, 4'),
          expected: ['a', 'b', 'c'],
          found: ['a', 'b', 'c'],
        },
        { file: 'h', line: 1, cause: 'no such file', expected: ['a', 'b', 'c'], found: [] },
      ],
    });
    const hunks = result.status === 'failed' ? result.hunks : [];
    const { message } = explain({ code: 'patch-does-not-apply', patch: 'x', hunks });
    for (const words of ['f:1:', 'f:5:', 'g:1:', 'h:1: no such file', '| x', '(end of file)']) expect(message).toContain(words);
  });

  test('an empty context line whose blank is lost is a line of the file', () => {
    const body = f('@@ -1,5 +1,5 @@\n a\n\n-b\n+B\n\n c\n');
    expect(apply(body, { f: 'a\n\nb\n\nc\n' })).toMatchObject({ status: 'applied', contents: new Map([['f', 'a\n\nB\n\nc\n']]) });
    expect(apply(body, { f: 'a\nb\nc\n' })).toMatchObject({ status: 'failed', hunks: [{ expected: ['a', '', 'b', '', 'c'] }] });
  });

  test('a hunk may begin in the context after the hunk before it, as GNU patch allows', () => {
    const body = f('@@ -1,3 +1,3 @@\n x\n-a\n+A\n k\n@@ -4,3 +4,3 @@\n k\n-b\n+B\n y\n');
    expect(apply(body, { f: 'x\na\nk\nb\ny\n' })).toMatchObject({ status: 'applied', contents: new Map([['f', 'x\nA\nk\nB\ny\n']]) });
  });
});

describe('a patch that is in the source already', () => {
  test('is recognised, moved or not', () => {
    expect(apply(f(hunk), { f: 'a\nB\nc\n' })).toEqual({ status: 'already-applied', hunks: [{ file: 'f', line: 1, offset: 0 }] });
    expect(apply(f(hunk), { f: 'x\na\nB\nc\n' })).toMatchObject({ status: 'already-applied', hunks: [{ line: 2, offset: 1 }] });
  });

  test('is not taken for that where the old lines still stand twice', () => {
    expect(apply(f('@@ -2 +2 @@\n-b\n+B\n'), { f: 'b\nb\nB\n' })).toMatchObject({
      status: 'failed',
      hunks: [{ cause: expect.stringContaining('more than once') }],
    });
  });

  test.each(['dma-unmap', 'kernel-variable', 'ccflags'])('%s on its own result', (id) => {
    const source = new Map([...flatSource(588), ...nntSource('KVERSION')]);
    const result = patched([projectPatch(id)], source);
    expect(result).not.toEqual(source);
    expect(applyPatch(projectPatch(id), result)).toMatchObject({ status: 'already-applied' });
  });
});

describe('what a patch is needed for', () => {
  const needed = { 'Needed-If': '^b$' };

  test('is looked for in every one of its files', () => {
    expect(apply(two, { f: 'x\n', g: 'x\n' }, needed)).toEqual({ status: 'not-needed', reason: expect.stringMatching(/\^b\$.*f, g/) });
    expect(apply(two, { f: 'x\n', g: 'x\nb\n' }, needed)).toMatchObject({ status: 'failed', hunks: [{ file: 'f' }, { file: 'g' }] });
    expect(apply(two, { f: 'x\n' }, needed)).toMatchObject({ status: 'failed', hunks: [{ file: 'f' }, { file: 'g', found: [] }] });
    expect(apply(two, { f: 'a\nb\nc\n', g: 'a\nb\nc\n' }, needed)).toMatchObject({ status: 'applied' });
    expect(apply(two, { f: 'a\nB\nc\n', g: 'a\nB\nc\n' }, needed)).toMatchObject({ status: 'already-applied' });
    expect(apply(two, { f: 'x\n', g: 'x\n' })).toMatchObject({ status: 'failed' });
    // A release of another layout.
    expect(apply(two, { other: 'b\n' }, needed)).toMatchObject({ status: 'not-needed' });
  });

  test('kernel-variable is not where the Makefiles read KPVER, as in the later 4.22.1', () => {
    expect(applyPatch(projectPatch('kernel-variable'), nntSource('KPVER'))).toEqual({
      status: 'not-needed',
      reason: expect.stringMatching(/KVERSION.*mst_ppc\/Makefile/),
    });
  });

  test('ccflags is not where the vendor sets ccflags-y, be it otherwise than the patch', () => {
    const source = nntSource('KPVER', { flags: 'ccflags-y += -I$(src)/$(NNT_DRIVER_LOCATION)' });
    expect(applyPatch(projectPatch('ccflags'), source)).toEqual({ status: 'not-needed', reason: expect.stringContaining('EXTRA_CFLAGS') });
  });

  test('a missing Makefile is a failing hunk, not a patch that is not needed', () => {
    const source = nntSource('KVERSION');
    source.delete(makefiles[2] ?? '');
    expect(applyPatch(projectPatch('kernel-variable'), source)).toMatchObject({
      status: 'failed',
      hunks: [{ file: makefiles[2], cause: 'no such file' }],
    });
  });
});

describe('the bytes of a file', () => {
  test('survive in any encoding, and only LF ends a line', () => {
    const odd = Buffer.from([0xe9, 0x85, 0x0b, 0x0c, 0x0d, 0x78, 0xff, 0x00, 0xe2, 0x80, 0xa8, 0x0a]);
    const file = Buffer.concat([odd, Buffer.from('a\nb\nc\n'), odd]);
    const applied = applyPatch(patchOf(f('@@ -2,3 +2,3 @@\n a\n-b\n+\u00e9\n c\n')), new Map([['f', file.toString('latin1')]]));
    expect(applied).toMatchObject({ status: 'applied', hunks: [{ line: 2, offset: 0 }] });
    const bytes = Buffer.from(contentsOf(applied).get('f') ?? '', 'latin1');
    expect(bytes).toEqual(Buffer.concat([odd, Buffer.from('a\n\u00e9\nc\n', 'utf8'), odd]));
  });

  test('of UTF-8 match a patch in UTF-8', () => {
    const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    expect(apply(f('@@ -1,3 +1,3 @@\n \u00e9\n-b\n+\u20ac\n c\n'), { f: latin1('\u00e9\nb\nc\n') })).toMatchObject({
      contents: new Map([['f', latin1('\u00e9\n\u20ac\nc\n')]]),
    });
  });

  test('CRLF is not converted: a patch with LF does not fit, one with CRLF lines does and keeps them', () => {
    const file = { f: 'a\r\nb\r\nc\r\n' };
    expect(apply(f(hunk), file)).toMatchObject({ status: 'failed', hunks: [{ found: ['a\r', 'b\r', 'c\r'] }] });
    const windows = hunk.replace(/([abcB])\n/g, '$1\r\n');
    expect(apply(f(windows), file)).toMatchObject({ status: 'applied', contents: new Map([['f', 'a\r\nB\r\nc\r\n']]) });
    expect(apply(f(windows), { f: 'a\nb\nc\n' })).toMatchObject({ status: 'failed' });
  });

  const bare = '\\ No newline at end of file\n';
  test.each([
    ['no newline at the end, the patch has one in its context', hunk, 'a\nb\nc', undefined],
    ['no newline at the end, the patch has one in its removed line', '@@ -1,2 +1,2 @@\n a\n-b\n+B\n', 'a\nb', undefined],
    ['a newline at the end, the patch has none in its context', hunk + bare, 'a\nb\nc\n', undefined],
    ['no newline at the end, as the patch says', hunk + bare, 'a\nb\nc', 'a\nB\nc'],
    ['a newline added', `@@ -1,2 +1,2 @@\n a\n-b\n${bare}+b\n`, 'a\nb', 'a\nb\n'],
    ['a newline removed', `@@ -1,2 +1,2 @@\n a\n-b\n+b\n${bare}`, 'a\nb\n', 'a\nb'],
    ['an empty file is not an empty line', '@@ -1 +1 @@\n-\n+x\n', '', undefined],
    ['a line without newline that comes to stand before others', `@@ -1 +1 @@\n-b\n+B\n${bare}`, 'b\nc\n', 'B\nc\n'],
  ])('%s', (_, body, text, result) => {
    // Else the report would show expected and found lines that look the same.
    const cause = text === '' ? expect.any(String) : expect.stringContaining('newline');
    if (result === undefined) expect(apply(f(body), { f: text })).toMatchObject({ status: 'failed', hunks: [{ file: 'f', cause }] });
    else expect(apply(f(body), { f: text })).toMatchObject({ status: 'applied', contents: new Map([['f', result]]) });
  });
});
