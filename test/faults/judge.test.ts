/** The judge must detect every kind of fault: each test damages an output directory in one way. */
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectory, runCli } from '../support.js';
import { faultsOf, hidden, linesOf, stateOf } from './judge.js';
import { judgeKilled, placeFor, prepareScenarios } from './scenarios.js';

const directory = makeDirectory();
const whole = join(directory, 'whole');
await runCli(['build', '--sample', '--kernel', '5.18', '--no-verify', '--quiet', '--out', whole]);
const [line = ''] = linesOf(whole) ?? [];
const name = line.slice(66);
const record = name.replace('.deb', '.build.json');
const known = new Set([line.slice(0, 64)]);

let copies = 0;
function spoiled(spoil: (path: (name: string) => string) => void): string {
  const copy = join(directory, `copy-${copies++}`);
  cpSync(whole, copy, { recursive: true });
  spoil((file) => join(copy, file));
  return copy;
}

test('a whole output has no fault', () => {
  expect(faultsOf(whole, known)).toEqual([]);
  expect(hidden(whole)).toEqual([]);
  expect(stateOf(whole, undefined, [line])).toBe('new');
  expect(stateOf(join(directory, 'nowhere'), undefined, [line])).toBe('old');
});

test.each<[string, (path: (name: string) => string) => void, string]>([
  ['half a package', (path) => truncateSync(path(name), 15_000), 'differs from SHA256SUMS'],
  ['a missing package', (path) => rmSync(path(name)), 'is listed but missing'],
  ['no record', (path) => rmSync(path(record)), 'has no record'],
  ['half a record', (path) => truncateSync(path(record), 300), 'cannot be read'],
  [
    'the record of other bytes',
    (path) => writeFileSync(path(record), readFileSync(path(record), 'utf8').replace(line.slice(0, 64), '0'.repeat(64))),
    'describes another file',
  ],
  ['a wrong sum', (path) => writeFileSync(path('SHA256SUMS'), `${'0'.repeat(64)}  ${name}\n`), 'differs from SHA256SUMS'],
  ['half a line of sums', (path) => writeFileSync(path('SHA256SUMS'), `${line}\n${line.slice(0, 40)}\n`), 'an invalid line of SHA256SUMS'],
  ['half a bundle that nothing lists', (path) => writeFileSync(path('mft.tgz'), 'half'), 'mft.tgz is not a whole file'],
])('%s is a fault', (_, spoil, words) => {
  expect(faultsOf(spoiled(spoil), known).join()).toContain(words);
});

test('lines that are neither the old nor the new output are seen, and so is what is hidden', () => {
  const without = spoiled((path) => rmSync(path('SHA256SUMS')));
  expect(stateOf(without, undefined, [line])).toBe('neither');
  const other = `${'1'.repeat(64)}  other`;
  expect(
    stateOf(
      spoiled((path) => appendFileSync(path('SHA256SUMS'), `${other}\n`)),
      [line],
      [line.replace(/^./, '0')],
    ),
  ).toBe('neither');
  // The old line of the name that gets other bytes is withdrawn, and no other may be missing.
  const kept = spoiled((path) => writeFileSync(path('SHA256SUMS'), `${other}\n`));
  expect(stateOf(kept, [line, other], [line.replace(/^./, 'x'), other])).toBe('withdrawn');
  expect(stateOf(kept, [line, other, `${'2'.repeat(64)}  third`], [line.replace(/^./, 'x'), other])).toBe('neither');
  expect(hidden(spoiled((path) => writeFileSync(path('.left'), '')))).toEqual(['.left']);
});

test('what the next build leaves is a fault of the kill', async () => {
  const [scenario] = await prepareScenarios(0.1);
  if (scenario === undefined) throw new Error('no scenario');
  const out = placeFor(scenario);
  cpSync(whole, out, { recursive: true });
  writeFileSync(join(out, '.half.tmp'), 'half');
  const { faults } = await judgeKilled(scenario, out, { status: null });
  expect(faults).toEqual(['the next build leaves .half.tmp']);
  expect(existsSync(out)).toBe(false);
});
