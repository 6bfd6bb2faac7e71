/** The lock between PID namespaces: containers with the same host name that share a cache. It needs root. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquire, withLock } from '../../src/system/lock.js';
import { makeDirectory, testContext } from '../support.js';
import { holder } from './holder.js';

/** Runs a program in a PID namespace of its own, where it has a number that no process has there that comes later. */
const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c'];
const late = [...namespace, 'for i in {1..100}; do /bin/true; done; "$0" "$@"; exit $?'];
const early = [...namespace, '"$0" "$@"; exit $?'];

test.skipIf(process.getuid?.() !== 0)('an owner in another PID namespace keeps the lock while it moves', async () => {
  const folder = makeDirectory();
  const lock = join(folder, 'lock');
  const { child, said } = await holder(lock, '', late);
  // From within a namespace where it is unknown, and from the one around both.
  const waiting = holder(lock, join(folder, 'gate'), early);
  const interruption = new AbortController();
  const outside = withLock(lock, { signal: interruption.signal }, async () => 'taken').catch(({ name }) => name);
  expect(await Promise.race([waiting, outside, new Promise((resolve) => setTimeout(resolve, 2000, 'waits'))])).toBe('waits');
  interruption.abort();
  expect(await outside).toBe('AbortError');
  child.stdin?.write('\n');
  expect(await said(3)).toEqual(['holds', 'publishes', 'does not know']);
  const second = await waiting;
  writeFileSync(join(folder, 'gate'), '');
  expect(await second.said(3)).toEqual(['holds', 'publishes', 'does not know']);
});

test.skipIf(process.getuid?.() !== 0)('and one that was killed there loses it', async () => {
  const lock = join(makeDirectory(), 'lock');
  const { child } = await holder(lock, '', late);
  child.kill('SIGKILL');
  const own = await acquire(lock, testContext(), { beat: 20, silence: 500, poll: 10 });
  await own.check();
  await own.release();
});
