import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MftPatchError } from '../../src/errors.js';
import { parsePatch } from '../../src/patches/patch.js';
import { checkOrder } from '../../src/patches/series.js';
import { failureOf } from '../support.js';
import { diff, fields, patchOf, patchText } from './fixtures.js';

const parse = (text: string) => parsePatch('x.patch', Buffer.from(text));
const hunk = '@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n';

describe('a good patch file', () => {
  test('gives its header and its changes', () => {
    const text = patchText();
    const patch = parse(text);
    expect(patch).toMatchObject({
      id: 'x',
      sha256: createHash('sha256').update(text).digest('hex'),
      description: 'a word is another\nand this is why',
      symptom: 'error: no such word',
      goodOnOlder: true,
      lastUpdate: '2026-01-31',
    });
    expect([patch.kernel.raw, patch.mft.raw]).toEqual(['>=5.18', '<4.21.0']);
    expect(patch).not.toHaveProperty('neededIf');
    expect(patch.changes.map(({ path, diff }) => [path, diff.hunks.map((it) => [it.oldStart, it.lines])])).toEqual([
      ['f', [[1, [' a', '-b', '+B', ' c']]]],
    ]);
  });

  test('may name its fields in any case and order, with comments between them', () => {
    const lines = Object.entries(fields).map(([name, value]) => `${name.toUpperCase()}: ${value}\n`);
    expect(parse(`# a comment\n${lines.reverse().join('')}NEEDED-IF: ^a$\n\n${diff}`)).toMatchObject({ id: 'x', neededIf: /^a$/m });
  });

  test('says with Good-On-Older: no that its fix breaks older kernels', () => {
    expect(parse(patchText(diff, { 'Good-On-Older': 'no, they lack the call' })).goodOnOlder).toBe(false);
  });

  test.each([
    ['diff -u', `--- a/f\t2026-01-01 00:00:00.000000000 +0000\n+++ b/f\t2026-01-02 00:00:00.000000000 +0000\n${hunk}`],
    ['git diff', `diff --git a/f b/f\nindex 1234567..89abcde 100644\n--- a/f\n+++ b/f\n${hunk}`],
    ['git format-patch without its signature', `---\n f | 2 +-\n 1 file changed\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n${hunk}`],
    ['quilt', `Index: b/f\n${'='.repeat(67)}\n--- a/f\n+++ b/f\n${hunk}`],
    ['diff -up, with the function after the hunk', `--- a/f\n+++ b/f\n${hunk.replace('@@\n', '@@ int main(void)\n')}`],
  ])('may come from %s', (_, body) => {
    expect(parse(patchText(body)).changes).toMatchObject([{ path: 'f', diff: { hunks: [{ lines: [' a', '-b', '+B', ' c'] }] } }]);
  });

  test('may change several files with several hunks each', () => {
    const two = `${hunk}@@ -9 +9 @@\n-x\n+y\n`;
    const { changes } = parse(patchText(`--- a/f\n+++ b/f\n${two}--- a/g/h.c\n+++ b/g/h.c\n${two}`));
    expect(changes.map(({ path, diff }) => [path, diff.hunks.length])).toEqual([
      ['f', 2],
      ['g/h.c', 2],
    ]);
  });

  test('may have lost the blank of an empty context line, as editors that trim lines make it', () => {
    const lines = (body: string) => parse(patchText(body)).changes[0]?.diff.hunks[0]?.lines;
    const whole = '--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n a\n-b\n+B\n \n c\n';
    expect(lines(whole.replace('\n \n', '\n\n'))).toEqual(lines(whole));
  });
});

/** The detail must match every one of the words. */
async function refuses(text: string, ...words: RegExp[]): Promise<void> {
  const error = await Promise.resolve()
    .then(() => parse(text))
    .then(
      (patch) => new Error(`parsed as ${JSON.stringify(patch.changes)}`),
      (thrown) => thrown,
    );
  expect(error).toBeInstanceOf(MftPatchError);
  expect(error).toMatchObject({ exitCode: 2, failure: { code: 'bad-catalogue', file: 'patches/x.patch' } });
  for (const word of words) expect(error.failure.detail).toMatch(word);
}

