/** Kills builds at each system call that touches their output directory. */
import { readdirSync } from 'node:fs';
import { numbered, pathsOf, traced } from './inject.js';
import { nameIn } from './judge.js';
import { argsOf, buildHere, newPlace, type Report } from './run.js';
import { judgeKilled, placeFor, prepareScenarios } from './scenarios.js';
import { Tally } from './tally.js';

/** Kills at every call once if `share` is 1, else at that share of them. */
export async function killsAt(share = 1, report: Report = console.log) {
  const bad: string[] = [];
  const tally = new Tally();
  let count = 0;
  for (const scenario of await prepareScenarios(0.1)) {
    const whole = newPlace();
    await buildHere(scenario.next, whole);
    const names = [...readdirSync(whole), ...(scenario.before ?? []).map(nameIn)];
    const run = (out: string, inject: string) => traced(argsOf(scenario.next, out), pathsOf(out, names), inject);
    const survey = await run(placeFor(scenario), '');
    for (const [index, { call, when, line }] of numbered(survey.lines).entries()) {
      if (Math.floor(index * share) === Math.floor((index - 1) * share)) continue;
      const out = placeFor(scenario);
      const ended = await run(out, `${call}:signal=SIGKILL:when=${when}`);
      const { state, faults } = await judgeKilled(scenario, out, ended);
      if (ended.status !== null) faults.push(`was not killed: exit ${ended.status}`);
      count++;
      tally.add(`${scenario.name.padEnd(20)}  ${call.padEnd(8)}  ${state}`);
      if (faults.length > 0) bad.push(`${scenario.name}, ${call} ${when} (${line.slice(0, 200)}): ${faults.join('; ')}`);
    }
  }
  report(`kills at system calls: ${count}, ${bad.length} bad`);
  tally.print(report, 44, bad);
  return { bad, count };
}
