import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patches/apply.js';
import { diffOf } from '../../src/patches/make-diff.js';
import { parsePatch } from '../../src/patches/patch.js';
import { patchText } from './fixtures.js';

const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

describe('a diff has the least context', () => {
  test.each<[string, string, string, string]>([
    ['none for a line that is there once', text('a', 'b', 'c'), text('a', 'B', 'c'), '@@ -2 +2 @@\n-b\n+B\n'],
    ['none where nothing differs', text('a'), text('a'), ''],
    ['those above and below an added line', text('a', 'b', 'c'), text('a', 'x', 'b', 'c'), '@@ -1,2 +1,3 @@\n a\n+x\n b\n'],
    [
      'the lines that tell it from its like',
      text('if', 'x', 'end', 'do', 'x', 'end'),
      text('if', 'y', 'end', 'do', 'x', 'end'),
      '@@ -1,3 +1,3 @@\n if\n-x\n+y\n end\n',
    ],
    ['also those that the reverse needs', text('a', 'b', 'c', 'B'), text('a', 'B', 'c', 'B'), '@@ -2,2 +2,2 @@\n-b\n+B\n c\n'],
    ['a line for one that is removed', text('a', 'b', 'c'), text('a', 'c'), '@@ -2,2 +2 @@\n-b\n c\n'],
    ['above only at the end of the file', text('a', 'b'), text('a', 'b', 'c'), '@@ -2 +2,2 @@\n b\n+c\n'],
    ['a newline that is missing', 'a\nb', 'a\nB', '@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+B\n\\ No newline at end of file\n'],
    [
      'one hunk where the contexts of two would meet',
      text('x', 'a', 'x', 'a', 'x'),
      text('x', 'A', 'x', 'A', 'x'),
      '@@ -2,3 +2,3 @@\n-a\n+A\n x\n-a\n+A\n',
    ],
  ])('%s', (_, before, after, hunks) => {
    expect(diffOf('d/f', before, after)).toBe(hunks === '' ? '' : `--- a/d/f\n+++ b/d/f\n${hunks}`);
  });
});

test('what is made applies, whatever the texts', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', '', '\tc', '-', '+x', '\\ y', 'unique 1', 'unique 2'), { minLength: 1, maxLength: 30 });
  const file = fc.tuple(lines, fc.boolean()).map(([all, newline]) => all.join('\n') + (newline ? '\n' : ''));
  fc.assert(
    fc.property(file, file, (before, after) => {
      fc.pre(before !== after && before !== '' && after !== '');
      const patch = parsePatch('x.patch', Buffer.from(patchText(diffOf('f', before, after)), 'latin1'));
      expect(applyPatch(patch, new Map([['f', before]]))).toMatchObject({ status: 'applied', contents: new Map([['f', after]]) });
    }),
    { numRuns: 300 },
  );
});

test('a source that has the change is known by it', () => {
  const before = text('a', 'b', 'c', 'd', 'e', 'f');
  for (const after of [text('a', 'x', 'b', 'c', 'd', 'e', 'f'), text('a', 'c', 'd', 'E', 'f'), text('a', 'b', 'c', 'd', 'e', 'f', 'g')]) {
    const patch = parsePatch('x.patch', Buffer.from(patchText(diffOf('f', before, after))));
    expect(applyPatch(patch, new Map([['f', after]])).status).toBe('already-applied');
  }
});

test('a hunk in a long file is found in little time', () => {
  const long = Array.from({ length: 3000 }, (_, index) => (index % 3 === 0 ? '}' : index % 7 === 0 ? '' : `  line ${index % 50};`));
  const before = text(...long);
  const after = text(...long.map((line, index) => (index === 1500 ? 'changed' : line)));
  const start = process.cpuUsage();
  expect(diffOf('f', before, after)).toMatch(/^--- a\/f/);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6, 'seconds of processor time').toBeLessThan(2);
});
