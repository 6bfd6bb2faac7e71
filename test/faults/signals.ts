/** Sends SIGINT, SIGTERM and SIGHUP at any moment: the program ends within 2 s with exit 130, and leaves only what was complete. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { faultsOf } from './judge.js';
import { directory, type Ended, makeBundle, makeUnknownRelease, newPlace, type Report, random, serve, sh, startCli } from './run.js';
import { leftIn } from './scenarios.js';

/** Seconds from the signal to the end. */
const limit = 2;

interface Command {
  name: string;
  /** How many of the signals it gets. */
  times: number;
  args(out: string): string[];
}

async function commands(): Promise<Command[]> {
  const bundle = await makeBundle(40);
  const slow = await slowServer(readFileSync(await makeUnknownRelease(2)));
  const fetching = ['fetch', '--mft', '9.9.9-1', '--arch', 'x86_64', '--mirror', slow];
  return [
    { name: 'build --verify', times: 0.1, args: (out) => ['build', '--sample', '--verify', '--kernel', '6.1', '--out', out] },
    {
      name: 'build --repack-bundle',
      times: 0.4,
      args: (out) => ['build', '--bundle', bundle, '--no-verify', '--repack-bundle', '--with-userland', '--out', out],
    },
    {
      name: 'matrix --jobs 2',
      times: 0.1,
      args: (out) => ['matrix', '--sample', '--kernel', 'debian-11,debian-12', '--jobs', '2', '--fresh', '--out', out],
    },
    { name: 'fetch from a slow server', times: 0.4, args: () => fetching },
  ];
}

/** Serves the bytes in pieces, for two seconds. @returns its URL */
function slowServer(bytes: Buffer): Promise<string> {
  return serve(async (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' });
    const piece = Math.ceil(bytes.length / 20);
    for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
      response.write(bytes.subarray(at, at + piece));
      await setTimeout(100);
    }
    response.end();
  });
}

/**
 * Signals `count` runs at moments that depend on the seed, over their whole length.
 * @param wanted the names of commands; undefined for all
 */
export async function signals(count: number, seed: number, wanted?: readonly string[], report: Report = console.log) {
  const chance = random(seed);
  const results: Signalled[] = [];
  for (const command of (await commands()).filter(({ name }) => !wanted || wanted.includes(name)))
    results.push(await signalled(command, Math.ceil(count * command.times), chance));
  const [bad, late] = [results.flatMap((result) => result.bad), results.flatMap((result) => result.late)];
  report(`signals: seed ${seed}, ${bad.length} bad, ${late.length} late`);
  for (const { line } of results) report(`  ${line}`);
  for (const line of bad) report(`  BAD ${line}`);
  for (const line of late) report(`  LATE ${line}`);
  return { bad, late };
}

/** What became of the runs of a command. */
interface Signalled {
  line: string;
  bad: string[];
  /** Those that ended after the limit: a fault on an idle machine only. */
  late: string[];
}

async function signalled(command: Command, count: number, chance: () => number): Promise<Signalled> {
  const whole = await run(command);
  if (whole.status !== 0) throw new Error(`${command.name}: exit ${whole.status}: ${whole.stderr}`);
  const tally = { 130: 0, done: 0, early: 0 };
  const bad: string[] = [];
  const late: string[] = [];
  let [slowest, gone] = [0, 0];
  for (let i = 0; i < count; i++) {
    const signal = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)[i % 3] ?? 'SIGINT';
    const moment = chance() * whole.seconds * 1000;
    const ended = await run(command, { signal, moment });
    const kind = kindOf(ended);
    tally[kind]++;
    const faults = [
      ...ended.faults,
      ...(kind === 'early' ? faultsOfEarly(ended, signal, moment < Math.max(1000, whole.seconds * 500)) : []),
    ];
    slowest = Math.max(slowest, ended.after);
    gone = Math.max(gone, ended.gone);
    const when = `${command.name}, ${signal} after ${moment.toFixed(0)} of ${(whole.seconds * 1000).toFixed(0)} ms`;
    if (ended.after > limit) late.push(`${when}: ended after ${ended.after.toFixed(2)} s`);
    if (faults.length > 0) bad.push(`${when}: ${faults.join('; ')}`);
  }
  const ends = `exit 130: ${tally[130]}  done before: ${tally.done}  before the program began: ${tally.early}`;
  const line = `${command.name.padEnd(25)} ${ends}  slowest end: ${slowest.toFixed(2)} s  containers gone: ${gone.toFixed(1)} s later`;
  return { line, bad, late };
}

