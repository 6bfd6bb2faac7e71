import { describe, expect, test } from 'vitest';
import { MftPatchError } from '../../src/errors.js';
import { type Applied, applyPatch } from '../../src/patches/apply.js';
import { maxOffset } from '../../src/patches/locate.js';
import { parsePatch } from '../../src/patches/patch.js';
import { missing } from '../support.js';
import { type Case, generate, type Hunk, linesOf, placesOf } from './cases.js';
import { contentsOf, type Files, patchText } from './fixtures.js';

/** What we make of a case; undefined if the patch is refused as it stands. */
function ours({ patch, target }: Case): Applied | undefined {
  try {
    return applyPatch(parsePatch('x.patch', Buffer.from(patchText(patch))), target);
  } catch (error) {
    if (error instanceof MftPatchError && 'detail' in error.failure && /hunk without context/.test(error.failure.detail)) return undefined;
    throw error;
  }
}

/** The places where we may put a hunk: near enough, and at that end of the file to which its context ties it. */
function near({ file, context, ...sides }: Hunk, target: Files, side: 'old' | 'new' = 'old'): number[] {
  const { start, lines } = sides[side];
  const end = linesOf(target.get(file)).length - lines.length + 1;
  const isTiedToStart = context.before < context.after && start === 1;
  return placesOf(lines, target.get(file))
    .filter((place) => Math.abs(place - start) <= maxOffset)
    .filter((place) => (isTiedToStart ? place === 1 : context.before <= context.after || place === end));
}

/** Whether each hunk has one place in its file, and that is one where we may put it. */
function isUnique({ hunks, target }: Case, side: 'old' | 'new'): boolean {
  return hunks.every((hunk) => placesOf(hunk[side].lines, target.get(hunk.file)).length === 1 && near(hunk, target, side).length === 1);
}

/** Whether a hunk was refused because it fits in more than one place. */
const isAmbiguous = ({ cause }: { cause: string }) => /more than once/.test(cause);

/** Whether the cause is one for which we refuse what GNU patch takes, and a true one. */
function isOurOwnReason({ file, line, cause }: { file: string; line: number; cause: string }, { hunks, target }: Case): boolean {
  const hunk = hunks.find((it) => it.file === file && it.old.start === line);
  if (!hunk) return false;
  if (isAmbiguous({ cause })) return near(hunk, target).length > 1;
  return /not found within|start|end/.test(cause) && near(hunk, target).length === 0;
}

/** What is wrong with our answer, if anything, by GNU patch's. */
function fault(it: Case, answer: Applied | undefined): string | undefined {
  const isWithoutContext = it.hunks.some((hunk) => hunk.old.lines.length === 0);
  if (!answer) return isWithoutContext ? undefined : 'refused';
  if (isWithoutContext) return 'not refused';
  return missedFault(it, answer.status) ?? faultOf(it, answer);
}

/** What is wrong if there is one place alone, and we say something else than GNU patch. */
function missedFault(it: Case, status: Applied['status']): string | undefined {
  if (it.forward && isUnique(it, 'old') && status !== 'applied') return 'not applied where GNU patch applies at the only place';
  if (!it.forward && it.reverse && isUnique(it, 'new') && status !== 'already-applied')
    return 'not already applied where GNU patch reverses it at the only place';
  return undefined;
}

/** What is wrong with an answer by itself. */
function faultOf(it: Case, answer: Applied): string | undefined {
  switch (answer.status) {
    case 'applied':
      return appliedFault(it, answer);
    case 'already-applied':
      if (!it.reverse) return 'already applied where GNU patch cannot reverse it';
      return it.forward && it.hunks.every((hunk) => near(hunk, it.target).length > 0)
        ? 'already applied where it can still be applied'
        : undefined;
    case 'failed': {
      const isOurs = answer.hunks.some((hunk) => isOurOwnReason(hunk, it));
      if (it.forward && !isOurs) return 'failed where GNU patch applies, without a reason of ours';
      const isUntrue = answer.hunks.some((hunk) => isAmbiguous(hunk) && !isOurOwnReason(hunk, it));
      return isUntrue ? 'ambiguous where there is one place' : undefined;
    }
    case 'not-needed':
      return 'not needed';
  }
}

function appliedFault(it: Case, answer: Extract<Applied, { status: 'applied' }>): string | undefined {
  if (!it.forward) return 'applied where GNU patch fails';
  const result = new Map([...it.target, ...answer.contents]);
  if (![...it.result].every(([path, content]) => result.get(path) === content)) return 'other contents than GNU patch makes';
  const isUntrue = answer.hunks.some((told, i) => {
    const hunk = it.hunks[i];
    return !hunk || told.file !== hunk.file || told.offset !== told.line - hunk.old.start || !near(hunk, it.target).includes(told.line);
  });
  return isUntrue || answer.hunks.length !== it.hunks.length ? 'tells other places than those of the lines' : undefined;
}

