import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from '../../src/system/lock.js';
import { makeDirectory, testContext } from '../support.js';

const context = testContext();
setMaxListeners(0, context.signal);
/** The number of a process that has ended. */
const ended = spawnSync('true').pid;

/** Six at one lock. @returns how many were at work at the same time, at most */
async function most(lock: string): Promise<number> {
  let working = 0;
  let highest = 0;
  const work = async () => {
    highest = Math.max(highest, ++working);
    await setTimeout(1);
    working--;
  };
  const take = async (turns: number) => {
    // Out of step with the others.
    for (let i = 0; i < turns; i++) await setImmediate();
    await withLock(lock, context, work);
  };
  await Promise.all(Array.from({ length: 6 }, (_, i) => take(i)));
  return highest;
}

test('one works at a time, and the lock is gone afterwards', async () => {
  const folder = makeDirectory();
  expect(await most(join(folder, 'lock'))).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('of many that find the lock of a killed process, one works at a time, and at once', async () => {
  const folder = makeDirectory();
  symlinkSync(`${ended} ${hostname()} 00000000`, join(folder, 'lock'));
  // Whoever was about to take it over was killed, too.
  symlinkSync(`${ended} ${hostname()} 00000001`, join(folder, 'lock-over'));
  const start = performance.now();
  await withLock(join(folder, 'lock'), context, async () => {});
  expect(performance.now() - start).toBeLessThan(1000);
  for (let round = 0; round < 15; round++) {
    symlinkSync(`${ended} ${hostname()} 00000002`, join(folder, 'lock'));
    expect(await most(join(folder, 'lock'))).toBe(1);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock of another machine is waited for while it moves', async () => {
  const lock = join(makeDirectory(), 'lock');
  symlinkSync(`${ended} elsewhere 00000000`, lock);
  const interruption = new AbortController();
  const waiting = withLock(lock, { ...context, signal: interruption.signal }, async () => 'taken').catch(({ name }) => name);
  expect(await Promise.race([waiting, setTimeout(300, 'waits')])).toBe('waits');
  interruption.abort();
  expect(await waiting).toBe('AbortError');
});

test('an old file in its place, as earlier versions wrote it, is taken over', async () => {
  const lock = join(makeDirectory(), 'lock');
  writeFileSync(lock, '1 here');
  utimesSync(lock, 0, 0);
  expect(await withLock(lock, context, async () => 'taken')).toBe('taken');
});