describe('Applies', () => {
  const all = { Kernel: '*', Applies: 'package' };

  test('says where a patch acts, by default where dkms builds', () => {
    expect([patchOf().applies, patchOf(diff, { Applies: 'build' }).applies, patchOf(diff, all).applies]).toEqual([
      'build',
      'build',
      'package',
    ]);
  });

  test('is refused unless it is one of the two, or with what decides on kernels', async () => {
    await refuses(patchText(diff, { Applies: 'always' }), /\bApplies must be build or package, not 'always'/);
    await refuses(patchText(diff, { Applies: 'package' }), /its Kernel must be \*/);
    await refuses(patchText(diff, { ...all, Probe: 'include/x.h ~ y' }), /no Probe/);
  });

  test('package comes before build in the series', async () => {
    const [build, pack] = [patchOf(), patchOf(diff, all)];
    expect(() => checkOrder([pack, pack, build, build])).not.toThrow();
    expect(await failureOf(() => checkOrder([pack, build, pack]))).toMatchObject({ code: 'bad-catalogue', file: 'patches/series' });
  });
});

describe('a bad header is refused with the name of the field', () => {
  test.each(['Description', 'Kernel', 'MFT', 'Good-On-Older', 'Symptom', 'Last-Update'])('%s missing or empty', async (name) => {
    const words = new RegExp(`\\b${name}\\b.*missing`);
    await refuses(patchText(diff, { [name]: undefined }), words);
    await refuses(patchText(diff, { [name]: '' }), words);
  });

  test.each([
    ['Kernel', 'latest'],
    ['Kernel', '>=5.18 and later'],
    ['MFT', '4.21.0-99 or so'],
    ['Architecture', 'x86-64'],
    ['Good-On-Older', 'perhaps'],
    ['Good-On-Older', 'yesterday'],
    ['Needed-If', '(pci_unmap_single'],
    ['Needed-If', ''],
    ['Last-Update', '31.1.2026'],
    ['Last-Update', '2026-1-31'],
    ['Last-Update', '2026-01-31T00:00'],
    ['Last-Update', '2026-13-01'],
    ['Last-Update', '2026-02-30'],
  ])("%s: '%s'", (name, value) => refuses(patchText(diff, { [name]: value }), new RegExp(`\\b${name}\\b`)));

  test('a line that is no field', () => refuses(`some words\n${patchText()}`, /header/, /some words/));

  test('the header of git format-patch', () =>
    refuses(`From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: x\n---\n${diff}`, /header/));
});

