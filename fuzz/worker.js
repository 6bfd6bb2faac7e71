/**
 * Runs inputs in a process of its own, which the parent watches and may kill. Node's permission model lets it write in
 * its own folder alone: a file anywhere else is an error that shows.
 *
 * It is sent what to do: { folder, bases, jobs | { seed, names, first, step, runs } }. A job is { target, input | bytes }.
 */
import { once } from 'node:events';
import { chdir, resourceUsage } from 'node:process';
import { Fault } from './fault.js';
import { inputOf } from './inputs.js';
import { allowSymlinks } from './symlink.js';
import { targetAt, targets } from './targets.js';

const { folder, bases, jobs, seed, names, first, step, runs } = (await once(process, 'message'))[0];
/** Of an input under 1 MB. */
const limits = { seconds: 5, mebibytes: 300 };
const made = new Map();
const target = (name) => {
  if (!made.has(name)) made.set(name, targets[name].make(bases));
  return made.get(name);
};
let stray;
process.on('unhandledRejection', (error) => {
  stray = error;
});
chdir(folder);
allowSymlinks(folder);

async function attempt(name, bytes) {
  const start = performance.now();
  try {
    const outcome = await target(name).run(bytes, folder);
    // What nobody waited for is told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (stray) throw stray;
    const seconds = (performance.now() - start) / 1000;
    if (seconds > limits.seconds) return { fault: 'hang', detail: `${seconds.toFixed(1)} s` };
    return { outcome };
  } catch (error) {
    stray = undefined;
    if (error instanceof Fault) return { fault: error.kind, detail: error.message };
    return { fault: 'crash', detail: String(error?.stack ?? error) };
  }
}

async function one(number, name, input, given) {
  process.send({ at: number, name });
  const bytes = given ?? target(name).bytes(input);
  const result = await attempt(name, bytes);
  const mebibytes = resourceUsage().maxRSS / 1024;
  const heavy = mebibytes > limits.mebibytes;
  process.send({ done: number, name, size: bytes.length, mebibytes, ...result, ...(heavy ? { heavy } : {}) });
  return heavy;
}

if (jobs)
  for (const [number, { target: name, input, bytes }] of jobs.entries())
    await one(number, name, input, bytes && Buffer.from(bytes, 'base64'));
else {
  for (let number = first; number < runs; number += step) {
    const name = targetAt(number, names);
    const input = inputOf(target(name), seed, number);
    // The peak of a process never goes down: the parent goes on with a new one.
    if (await one(number, name, input)) break;
  }
}
process.disconnect();
