/**
 * Fuzzes the program: edited packages, bundles, patches, catalogues and words, each of which may give a result or an error
 * of ours, and nothing else. `npm run fuzz -- --runs 10000 --seed 1`; --seconds ends it earlier; --target names what is
 * fuzzed. An input that does more is made small and saved into test/fuzz/cases, where a test tries it from then on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBases } from './bases.js';
import { runLane } from './lane.js';
import { saveCase, smallest } from './shrink.js';
import { targets } from './targets.js';

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string', multiple: true } },
});
const number = (text, fallback) => {
  if (text !== undefined && !/^\d+$/.test(text)) throw new Error(`'${text}' is no number`);
  return text === undefined ? fallback : Number(text);
};
const names = values.target ?? Object.keys(targets);
const stranger = names.find((name) => !(name in targets));
if (stranger) throw new Error(`there is no target '${stranger}': ${Object.keys(targets).join(', ')}`);
const seed = number(values.seed, Math.floor(Math.random() * 2 ** 31));
const seconds = number(values.seconds, Number.POSITIVE_INFINITY);
const runs = number(values.runs, values.seconds === undefined ? 10_000 : Number.MAX_SAFE_INTEGER);

const secondsSince = (moment) => Math.round((performance.now() - moment) / 1000);
const folder = mkdtempSync(join(tmpdir(), 'mft-patch-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

console.log(`seed ${seed}, ${runs === Number.MAX_SAFE_INTEGER ? `${seconds} s` : `${runs} inputs`}`);
await makeBases(join(folder, 'bases'));
const start = performance.now();
const counts = new Map();
const suspects = [];
let [inputs, peak, largest] = [0, 0, 0];
const step = availableParallelism();
const onResult = (result) => {
  inputs++;
  peak = Math.max(peak, result.mebibytes ?? 0);
  largest = Math.max(largest, result.size ?? 0);
  const outcome = result.fault ?? result.outcome;
  const row = counts.get(result.name) ?? new Map();
  counts.set(result.name, row.set(outcome, (row.get(outcome) ?? 0) + 1));
  // What a process has come to over many inputs is looked at again alone.
  if (result.fault || result.heavy) suspects.push({ ...result, seed });
  if (inputs % 5000 === 0) console.log(`${inputs} inputs, ${secondsSince(start)} s`);
  // One fault shows itself many times.
  return suspects.filter(({ fault }) => fault).length < 20 && secondsSince(start) < seconds;
};
await Promise.all(Array.from({ length: step }, (_, first) => runLane(folder, { seed, names, first, step, runs }, onResult)));

for (const [name, row] of [...counts].sort()) {
  const total = [...row.values()].reduce((sum, count) => sum + count, 0);
  const list = [...row].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${outcome} ${count}`);
  console.log(`${name.padEnd(11)} ${String(total).padStart(7)}  ${list.join(', ')}`);
}
let faults = 0;
const told = new Set();
for (const suspect of suspects) {
  const kind = `${suspect.name} ${(suspect.detail ?? suspect.done).split?.('\n')[0].replace(/\d+/g, 'N').slice(0, 80)}`;
  if (told.has(kind)) continue;
  told.add(kind);
  const found = await smallest(folder, suspect);
  // What was slow once, on a machine with more to do, is not by itself.
  if (found === undefined && (!suspect.fault || suspect.fault === 'hang')) continue;
  faults++;
  console.log(
    `\n${suspect.name}, input ${suspect.done} of seed ${seed}: ${found?.detail ?? `${suspect.fault}: ${suspect.detail}, but not by itself`}`,
  );
  if (found) console.log(`${JSON.stringify(found.input)}\nsaved as ${saveCase(suspect.name, found.bytes, found.detail)}`);
}
console.log(
  `\n${inputs} inputs in ${secondsSince(start)} s, the largest ${largest} bytes; peak memory of a process ${peak.toFixed(0)} MiB; ${faults} faults`,
);
process.exitCode = faults > 0 ? 1 : 0;
