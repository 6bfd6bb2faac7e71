/** Cuts the power at any moment of a build or a download: afterwards the old output or the new one is whole. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Disk, makeDisks, neighbour } from './disk.js';
import { firstWrite, spin } from './kills.js';
import { argsOf, type Ended, makeUnknownRelease, type Report, random, serve, startCli } from './run.js';
import { judgeKilled, prepareScenarios, type Scenario } from './scenarios.js';
import { Tally } from './tally.js';

/** A command that writes to a disk. */
interface Subject {
  name: string;
  /** Makes the place that it begins with. */
  make(out: string): void;
  args(out: string): string[];
  /** What there is after the cut, and what is wrong with it. */
  judge(out: string, ended: Ended): Promise<{ state: string; faults: string[] }>;
}

function buildSubject(scenario: Scenario): Subject {
  return {
    name: `build ${scenario.name}`,
    make: (out) => existsSync(scenario.template) && cpSync(scenario.template, out, { recursive: true }),
    args: (out) => argsOf(scenario.next, out),
    judge: async (out, ended) => {
      const { fell, state, faults } = await judgeKilled(scenario, out, ended);
      // Who is told that it is done may rely on it.
      if (ended.status === 0 && state !== 'new') faults.push('exit 0, and the new output is lost');
      return { state: `${fell.padEnd(6)}  ${state}`, faults };
    },
  };
}

/** A download whose digest is unknown: into the cache, and its digest into mft-patch.lock. */
async function fetchSubject(): Promise<Subject> {
  const bundle = readFileSync(await makeUnknownRelease(1));
  const mirror = await serve((_, response) => {
    response.setHeader('content-length', bundle.length).setHeader('etag', '"1"').end(bundle);
  });
  const args = (out: string) => ['fetch', '--mft', '9.9.9-1', '--arch', 'x86_64', '--mirror', mirror, '--cache-dir', out, '--quiet'];
  const bundlesIn = (out: string) => (existsSync(join(out, 'bundles')) ? readdirSync(join(out, 'bundles')) : []);
  const faultsIn = (out: string) =>
    bundlesIn(out)
      .filter((name) => !readFileSync(join(out, 'bundles', name)).equals(bundle))
      .map((name) => `${name} has other bytes`);
  return {
    name: 'fetch',
    make: () => {},
    args,
    judge: async (out, { status }) => {
      const faults = faultsIn(out);
      const lockfile = join(dirname(out), 'mft-patch.lock');
      const isPinned = existsSync(lockfile);
      if (isPinned) JSON.parse(readFileSync(lockfile, 'utf8'));
      const isCached = bundlesIn(out).length > 0;
      if (status === 0 && !(isPinned && isCached)) faults.push('exit 0, and the bundle or its digest is lost');
      const next = await startCli(args(out), { cwd: dirname(out) }).ended;
      if (next.status !== 0) faults.push(`the next one ends with ${next.status}: ${next.stderr}`);
      faults.push(...faultsIn(out).map((fault) => `after the next one ${fault}`));
      rmSync(dirname(out), { recursive: true });
      return { state: `${isCached ? 'in the cache' : 'not in it'}, ${isPinned ? 'pinned' : 'not pinned'}`, faults };
    },
  };
}

/** Runs a command on a disk. @param moment when the power is cut, from its first write; undefined for after its end */
async function cutDuring(subject: Subject, disk: Disk, moment: number | undefined) {
  const out = join(disk.path, 'place', 'out');
  mkdirSync(dirname(out));
  subject.make(out);
  disk.settle();
  const endNeighbour = neighbour(disk);
  const { child, ended } = startCli(subject.args(out), { cwd: dirname(out) });
  await firstWrite(out, ended);
  const begin = performance.now();
  await (moment === undefined ? ended : spin(moment));
  const took = performance.now() - begin;
  disk.cut();
  child.kill('SIGKILL');
  const end = await ended;
  await endNeighbour();
  disk.boot();
  const { state, faults } = await subject.judge(out, end).catch((error) => ({ state: 'unreadable', faults: [String(error)] }));
  rmSync(dirname(out), { recursive: true, force: true });
  return { took, state, faults };
}

/** Cuts the power `count` times, at moments that depend on the seed; the first time of each kind after the command's end. */
export async function power(count: number, seed: number, report: Report = console.log) {
  const chance = random(seed);
  const tally = new Tally();
  const bad: string[] = [];
  const subjects = [...(await prepareScenarios(0.5)).map(buildSubject), await fetchSubject()];
  const disks = makeDisks();
  const kinds = disks.flatMap((disk) => subjects.map((subject) => ({ disk, subject, took: 0 })));
  for (let number = 0; number < count; number++) {
    const kind = kinds[number % kinds.length];
    if (kind === undefined) break;
    const { disk, subject } = kind;
    const moment = number < kinds.length ? undefined : chance() * kind.took * 1.2;
    const { took, state, faults } = await cutDuring(subject, disk, moment);
    if (moment === undefined) kind.took = took;
    tally.add(`${subject.name.padEnd(26)}  ${state}`);
    if (faults.length > 0) bad.push(`cut ${number}, ${subject.name} on ${disk.name}: ${faults.join('; ')}`);
  }
  for (const disk of disks) disk.remove();
  report(`power cuts: ${count} with seed ${seed}, on ${disks.map(({ name }) => name).join('; ')}: ${bad.length} bad`);
  tally.print(report, 56, bad);
  return { bad };
}
