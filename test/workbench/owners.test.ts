import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withEdits } from '../../src/workbench/owners.js';

const text = (lines: string) => lines.replaceAll(' ', '\n').concat('\n');
const words = (texts: readonly string[]) => texts.map((one) => one.trim().replaceAll('\n', ' '));

/** a b c d e, of which the first patch changes b, and the second adds X after d. */
const states = ['a b c d e', 'a B c d e', 'a B c d X e'].map(text);

describe('a change goes', () => {
  test.each<[string, string, number, string[]]>([
    ['to the patch that made the line', 'a BB c d X e', 3, ['a b c d e', 'a BB c d e', 'a BB c d X e', 'a BB c d X e']],
    ['to the later patch that made the line', 'a B c d XX e', 3, ['a b c d e', 'a B c d e', 'a B c d XX e', 'a B c d XX e']],
    ['to a new patch where no patch made the line', 'a B C d X e', 3, ['a b c d e', 'a B c d e', 'a B c d X e', 'a B C d X e']],
    ['to the patch that is named where none made the line', 'a B C d X e', 1, ['a b c d e', 'a B C d e', 'a B C d X e']],
    ['below what a later patch added', 'a B c d X E', 1, ['a b c d e', 'a B c d E', 'a B c d X E']],
    ['to the last of several that made its lines', 'a N e', 3, ['a b c d e', 'a B c d e', 'a N e', 'a N e']],
    ['to each its own', 'a BB C d XX e', 3, ['a b c d e', 'a BB C d e', 'a BB C d XX e', 'a BB C d XX e']],
    ['next to a made line to the patch that is named', 'a B N c d X e', 3, ['a b c d e', 'a B c d e', 'a B c d X e', 'a B N c d X e']],
  ])('%s', (_, edited, target, expected) => {
    expect(words(withEdits(states, text(edited), target))).toEqual(expected);
  });

  test('to the patch that removed lines, if new ones come there', () => {
    expect(words(withEdits(['a b c', 'a c'].map(text), text('a N c'), 2))).toEqual(['a b c', 'a N c', 'a N c']);
  });
});

test('the last state is always the edited file, the first is never changed, and no edit is no change', () => {
  const file = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 12 }).map((lines) => `${lines.join('\n')}\n`);
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 4 }), file, fc.nat({ max: 4 }), (all, edited, number) => {
      const target = 1 + (number % all.length);
      const result = withEdits(all, edited, target);
      expect(result.at(-1)).toBe(edited);
      expect(result[0]).toBe(all[0]);
      expect(withEdits(all, all.at(-1) ?? '', target).slice(0, all.length)).toEqual(all);
    }),
  );
});
