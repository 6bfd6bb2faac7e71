/** Builds killed at each system call that touches their output folder. */
import { readdirSync } from 'node:fs';
import { numbered, pathsOf, traced } from './inject.js';
import { argsOf, judgeKilled, placeFor, prepareKills } from './kills.js';
import { buildHere, newPlace } from './run.js';

/** Every call once if `share` is 1, else that share of them. */
export async function killsAt(share = 1, report = console.log) {
  const bad = [];
  const table = new Map();
  let count = 0;
  for (const scenario of await prepareKills(0.1)) {
    const whole = newPlace();
    await buildHere({ ...scenario.next, out: whole });
    const names = [...readdirSync(whole), ...(scenario.before ?? []).map((line) => line.slice(66))];
    const run = (out, inject) => traced(argsOf(scenario.next, out), pathsOf(out, names), inject);
    const survey = await run(placeFor(scenario), '');
    for (const [index, { call, when, line }] of numbered(survey.lines).entries()) {
      if (Math.floor(index * share) === Math.floor((index - 1) * share)) continue;
      const out = placeFor(scenario);
      const ended = await run(out, `${call}:signal=SIGKILL:when=${when}`);
      const { state, faults } = await judgeKilled(scenario, out, ended);
      if (ended.status !== null) faults.push(`was not killed: exit ${ended.status}`);
      count++;
      const key = `${scenario.name.padEnd(20)}  ${call.padEnd(8)}  ${state}`;
      table.set(key, (table.get(key) ?? 0) + 1);
      if (faults.length > 0) bad.push(`${scenario.name}, ${call} ${when} (${line.slice(0, 200)}): ${faults.join('; ')}`);
    }
  }
  report(`kills at system calls: ${count}, ${bad.length} bad`);
  for (const [key, times] of [...table].sort()) report(`  ${key.padEnd(44)} ${times}`);
  for (const line of bad) report(`  BAD ${line}`);
  return { bad, count };
}
