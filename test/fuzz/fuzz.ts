/**
 * Fuzzes the program: edited packages, bundles, patches, catalogues and command lines. Each may give a result or an error of
 * the program, and nothing else. `npm run fuzz -- --runs 10000 --seed 1`; --seconds ends it earlier; --target names what is
 * fuzzed. An input that fails is made small and saved into test/fuzz/cases, where a test runs it from then on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBases } from './bases.js';
import { type Result, runLane } from './lane.js';
import { saveCase, smallest } from './shrink.js';
import { targetNames } from './targets.js';

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string', multiple: true } },
});

function numberOf(text: string | undefined, fallback: number): number {
  if (text !== undefined && !/^\d+$/.test(text)) throw new Error(`'${text}' is not a number`);
  return text === undefined ? fallback : Number(text);
}

const names = values.target ?? targetNames;
const unknown = names.find((name) => !targetNames.includes(name));
if (unknown) throw new Error(`unknown target '${unknown}'; known targets: ${targetNames.join(', ')}`);
const seed = numberOf(values.seed, Math.floor(Math.random() * 2 ** 31));
const seconds = numberOf(values.seconds, Number.POSITIVE_INFINITY);
const runs = numberOf(values.runs, values.seconds === undefined ? 10_000 : Number.MAX_SAFE_INTEGER);
/** One fault shows itself many times: after this many failed inputs it is enough. */
const enoughFaults = 20;

const directory = mkdtempSync(join(tmpdir(), 'mft-patch-fuzz-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

console.log(`seed ${seed}, ${runs === Number.MAX_SAFE_INTEGER ? `${seconds} s` : `${runs} inputs`}`);
await makeBases(join(directory, 'bases'));
const start = performance.now();
const counts = new Map<string, Map<string, number>>();
const suspects: Result[] = [];
let [inputs, peak, largest] = [0, 0, 0];

function secondsSinceStart(): number {
  return Math.round((performance.now() - start) / 1000);
}

/** Counts a result. @returns whether to continue */
function onResult(result: Result): boolean {
  const { name, mebibytes = 0, size = 0, fault, heavy } = result;
  inputs++;
  peak = Math.max(peak, mebibytes);
  largest = Math.max(largest, size);
  const outcome = fault ?? result.outcome ?? '';
  const row = counts.get(name) ?? new Map<string, number>();
  counts.set(name, row.set(outcome, (row.get(outcome) ?? 0) + 1));
  // The memory of a process may come from many inputs: the last one is run again alone.
  if (fault || heavy) suspects.push(result);
  if (inputs % 5000 === 0) console.log(`${inputs} inputs, ${secondsSinceStart()} s`);
  return suspects.filter(({ fault }) => fault).length < enoughFaults && secondsSinceStart() < seconds;
}

function printCounts(): void {
  for (const [name, row] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const total = [...row.values()].reduce((sum, count) => sum + count, 0);
    const list = [...row].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${outcome} ${count}`);
    console.log(`${name.padEnd(11)} ${String(total).padStart(7)}  ${list.join(', ')}`);
  }
}

/** The suspects, of those that look like the same fault only the first. */
function differentSuspects(): Result[] {
  const kindOf = ({ name, detail, done }: Result) =>
    `${name} ${(detail ?? String(done)).split('\n')[0]?.replace(/\d+/g, 'N').slice(0, 80)}`;
  return [...new Map(suspects.toReversed().map((suspect) => [kindOf(suspect), suspect])).values()].reverse();
}

/** Runs a suspect again alone, and prints and saves what fails. @returns whether it is a fault */
async function isFault(suspect: Result): Promise<boolean> {
  const found = await smallest(directory, suspect, seed);
  // An input that was slow once on a busy machine is not slow alone.
  if (found === undefined && (!suspect.fault || suspect.fault === 'hang')) return false;
  const detail = found?.detail ?? `${suspect.fault}: ${suspect.detail}, but not when run alone`;
  console.log(`\n${suspect.name}, input ${suspect.done} of seed ${seed}: ${detail}`);
  if (found) console.log(`${JSON.stringify(found.input)}\nsaved as ${saveCase(suspect.name, found)}`);
  return true;
}

const step = availableParallelism();
await Promise.all(Array.from({ length: step }, (_, first) => runLane(directory, { seed, names, first, step, runs }, onResult)));
printCounts();
let faults = 0;
for (const suspect of differentSuspects()) if (await isFault(suspect)) faults++;
const memory = `peak memory of a process ${peak.toFixed(0)} MiB`;
console.log(`\n${inputs} inputs in ${secondsSinceStart()} s, the largest ${largest} bytes; ${memory}; ${faults} faults`);
process.exitCode = faults > 0 ? 1 : 0;
