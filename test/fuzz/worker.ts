/**
 * Runs inputs in a process of its own, which the parent watches and may kill. Node's permission model lets it write in
 * its own directory only: a file anywhere else is an error. The parent sends a Task and receives Messages.
 */
import { once } from 'node:events';
import { chdir, resourceUsage } from 'node:process';
import { Fault } from './fault.js';
import type { Message, Result, Task } from './lane.js';
import { allowSymlinks } from './symlink.js';
import { type FuzzTarget, inputOf } from './target.js';
import { makeTarget, targetAt } from './targets.js';

const [task] = (await once(process, 'message')) as [Task];
const { directory, bases, work } = task;
/** For an input of less than 1 MB. */
const limits = { seconds: 5, mebibytes: 300 };
const made = new Map<string, FuzzTarget>();
let stray: unknown;
process.on('unhandledRejection', (error) => {
  stray = error;
});
chdir(directory);
allowSymlinks(directory);

function target(name: string): FuzzTarget {
  const known = made.get(name) ?? makeTarget(name, bases);
  made.set(name, known);
  return known;
}

async function attempt(name: string, bytes: Buffer): Promise<Pick<Result, 'outcome' | 'fault' | 'detail'>> {
  const start = process.cpuUsage();
  try {
    const outcome = await target(name).run(bytes, directory);
    // A rejection that nothing waits for is reported one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (stray) throw stray;
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > limits.seconds) return { fault: 'hang', detail: `${seconds.toFixed(1)} s` };
    return { outcome };
  } catch (error) {
    stray = undefined;
    if (error instanceof Fault) return { fault: error.kind, detail: error.message };
    return { fault: 'crash', detail: String(error instanceof Error ? error.stack : error) };
  }
}

function send(message: Message): void {
  process.send?.(message);
}

/** Runs one input. @returns whether the process has grown beyond the limit */
async function runOne(number: number, name: string, bytesOf: (target: FuzzTarget) => Buffer): Promise<boolean> {
  send({ at: number, name });
  const bytes = bytesOf(target(name));
  const result = await attempt(name, bytes);
  const mebibytes = resourceUsage().maxRSS / 1024;
  const heavy = mebibytes > limits.mebibytes;
  send({ done: number, name, size: bytes.length, mebibytes, heavy, ...result });
  return heavy;
}

if ('job' in work) {
  const { job } = work;
  await runOne(0, job.target, (target) => ('bytes' in job ? Buffer.from(job.bytes, 'base64') : target.bytes(job.input)));
} else {
  const { seed, names, first, step, runs } = work;
  for (let number = first; number < runs; number += step) {
    // The peak of a process never decreases: the parent continues with a new one.
    if (await runOne(number, targetAt(number, names), (target) => target.bytes(inputOf(target, seed, number)))) break;
  }
}
process.disconnect();
