/** Builds killed by SIGKILL: whenever it falls, the folder shows the old output or the new one, and the next build cleans up. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { faultsOf, hidden, linesOf, stateOf } from './judge.js';
import { buildHere, folder, makeBundle, newPlace, random, startCli } from './run.js';

/** What is built, over what: options of the old build, if there is one, and of the one that is killed. */
async function scenarios(megabytes) {
  const bundle = await makeBundle(megabytes);
  return [
    { name: 'into an empty place', next: { sample: true, kernel: '5.18' } },
    { name: 'over another name', old: { sample: true, kernel: '5.18' }, next: { sample: true } },
    {
      name: 'over the same name',
      old: { bundle, kernel: '5.18', repackBundle: true },
      next: { bundle, kernel: '5.10', repackBundle: true },
    },
    { name: 'with companions', next: { bundle, kernel: '5.18', repackBundle: true, withUserland: true } },
  ];
}

const names = {
  sample: '--sample',
  bundle: '--bundle',
  kernel: '--kernel',
  repackBundle: '--repack-bundle',
  withUserland: '--with-userland',
};
/** The command line of options as `build` takes them. */
export const argsOf = (options, out) => [
  ...['build', '--no-verify', '--quiet', '--out', out],
  ...Object.entries(options).flatMap(([key, value]) => (value === true ? [names[key]] : [names[key], value])),
];

/**
 * The scenarios, each with the folder that it begins with and what a whole output looks like.
 *
 * @param megabytes of tools in the bundle
 */
export async function prepareKills(megabytes) {
  const prepared = [];
  for (const scenario of await scenarios(megabytes)) {
    const template = newPlace();
    if (scenario.old) await buildHere({ ...scenario.old, out: template });
    const after = newPlace();
    if (scenario.old) cpSync(template, after, { recursive: true });
    const known = sumsIn(template);
    await buildHere({ ...scenario.next, out: after });
    for (const sum of sumsIn(after)) known.add(sum);
    prepared.push({ ...scenario, template, before: linesOf(template), after: linesOf(after), known });
  }
  return prepared;
}

const sumsIn = (path) => new Set((linesOf(path) ?? []).map((line) => line.slice(0, 64)));

/** A place as the scenario begins with. */
export function placeFor({ template }) {
  const out = newPlace();
  if (existsSync(template)) cpSync(template, out, { recursive: true });
  return out;
}

/** Judges a place after a kill, and again after the next build. @returns where the kill fell, the verdict, and what is wrong */
export async function judgeKilled(scenario, out, ended) {
  const { before, after, known, next } = scenario;
  const state = stateOf(out, before, after);
  const faults = faultsOf(out, known);
  if (state === 'neither') faults.push(`shows neither the old nor the new output: ${linesOf(out)?.join(' ') ?? 'no SHA256SUMS'}`);
  const left = [...hidden(out), ...hidden(dirname(out))];
  const isTouched = left.length > 0 || state !== 'old' || listing(out) !== listing(scenario.template);
  const fell = ended.status === 0 || (state === 'new' && left.length === 0) ? 'after' : isTouched ? 'during' : 'before';
  await buildHere({ ...next, out });
  if (stateOf(out, before, after) !== 'new') faults.push('the next build does not make it whole');
  faults.push(...faultsOf(out, known).map((fault) => `after the next build ${fault}`));
  const remains = [...hidden(out), ...hidden(dirname(out))];
  if (remains.length > 0) faults.push(`the next build leaves ${remains.join(', ')}`);
  rmSync(dirname(out), { recursive: true });
  return { fell, state, faults };
}

const listing = (path) => (existsSync(path) ? readdirSync(path).sort().join() : '');

/** How long a run takes, and how long before its end it begins to write; milliseconds. */
async function lengths(scenario) {
  const out = placeFor(scenario);
  const begin = performance.now();
  const { ended } = startCli(argsOf(scenario.next, out));
  await firstWrite(out, ended);
  const written = performance.now();
  await ended;
  rmSync(dirname(out), { recursive: true });
  return { whole: performance.now() - begin, writing: performance.now() - written };
}

/** Resolves when something appears in the output folder or beside it, or the run has ended. */
async function firstWrite(out, ended) {
  const watched = [dirname(out), out].filter((path) => existsSync(path));
  let watchers = [];
  await Promise.race([ended, new Promise((resolve) => (watchers = watched.map((path) => watch(path, resolve))))]);
  for (const watcher of watchers) watcher.close();
}

/** Waits more exactly than a timer does. */
async function spin(milliseconds) {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) await new Promise(setImmediate);
}

/** Kills `count` builds at moments that the seed decides: half over the whole run, half while it writes. */
export async function kills(count, seed, report = console.log) {
  const chance = random(seed);
  const table = new Map();
  const bad = [];
  const all = await prepareKills(1);
  for (const scenario of all) scenario.lengths = await lengths(scenario);
  for (let i = 0; i < count; i++) {
    const scenario = all[i % all.length];
    const { whole, writing } = scenario.lengths;
    const out = placeFor(scenario);
    const isAimed = Math.floor(i / all.length) % 2 === 1;
    const { child, ended } = startCli(argsOf(scenario.next, out));
    if (isAimed) {
      await firstWrite(out, ended);
      await spin(chance() ** 2 * writing);
    } else await setTimeout(chance() * whole * 1.1);
    child.kill('SIGKILL');
    const { fell, state, faults } = await judgeKilled(scenario, out, await ended);
    const key = `${scenario.name.padEnd(20)}  ${fell.padEnd(6)}  ${state}`;
    table.set(key, (table.get(key) ?? 0) + 1);
    if (faults.length > 0) bad.push(`kill ${i}, ${scenario.name}, ${fell}: ${faults.join('; ')}`);
  }
  report(`kills: ${count} with seed ${seed}, ${bad.length} bad`);
  for (const [key, times] of [...table].sort()) report(`  ${key.padEnd(40)} ${times}`);
  for (const line of bad) report(`  BAD ${line}`);
  return { bad, table };
}

mkdirSync(join(folder, 'cache'), { recursive: true });
