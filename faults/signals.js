/** Ctrl-C and SIGTERM at any moment: the end within 2 s with exit 130, and nothing left but what was done. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { faultsOf, hidden } from './judge.js';
import { folder, makeBundle, newPlace, random, sh, startCli } from './run.js';

/** Seconds from the signal to the end. */
const limit = 2;

async function commands() {
  const bundle = await makeBundle(40);
  const slow = await slowServer(readFileSync(await makeBundle(2)));
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
      args: (out) => ['matrix', '--sample', '--kernels', 'debian-11,debian-12', '--jobs', '2', '--out', out],
    },
    { name: 'fetch from a slow server', times: 0.4, args: () => fetching },
  ];
}

/** Serves in pieces, for two seconds. @returns its URL */
async function slowServer(bytes) {
  const server = createServer(async (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' });
    const piece = Math.ceil(bytes.length / 20);
    for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
      response.write(bytes.subarray(at, at + piece));
      await setTimeout(100);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}

/** Signals `count` runs at moments that the seed decides, over their whole length. */
export async function signals(count, seed, wanted = undefined, report = console.log) {
  const chance = random(seed);
  const bad = [];
  const lines = [];
  for (const command of (await commands()).filter(({ name }) => !wanted || wanted.includes(name))) {
    const whole = await run(command, undefined, 0);
    if (whole.status !== 0) throw new Error(`${command.name}: exit ${whole.status}: ${whole.stderr}`);
    const tally = { 130: 0, done: 0, early: 0 };
    let slowest = 0;
    let gone = 0;
    for (let i = 0; i < Math.ceil(count * command.times); i++) {
      const signal = i % 2 === 0 ? 'SIGINT' : 'SIGTERM';
      const moment = chance() * whole.seconds * 1000;
      const ended = await run(command, signal, moment);
      const kind = ended.status === 130 ? 130 : ended.status === 0 ? 'done' : 'early';
      tally[kind]++;
      const { faults } = ended;
      // Before Node runs the first line of the program nobody can listen.
      if (kind === 'early' && !(ended.signal === signal && ended.stderr === '' && moment < 1000))
        faults.push(`exit ${ended.status ?? ended.signal}`);
      slowest = Math.max(slowest, ended.after);
      gone = Math.max(gone, ended.gone);
      if (ended.after > limit) faults.push(`ended after ${ended.after.toFixed(2)} s`);
      if (faults.length > 0)
        bad.push(`${command.name}, ${signal} after ${moment.toFixed(0)} of ${(whole.seconds * 1000).toFixed(0)} ms: ${faults.join('; ')}`);
    }
    lines.push(
      `${command.name.padEnd(25)} exit 130: ${tally[130]}  done before: ${tally.done}  before the program began: ${tally.early}  slowest end: ${slowest.toFixed(2)} s  containers gone: ${gone.toFixed(1)} s later`,
    );
  }
  report(`signals: seed ${seed}, ${bad.length} bad`);
  for (const line of lines) report(`  ${line}`);
  for (const line of bad) report(`  BAD ${line}`);
  return { bad };
}

/** A run in a place, a cache and a TMPDIR of its own. @returns how it ended, how long after the signal, and what is wrong with what it left */
async function run(command, signal, moment) {
  const out = newPlace();
  const [place, tmp, cache] = [dirname(out), `${out}.tmp`, `${out}.cache`];
  mkdirSync(tmp);
  const before = sweepable();
  const { child, ended } = startCli([...command.args(out), '--quiet', '--cache-dir', cache], {
    cwd: place,
    env: { ...process.env, TMPDIR: tmp },
  });
  let signalled = performance.now();
  if (signal !== undefined) {
    await Promise.race([setTimeout(moment), ended]);
    signalled = performance.now();
    child.kill(signal);
  }
  const result = await ended;
  const after = (performance.now() - signalled) / 1000;
  const faults = faultsOf(out);
  const left = [...hidden(out), ...hidden(place), ...readdirSync(tmp), ...sweepable().filter((name) => !before.includes(name))];
  const locks = join(cache, 'locks');
  if (existsSync(locks)) left.push(...readdirSync(locks));
  if (left.length > 0) faults.push(`leaves ${left.join(', ')}`);
  const gone = /verify|matrix/.test(command.name) ? await containersGone(child.pid) : 0;
  if (gone === undefined) faults.push('leaves a container');
  rmSync(place, { recursive: true });
  return { ...result, after, gone: gone ?? 0, faults };
}

/** How many seconds after its end a process's containers are gone: a busy engine removes them a moment later. Undefined after 30. */
async function containersGone(pid) {
  const script = 'docker ps --all --format "{{.Names}}" | grep "^mft-patch-$1-" || true';
  const begin = performance.now();
  for (const looked = []; looked.length < 60; looked.push(await setTimeout(500))) {
    if (sh(script, String(pid)) === '') return looked.length === 0 ? 0 : (performance.now() - begin) / 1000;
  }
  return undefined;
}

/** What lies in /tmp under names that the program gives, and not this harness or the tests. */
const sweepable = () => readdirSync(dirname(folder)).filter((name) => /^\.?mft-patch-[0-9A-Za-z]{6,8}$/.test(name));