/** A result is written once, at the end: one that has written it was done, and Node had given the signal back to the system. */
function kindOf({ status, stdout }: Ended): 130 | 'done' | 'early' {
  if (status === 130) return 130;
  return status === 0 || (status === null && stdout !== '') ? 'done' : 'early';
}

/** No handler exists before Node runs the first line of the program: then the signal itself ends it. */
function faultsOfEarly(ended: Ended, signal: NodeJS.Signals, mayBeStart: boolean): string[] {
  const isBeforeStart = ended.signal === signal && ended.stderr === '' && mayBeStart;
  return isBeforeStart ? [] : [`exit ${ended.status ?? ended.signal}`];
}

/** How a signalled run ended. */
interface SignalledRun extends Ended {
  /** Seconds from the signal to the end. */
  after: number;
  /** Seconds from the end until its containers were gone. */
  gone: number;
  /** What is wrong with what it left. */
  faults: string[];
}

/**
 * Runs a command in a place, with a cache and a TMPDIR of its own.
 * @param interruption the signal, and after how many milliseconds; undefined for none
 */
async function run(command: Command, interruption?: { signal: NodeJS.Signals; moment: number }): Promise<SignalledRun> {
  const out = newPlace();
  const [place, tmp, cache] = [dirname(out), `${out}.tmp`, `${out}.cache`];
  mkdirSync(tmp);
  const before = stagesInTmp();
  const { child, ended } = startCli([...command.args(out), '--quiet', '--cache-dir', cache], {
    cwd: place,
    env: { ...process.env, TMPDIR: tmp },
  });
  if (interruption) await Promise.race([setTimeout(interruption.moment), ended]);
  const interrupted = performance.now();
  if (interruption) child.kill(interruption.signal);
  const result = await ended;
  const after = (performance.now() - interrupted) / 1000;
  const faults = faultsOf(out);
  const locks = join(cache, 'locks');
  const left = [
    ...leftIn(out),
    ...readdirSync(tmp),
    ...stagesInTmp().filter((name) => !before.includes(name)),
    ...(existsSync(locks) ? readdirSync(locks) : []),
  ];
  if (left.length > 0) faults.push(`leaves ${left.join(', ')}`);
  const gone = /verify|matrix/.test(command.name) ? await containersGone(child.pid) : 0;
  if (gone === undefined) faults.push('leaves a container');
  rmSync(place, { recursive: true });
  return { ...result, after, gone: gone ?? 0, faults };
}

/** How many seconds it takes until a process's containers are gone: a busy engine removes them later. Undefined after 30. */
async function containersGone(pid: number | undefined): Promise<number | undefined> {
  const script = 'docker ps --all --format "{{.Names}}" | grep "^mft-patch-$1-" || true';
  const begin = performance.now();
  for (let looks = 0; looks < 60; looks++) {
    if (sh(script, String(pid)) === '') return looks === 0 ? 0 : (performance.now() - begin) / 1000;
    await setTimeout(500);
  }
  return undefined;
}

/** The names in the directory for temporary files that the program itself gives, not the tests. */
function stagesInTmp(): string[] {
  return readdirSync(dirname(directory)).filter((name) => /^\.?mft-patch-[0-9A-Za-z]{6,8}$/.test(name));
}