function kindsOf(it: Case, answer: Applied | undefined): string[] {
  if (!answer) return ['refused'];
  if (answer.status === 'applied') return appliedKinds(it, answer);
  if (answer.status !== 'failed') return [answer.status];
  if (!it.forward) return [it.reverse ? 'failed, reversed by GNU patch alone' : 'both fail'];
  return [answer.hunks.some(isAmbiguous) ? 'ambiguous, GNU patch takes one' : 'too far, GNU patch applies'];
}

function appliedKinds({ hunks, target }: Case, answer: Extract<Applied, { status: 'applied' }>): string[] {
  const is = {
    'applied, tied to the start': hunks.some(({ old, context }) => old.start === 1 && context.before < context.after),
    'applied, tied to the end': hunks.some(({ context }) => context.before > context.after),
    'applied, without a newline at the end': hunks.some(({ old }) => !old.lines.at(-1)?.endsWith('\n')),
    'applied to several files': new Set(hunks.map(({ file }) => file)).size > 1,
    'applied, several hunks of a file': hunks.some(({ file }, i) => hunks[i + 1]?.file === file),
    'applied, its lines also stand where it may not go': hunks.some((hunk) => placesOf(hunk.old.lines, target.get(hunk.file)).length > 1),
  };
  return [
    `applied${answer.hunks.some(({ offset }) => offset !== 0) ? ' elsewhere' : ''}`,
    `applied, context ${Math.max(...hunks.flatMap(({ context }) => [context.before, context.after]))}`,
    ...Object.entries(is).flatMap(([name, holds]) => (holds ? [name] : [])),
  ];
}

const kinds = {
  repetitive: [
    'refused',
    'ambiguous, GNU patch takes one',
    'both fail',
    'already-applied',
    'applied',
    'applied elsewhere',
    'applied, tied to the start',
    'applied, tied to the end',
    'applied, without a newline at the end',
    'applied to several files',
    'applied, several hunks of a file',
    'applied, its lines also stand where it may not go',
  ],
  distinct: [
    'too far, GNU patch applies',
    'both fail',
    'already-applied',
    'applied',
    'applied elsewhere',
    'applied, context 0',
    'applied, context 1',
    'applied, context 2',
    'applied, context 3',
    'applied to several files',
    'applied, several hunks of a file',
  ],
};

/** The files without the filler that makes distance. */
const shown = (files: Files) => [...files].map(([path, content]) => [path, content.replace(/(filler \d+\n)+/g, '(filler)\n')]);

describe.skipIf(missing('tools') !== '')('generated patches compared with GNU patch -F0', () => {
  describe.each([
    ['repetitive', 300, 5180],
    ['distinct', 200, 6150],
  ] as const)('on %s lines', (kind, count, seed) => {
    let made: { it: Case; answer: Applied | undefined }[] | undefined;
    const cases = () => {
      made ??= generate(kind, count, seed).map((it) => ({ it, answer: ours(it) }));
      return made;
    };

    test('the answers agree, but for ambiguity and distance', () => {
      const faults = cases().flatMap(({ it, answer }) => {
        const what = fault(it, answer);
        return what === undefined ? [] : [{ what, patch: it.patch, target: shown(it.target), result: shown(it.result), answer }];
      });
      // The shortest are the easiest to understand.
      const size = ({ patch, target }: (typeof faults)[number]) => JSON.stringify([patch, target]).length;
      expect(faults.sort((a, b) => size(a) - size(b)).slice(0, 3), `${faults.length} of ${count} cases are wrong`).toEqual([]);
    });

    test('every kind of answer occurs', () => {
      const found = cases().flatMap(({ it, answer }) => kindsOf(it, answer));
      for (const name of kinds[kind]) expect(found.filter((other) => other === name).length, name).toBeGreaterThan(0);
    });
  });

  test('what was applied to distinct lines is recognised as applied', () => {
    let count = 0;
    for (const it of generate('distinct', 80, 4201)) {
      const answer = ours(it);
      // Without context a removal leaves nothing to recognise it by.
      if (answer?.status !== 'applied' || it.hunks.some(({ context }) => context.before + context.after === 0)) continue;
      expect(ours({ ...it, target: new Map([...it.target, ...contentsOf(answer)]) }), it.patch).toMatchObject({
        status: 'already-applied',
      });
      count++;
    }
    expect(count).toBeGreaterThan(15);
  });
});
