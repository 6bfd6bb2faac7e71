/** Kills builds by SIGKILL: at any moment the directory has the old output or the new one, and the next build cleans up. */
import { existsSync, rmSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { argsOf, type Ended, type Report, random, startCli } from './run.js';
import { judgeKilled, placeFor, prepareScenarios, type Scenario } from './scenarios.js';
import { Tally } from './tally.js';

/** How long a run takes, and how much of that comes after its first write; milliseconds. */
interface Lengths {
  whole: number;
  writing: number;
}

async function lengthsOf(scenario: Scenario): Promise<Lengths> {
  const out = placeFor(scenario);
  const begin = performance.now();
  const { ended } = startCli(argsOf(scenario.next, out));
  await firstWrite(out, ended);
  const written = performance.now();
  await ended;
  rmSync(dirname(out), { recursive: true });
  return { whole: performance.now() - begin, writing: performance.now() - written };
}

/** Waits until something appears in the output directory or beside it, or the run has ended. */
export async function firstWrite(out: string, ended: Promise<Ended>): Promise<void> {
  const watched = [dirname(out), out].filter((path) => existsSync(path));
  const { promise, resolve } = deferred();
  const watchers = watched.map((path) => watch(path, resolve));
  await Promise.race([ended, promise]);
  for (const watcher of watchers) watcher.close();
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Waits more precisely than a timer does. */
export async function spin(milliseconds: number): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) await new Promise(setImmediate);
}

/** Kills a build. @param chance of the moment @param isAimed whether it is killed while it writes */
async function killed(scenario: Scenario, lengths: Lengths, chance: number, isAimed: boolean) {
  const out = placeFor(scenario);
  const { child, ended } = startCli(argsOf(scenario.next, out));
  if (isAimed) {
    await firstWrite(out, ended);
    await spin(chance ** 2 * lengths.writing);
  } else await setTimeout(chance * lengths.whole * 1.1);
  child.kill('SIGKILL');
  return judgeKilled(scenario, out, await ended);
}

/** Kills `count` builds at moments that depend on the seed: half in the whole run, half while it writes. */
export async function kills(count: number, seed: number, report: Report = console.log) {
  const chance = random(seed);
  const tally = new Tally();
  const bad: string[] = [];
  const all: { scenario: Scenario; lengths: Lengths }[] = [];
  for (const scenario of await prepareScenarios(1)) all.push({ scenario, lengths: await lengthsOf(scenario) });
  for (let round = 0; round * all.length < count; round++) {
    for (const [index, { scenario, lengths }] of all.slice(0, count - round * all.length).entries()) {
      const { fell, state, faults } = await killed(scenario, lengths, chance(), round % 2 === 1);
      tally.add(`${scenario.name.padEnd(20)}  ${fell.padEnd(6)}  ${state}`);
      if (faults.length > 0) bad.push(`kill ${round * all.length + index}, ${scenario.name}, ${fell}: ${faults.join('; ')}`);
    }
  }
  report(`kills: ${count} with seed ${seed}, ${bad.length} bad`);
  tally.print(report, 40, bad);
  return { bad, table: tally.counts };
}