describe('a bad diff is refused with the file or hunk', () => {
  test.each([
    ['no diff at all', '', [/no diff/]],
    ['words instead of one', 'change the second line of f\n', [/no diff/]],
    ['garbage that begins like one', '--- garbage\nand more\n', []],
    ['garbage after the names', '--- a/f\n+++ b/f\nchange the second line\n', [/\bf\b/, /no hunk/]],
    ['names alone', '--- a/f\n+++ b/f\n', [/\bf\b/, /no hunk/]],
    ['a file without hunks after one with', `${diff}--- a/g\n+++ b/g\n`, [/\bg\b/, /no hunk/]],
    ['only one name', `--- a/f\n${hunk}`, [/\+\+\+/]],
    ['a hunk header without numbers', '--- a/f\n+++ b/f\n@@ somewhere @@\n-b\n+B\n', [/hunk/i]],
    ['a second hunk whose header is damaged', `${diff}@@-9 +9@@\n-x\n+y\n`, [/hunk/i]],
    ['a hunk shorter than its header says', '--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n', [/hunk/i]],
    ['a hunk longer than its header says', `${diff} d\n`, [/hunk/i]],
    ['a line in a hunk that is none', '--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\nc\n', [/hunk/i]],
    ['a hunk without context', '--- a/f\n+++ b/f\n@@ -1,0 +2 @@\n+B\n', [/\bf\b/, /hunk without context/]],
    ['a hunk that changes nothing', '--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n b\n', [/\bf\b/, /changes nothing/]],
    ['two diffs for one file', `${diff}--- a/g\n+++ b/g\n${hunk}${diff}`, [/\bf\b.*two diffs/]],
    ['a last line without newline', diff.slice(0, -1), [/last line has no newline/]],
    ['an empty line between hunks', `${diff}\n@@ -9 +9 @@\n-x\n+y\n`, [/'@@ -9 \+9 @@' does not follow the hunk before it/]],
    [
      'the same behind a carriage return',
      '--- a/f\n+++ b/f\n@@ -2 +2 @@\n-b\n+\r\n\n@@ -9 +9 @@\n-x\n+y\n',
      [/does not follow the hunk before it/],
    ],
    ['a hunk before the first file', `+++ b/f\n@@ -8 +8,2 @@\n+x\n b\n${diff}`, [/'@@ -8 \+8,2 @@' is in the header/]],
    ['a normal diff in the header', `8a9\n> x\n${diff}`, [/'8a9' is in the header/]],
    ['a context diff in the header', `*** a/f\n***************\n*** 8 ****\n${diff}`, [/is in the header/]],
    ['the signature of git format-patch', `${diff}-- \n2.39.5\n\n`, [/hunk/i]],
  ] as const)('%s', (_, body, words) => refuses(patchText(body), ...words));

  test.each([
    ['no prefixes', '--- f\n+++ f\n', /'--- f' must start with a\//],
    ['a -p0 name of a new file', '--- a/f\n+++ f\n', /'\+\+\+ f'/],
    ['quilt prefixes', '--- x.orig/f\n+++ x/f\n', /'--- x\.orig\/f'/],
    ['another folder', '--- a/../../etc/f\n+++ b/../../etc/f\n', /\.\.\/etc\/f leaves/],
    ['another folder farther in', '--- a/g/../../f\n+++ b/g/../../f\n', /leaves/],
    ['an absolute path', '--- /etc/f\n+++ /etc/f\n', /'--- \/etc\/f'/],
    ['an absolute path after the prefix', '--- a//etc/f\n+++ b//etc/f\n', /leaves/],
    ['an absolute path in quotes', '--- "a/\\057etc/f"\n+++ "b/\\057etc/f"\n', /leaves/],
    ['two different files', '--- a/f\n+++ b/g\n', /'\+\+\+ b\/g' must be b\/f/],
  ])('%s', (_, names, words) => refuses(patchText(names + hunk), words));

  test.each([
    ['a created file', '--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n', /added or removed/],
    ['a deleted file', '--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n', /added or removed/],
    ['an empty file created', 'diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69de29\n', /\bf\b/],
    ['a rename', 'diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n', /b\/g/],
    ['a rename with changes', `diff --git a/f b/g\nsimilarity index 90%\nrename from f\nrename to g\n--- a/f\n+++ b/g\n${hunk}`, /b\/g/],
    ['a copy', 'diff --git a/f b/g\nsimilarity index 100%\ncopy from f\ncopy to g\n', /b\/g/],
    ['a binary file', 'diff --git a/f b/f\nindex 1..2\nBinary files a/f and b/f differ\n', /\bf\b/],
    ['a binary change', 'diff --git a/f b/f\nindex 1..2\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n', /\bf\b/],
    ['a mode alone', 'diff --git a/f b/f\nold mode 100644\nnew mode 100755\n', /\bf\b/],
    ['a mode beside a change', `diff --git a/f b/f\nold mode 100644\nnew mode 100755\n--- a/f\n+++ b/f\n${hunk}`, /\bf\b.*mode/],
  ])('%s, which is no change of contents alone', (_, body, words) => refuses(patchText(body), words));

  test('line ends of CR and LF all through the file', () => refuses(patchText().replaceAll('\n', '\r\n')));

  test('the line it names is that of the file', async () => {
    const text = patchText(`${diff} d\n`);
    const failure = await failureOf(() => parse(text));
    expect(failure).toMatchObject({ detail: expect.stringContaining(`line ${text.slice(0, text.indexOf('@@')).split('\n').length} `) });
  });
});
