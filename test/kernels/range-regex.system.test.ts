import fc from 'fast-check';
import Range from 'semver/classes/range.js';
import { describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { kernelPattern } from '../../src/kernels/range-regex.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import { makeDirectory, sh, testContext, writeFiles } from '../support.js';

/**
 * Reads PATCH_MATCH from dkms.conf, writes it between double quotes and reads that: what dkms 2.8.4, 3.0.10 and 3.2.2 do.
 * Then asks for each pattern which of the texts it matches, as they do; the texts of each end with an empty line.
 */
const askAsDkms = `
shopt -s extglob
(
  . ./dkms.conf
  for i in "\${!PATCH_MATCH[@]}"; do echo PATCH_MATCH[$i]=\\"\${PATCH_MATCH[$i]%$'\\r'}\\"; done
) >again
. ./again
for i in "\${!PATCH_MATCH[@]}"; do
  matched=
  while read -r kernelver && [[ $kernelver ]]; do
    if [[ $kernelver =~ \${PATCH_MATCH[$i]} ]]; then matched+=1; else matched+=0; fi
  done
  printf '%s\\n' "$matched \${PATCH_MATCH[$i]}"
done <texts`;

interface Question {
  pattern: string;
  texts: readonly string[];
}

const folder = makeDirectory();

/** For each pattern what became of it in dkms, and which of the texts bash says it matches: all in one bash. */
function ask(questions: readonly Question[], quote = "'"): { pattern: string; matched: boolean[] }[] {
  writeFiles(folder, {
    'dkms.conf': questions.map(({ pattern }, index) => `PATCH_MATCH[${index}]=${quote}${pattern}${quote}\n`).join(''),
    texts: questions.map(({ texts }) => [...texts, '', ''].join('\n')).join(''),
  });
  const lines = sh(askAsDkms, { cwd: folder }).trimEnd().split('\n');
  expect(lines).toHaveLength(questions.length);
  return lines.map((line) => {
    const [bits = '', pattern = ''] = line.split(' ');
    return { pattern, matched: [...bits].map((bit) => bit === '1') };
  });
}

/** Where bash and the range disagree, as one line each. */
function disagreements(asked: readonly { range: Range; pattern: string; texts: readonly string[] }[]): string[] {
  const answers = ask(asked);
  return asked.flatMap(({ range, pattern, texts }, index) => {
    expect(answers[index]?.matched).toHaveLength(texts.length);
    return texts
      .filter((text, place) => answers[index]?.matched[place] !== range.test(parseKernelRelease(text).version))
      .map((text) => `${range.raw}: ${text}: ${pattern}`);
  });
}

/** The forms of a release; V stands for major.minor, P for the patch level. */
const forms = [
  'V V.P V-rc1 V.0-rc7 V.0-50-amd64 V.P+deb13-amd64 V.P+bpo-amd64 V.0-0.deb11.21-cloud-amd64 V.0-41-generic V.P-427.13.1.el9_4.x86_64',
  'V.P-2136.300.7.el8uek.x86_64 V.P-150500.55.19-default V.P-4-pve V.P_mine V.P~6.1.0-2 V.P.9.9 V+git5.18 V.mine-7 V.00P V+ V.P-v8+',
].flatMap((words) => words.split(' '));
const inForm = (form: string, majorMinor: string, patch: number) => form.replace('V', majorMinor).replace('P', `${patch}`);

const edges = [0, 1, 2, 4, 9, 10, 11, 17, 18, 19, 20, 21, 34, 89, 90, 99, 100, 101, 109, 110, 199, 200, 998, 999];
const oneOf = (...values: number[]) => fc.constantFrom(...values);
const major = fc.oneof(
  { weight: 8, arbitrary: oneOf(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 18, 19) },
  { weight: 1, arbitrary: oneOf(0, 1, 20, 99, 100, 199, 999, 1000) },
);
const minor = fc.oneof({ weight: 3, arbitrary: oneOf(...edges, 1000) }, { weight: 2, arbitrary: fc.nat(40) });
const patchLevel = fc.oneof(
  { weight: 3, arbitrary: oneOf(0) },
  { weight: 2, arbitrary: oneOf(...edges) },
  { weight: 1, arbitrary: oneOf(1000, 9999, 10_000, 12_345, 99_998, 99_999, 100_000, 1_234_567) },
);
const short = fc.tuple(major, minor).map((numbers) => numbers.join('.'));
const full = fc.tuple(major, minor, patchLevel).map((numbers) => numbers.join('.'));
const early = full.map((text) => `${text}-rc.1`);
const version = fc.oneof(short, full, early);
const simple = fc.oneof(
  fc.tuple(fc.constantFrom('>=', '<', '>', '<=', '=', '^', '~', ''), version).map((words) => words.join('')),
  fc.tuple(version, version).map(([a, b]) => `>=${a} <${b}`),
  fc.tuple(version, version).map(([a, b]) => `>${a} <=${b}`),
  fc.tuple(version, version).map(([a, b]) => `${a} - ${b}`),
  fc.tuple(major, fc.constantFrom('', '>', '<=', '<')).map(([a, operator]) => `${operator}${a}.x`),
  full.map((text) => `<${text}-0`),
);
const anyRange = fc.oneof(
  { weight: 3, arbitrary: simple },
  { weight: 1, arbitrary: fc.array(simple, { minLength: 2, maxLength: 4 }).map((ranges) => ranges.join(' || ')) },
);

/** Releases at the bounds of the range, one below and one above in each number, in every form. */
function atBounds(range: Range): string[] {
  const bounds = range.set.flat().filter(({ value }) => value !== '');
  return bounds.flatMap(({ semver: at }) =>
    [-1, 0, 1].flatMap((a) =>
      [-1, 0, 1].flatMap((b) => {
        const [x, y, z] = [at.major + a, at.minor + b, at.patch];
        return forms.flatMap((form) => [0, 1, z - 1, z, z + 1].filter((p) => p >= 0).map((p) => inForm(form, `${x}.${y}`, p)));
      }),
    ),
  );
}

/** 2.0 to 19.99, each in one of the forms: in others for another `turn`. */
function everyMinor(turn: number): string[] {
  return Array.from({ length: 1800 }, (_, index) => {
    const form = forms[(index * 7 + turn) % forms.length] ?? '';
    return inForm(form, `${2 + Math.floor(index / 100)}.${index % 100}`, edges[(index + turn) % edges.length] ?? 0);
  });
}

function isRelease(text: string): boolean {
  try {
    return parseKernelRelease(text).text === text;
  } catch {
    return false;
  }
}

const known = [
  '*, >=5.18, >=6.15, <6.4, >=4.22.0 <4.34.1, >=5.10 <5.15 || >=6.1, >=5.10.20 <=6.1.7, <6.0.0-0, >=5.18.0-rc3, >2.6.32 <10',
  '5.10.x || 5.12 - 5.14 || ~6.6.3, >=10, >=199',
].flatMap((ranges) => ranges.split(', '));

describe('the pattern of a range, asked as dkms asks', () => {
  test('agrees with the range for every form of release', async () => {
    const ranges = [
      ...(await loadPatches(testContext())).map(({ kernel }) => kernel),
      ...[...known, ...fc.sample(anyRange, { numRuns: 60, seed: 518 })].map((text) => new Range(text)),
    ];
    const asked = ranges.map((range, turn) => {
      const texts = [...new Set([...everyMinor(turn), ...atBounds(range)])].filter(isRelease);
      return { range, pattern: kernelPattern(range), texts };
    });
    expect(asked.reduce((sum, { texts }) => sum + texts.length, 0)).toBeGreaterThan(100_000);
    expect(disagreements(asked)).toEqual([]);
  });

  test('agrees with the range for every other text that is taken for a release', () => {
    const ending = fc.stringMatching(/^(?:\.0{0,3}\d{0,5})?(?:[-.+~_]{1,2}[0-9a-z.+~_-]{0,5}|[0-9a-z]{1,4})?$/);
    const endings = fc.sample(ending, { numRuns: 10_000, seed: 615 });
    const asked = fc.sample(anyRange, { numRuns: 50, seed: 20 }).map((text, turn) => {
      const range = new Range(text);
      // Every other one keeps its patch level.
      const starts = atBounds(range).map((release, index) =>
        /^\d+\.\d+(\.\d+)?/
          .exec(release)?.[0]
          .split('.', 2 + (index % 2))
          .join('.'),
      );
      const texts = starts.map((start, index) => `${start}${endings[(index + turn * 855) % endings.length]}`).filter(isRelease);
      return { range, pattern: kernelPattern(range), texts };
    });
    expect(asked.reduce((sum, { texts }) => sum + texts.length, 0)).toBeGreaterThan(50_000);
    expect(disagreements(asked)).toEqual([]);
  });

  test.each([
    ['*', '2.6.32 5.18 6.1.0-50-amd64 19.99-rc1 199.0', '5 v5.18 05.18 5.018 5.18foo 5,18 .18 1000.0 5.1000 0.9 x5.18'],
    ['>=5.18', '5.18 5.18-rc1 5.18.0-rc7 5.20 5.100 6.0 10.0 19.99 199.1', '5.17.99 5.1.18 5.9 4.18 2.6.32 5.17-rc5 15 1.5.18'],
    ['>=6.15', '6.15.0-rc1 6.15.0+ 6.20 7.3.1+deb13-amd64 10.0', '6.14.11 6.1.15 6.8.0-41-generic 5.15 5.99'],
    ['>=4.22.0 <4.34.1', '4.22 4.33.999 4.34 4.34.0-1-amd64 4.34-rc1', '4.21.9 4.34.1 4.34.1-rc1 4.35 4.34.10'],
    ['>=5.10 <5.15 || >=6.1', '5.10 5.14.99 6.1 10.0', '5.9 5.15 5.99 6.0.19'],
    ['<6.4', '6.3.99 2.6.32 1.0', '6.4 6.4-rc1 6.40 10.0'],
    ['>=5.10.20 <=6.1.7', '5.10.20 5.10.100 5.11 6.1 6.1.7 6.1.7-rc1 6.1.007', '5.10.19 5.10.2 5.10 5.10-rc9 6.1.8 6.1.70 6.10'],
    ['<5.18.3', '5.17.21-v8+ 5.18+ 5.18.2+ 5.18.2-my@board', '6.1.21-v8+ 5.18.3+ 5.19+ 5.18.3-my@board'],
    ['<6.0.0-0', '5.99.99', '6.0 6.0-rc1'],
    ['>=5.18.0-rc3', '5.18-rc1', '5.17'],
    ['>=7.3 <6.4', '', '5.18 6.4 7.3 x a5.18'],
    ['<1', '', '0.9 1.0 5.18'],
    ['>=1000', '', '5.18 999.999.99999 1000.0'],
  ])('%s matches %s and not %s', (range, inside, outside) => {
    const [yes, no] = [inside, outside].map((text) => text.split(' ').filter(Boolean)) as [string[], string[]];
    const pattern = kernelPattern(new Range(range));
    const [answer] = ask([{ pattern, texts: [...yes, ...no] }]);
    expect(answer?.matched).toEqual([...yes.map(() => true), ...no.map(() => false)]);
  });

  test('comes through dkms.conf unchanged, in either quotes', () => {
    const patterns = [...known, '<1', ...fc.sample(anyRange, { numRuns: 300, seed: 7 })].map((range) => kernelPattern(new Range(range)));
    for (const quote of ["'", '"']) {
      const questions = patterns.map((pattern) => ({ pattern, texts: [] }));
      expect(ask(questions, quote).map(({ pattern }) => pattern)).toEqual(patterns);
    }
  });

  test('is short for the ranges that patches have', () => {
    expect(kernelPattern(new Range('>=5.18'))).toBe(
      String.raw`^(5\.(1[89]|[2-9][0-9]|[1-9][0-9]{2})|([6-9]|[1-9][0-9]{1,2})\.([0-9]|[1-9][0-9]{1,2}))([-.+~_]([[:alnum:]].*)?)?$`,
    );
    expect(kernelPattern(new Range('*'))).toBe(String.raw`^[1-9][0-9]{0,2}\.([0-9]|[1-9][0-9]{1,2})([-.+~_]([[:alnum:]].*)?)?$`);
  });
});
