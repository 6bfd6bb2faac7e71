/** Makes system calls fail, one at a time, wherever a command writes: exit 5 with the path, and nothing half written. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ErrorTarget, errorTargets } from './error-targets.js';
import { type Call, numbered, traced } from './inject.js';
import { directory, type Report } from './run.js';
import { leftIn } from './scenarios.js';
import { Tally } from './tally.js';

const errnos = ['ENOSPC', 'EACCES', 'EMFILE', 'EIO', 'EROFS', 'EDQUOT'];

/**
 * @param share of the pairs of a call and an error that are run
 * @param wanted the names of targets; undefined for all
 */
export async function errors(share = 1, wanted?: readonly string[], report: Report = console.log) {
  const tally = new Tally();
  const bad: string[] = [];
  let [count, due] = [0, 0];
  for (const { target, call, errno } of await allErrors(wanted)) {
    due += share;
    if (due < 1) continue;
    due--;
    count++;
    const { outcome, faults } = await failing(target, call, errno);
    tally.add(`${target.name.padEnd(24)} ${call.call.padEnd(8)} ${errno.padEnd(7)} ${outcome}`);
    if (faults.length > 0)
      bad.push(`${target.name}, ${errno} at ${call.call} ${call.when} (${call.line.slice(0, 200)}): ${faults.join('; ')}`);
  }
  report(`errors: ${count} injected, ${bad.length} bad`);
  tally.print(report, 64, bad);
  for (const path of readdirSync(directory)) if (path.startsWith('tmp-')) rmSync(join(directory, path), { recursive: true });
  return { bad, count };
}

/** Every call that writes, with every error. */
async function allErrors(wanted: readonly string[] | undefined): Promise<{ target: ErrorTarget; call: Call; errno: string }[]> {
  const all = [];
  for (const target of await errorTargets(wanted)) {
    const calls = await writingCalls(target);
    all.push(...calls.flatMap((call) => errnos.map((errno) => ({ target, call, errno }))));
  }
  return all;
}

/** The calls of a target that can fail in writing. */
async function writingCalls(target: ErrorTarget): Promise<Call[]> {
  const out = target.make();
  const { status, stdout, lines } = await traced(target.args(out), target.paths(out), '', { cwd: dirname(out) });
  if (status !== 0) throw new Error(`${target.name}: exit ${status}: ${stdout}`);
  rmSync(dirname(out), { recursive: true });
  return numbered(lines).filter(({ isReading }) => !isReading);
}

let runs = 0;

/** Runs a target with one call that fails. */
async function failing(target: ErrorTarget, { call, when, line, isRemoval }: Call, errno: string) {
  const out = target.make();
  const tmp = join(directory, `tmp-${runs++}`);
  mkdirSync(tmp);
  const options = { cwd: dirname(out), env: { ...process.env, TMPDIR: tmp } };
  const { status, stdout, lines } = await traced(target.args(out), target.paths(out), `${call}:error=${errno}:when=${when}`, options);
  const faults = target.judge(out, status, isRemoval);
  if (!lines.some((text) => text.includes('(INJECTED)'))) faults.push('nothing was injected');
  if (readdirSync(tmp).length > 0) faults.push(`leaves ${readdirSync(tmp)} in TMPDIR`);
  const left = leftIn(out);
  if (left.length > 0 && !isRemoval) faults.push(`leaves ${left}`);
  // A command may succeed although it could not remove something, or make a directory that exists.
  const isExcused = isRemoval || line.includes('EEXIST');
  if (status === 0 && !isExcused) faults.push('exit 0');
  if (status !== 0) faults.push(...faultsOfError(status, stdout, dirname(out)));
  if (existsSync(dirname(out))) rmSync(dirname(out), { recursive: true });
  return { outcome: status === 0 ? 'succeeded' : `exit ${status}`, faults };
}

function faultsOfError(status: number | null, stdout: string, place: string): string[] {
  try {
    const { code, path, detail, hint } = JSON.parse(stdout) as Record<string, string>;
    if (status !== 5 || code !== 'cannot-write') return [`exit ${status}, ${code}: ${detail}`];
    return path?.startsWith(place) && hint ? [] : [`names ${path}`];
  } catch {
    return [`exit ${status}, and no JSON: ${stdout.slice(0, 100)}`];
  }
}
