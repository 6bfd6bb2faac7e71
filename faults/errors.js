/** System calls that are made to fail, one at a time, wherever a command writes: exit 5 with the path, nothing half written. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorTargets } from './error-targets.js';
import { numbered, traced } from './inject.js';
import { hidden } from './judge.js';
import { folder } from './run.js';

const errnos = ['ENOSPC', 'EACCES', 'EMFILE', 'EIO', 'EROFS', 'EDQUOT'];

/**
 * @param share of the pairs of a call and an error that are tried
 * @param wanted the names of targets; all without
 */
export async function errors(share = 1, wanted = undefined, report = console.log) {
  const table = new Map();
  const bad = [];
  let count = 0;
  let due = 0;
  for (const target of await errorTargets(wanted)) {
    const first = target.make();
    const survey = await traced(target.args(first), target.paths(first), '', { cwd: dirname(first) });
    if (survey.status !== 0) throw new Error(`${target.name}: exit ${survey.status}: ${survey.stdout}`);
    rmSync(dirname(first), { recursive: true });
    for (const call of numbered(survey.lines).filter(({ isReading }) => !isReading)) {
      for (const errno of errnos) {
        due += share;
        if (due < 1) continue;
        due--;
        count++;
        const { outcome, faults } = await failing(target, call, errno);
        const key = `${target.name.padEnd(24)} ${call.call.padEnd(8)} ${errno.padEnd(7)} ${outcome}`;
        table.set(key, (table.get(key) ?? 0) + 1);
        if (faults.length > 0)
          bad.push(`${target.name}, ${errno} at ${call.call} ${call.when} (${call.line.slice(0, 200)}): ${faults.join('; ')}`);
      }
    }
  }
  report(`errors: ${count} injected, ${bad.length} bad`);
  for (const [key, times] of [...table].sort()) report(`  ${key.padEnd(64)} ${times}`);
  for (const line of bad) report(`  BAD ${line}`);
  for (const path of readdirSync(folder)) if (path.startsWith('tmp-')) rmSync(join(folder, path), { recursive: true });
  return { bad, count };
}

let runs = 0;

/** One run in which one call fails. */
async function failing(target, { call, when, line, isRemoval }, errno) {
  const out = target.make();
  const tmp = join(folder, `tmp-${runs++}`);
  mkdirSync(tmp);
  const options = { cwd: dirname(out), env: { ...process.env, TMPDIR: tmp } };
  const { status, stdout, lines } = await traced(target.args(out), target.paths(out), `${call}:error=${errno}:when=${when}`, options);
  const faults = target.judge(out, status, isRemoval);
  if (!lines.some((text) => text.includes('(INJECTED)'))) faults.push('nothing was injected');
  if (readdirSync(tmp).length > 0) faults.push(`leaves ${readdirSync(tmp)} in TMPDIR`);
  const left = [...hidden(out), ...hidden(dirname(out))];
  // What could not be removed is excused, and the making of a folder that is there.
  const isExcused = isRemoval || line.includes('EEXIST');
  if (left.length > 0 && !isRemoval) faults.push(`leaves ${left}`);
  if (status === 0 && !isExcused) faults.push('exit 0');
  if (status !== 0) faults.push(...faultsOfError(status, stdout, dirname(out)));
  if (existsSync(dirname(out))) rmSync(dirname(out), { recursive: true });
  return { outcome: status === 0 ? 'done all the same' : `exit ${status}`, faults };
}

function faultsOfError(status, stdout, place) {
  try {
    const { code, path, detail, hint } = JSON.parse(stdout);
    if (status !== 5 || code !== 'cannot-write') return [`exit ${status}, ${code}: ${detail}`];
    return path.startsWith(place) && hint ? [] : [`names ${path}`];
  } catch {
    return [`exit ${status}, and no JSON: ${stdout.slice(0, 100)}`];
  }
}
