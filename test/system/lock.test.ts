import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { claimsIn, removeClaim, type Timing, Watch } from '../../src/system/claim.js';
import { acquire, withLock } from '../../src/system/lock.js';
import { failureOf, makeDirectory, testContext } from '../support.js';
import { holder } from './holder.js';

const context = testContext();
setMaxListeners(0, context.signal);
/** The number of a process that has ended. */
const ended = spawnSync('true').pid;
/** For owners that do not move at all, so that no machine is too slow for it. */
const quick: Timing = { beat: 20, silence: 200, poll: 10 };
/** For owners that move: none of a busy machine rests so long. */
const patient: Timing = { beat: 20, silence: 60_000, poll: 10 };

afterEach(() => void vi.restoreAllMocks());

/** The claim in a lock, by its name. */
const nameIn = (lock: string) => readdirSync(lock).join();

/** The name of a claim of a process of this machine, or of another place. */
async function claimOf(pid: number, place?: string): Promise<string> {
  const lock = join(makeDirectory(), 'lock');
  const name = await withLock(lock, context, async () => nameIn(lock));
  return name.replace(/^\d+-(\w+)/, (_, here) => `${pid}-${place ?? here}`);
}

function leave(lock: string, claim: string): void {
  mkdirSync(lock);
  writeFileSync(join(lock, claim), '');
}

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
  const lock = join(folder, 'lock');
  const claim = await claimOf(ended);
  // Whoever was about to take it was killed, too; and one that was about to give it back.
  leave(join(folder, 'lock~00000000'), claim);
  for (let round = 0; round < 6; round++) {
    if (round > 0) leave(lock, claim);
    else mkdirSync(lock);
    expect(await most(lock)).toBe(1);
  }
  expect(readdirSync(folder)).toEqual([]);
});

describe('an owner that was', () => {
  /** Takes the lock of an owner that does nothing. */
  async function taken(lock: string) {
    const own = await acquire(lock, context, quick);
    return { own, name: nameIn(lock) };
  }

  test('stopped loses the lock, and learns it before it publishes', async () => {
    const lock = join(makeDirectory(), 'lock');
    const { child, said } = await holder(lock);
    child.kill('SIGSTOP');
    const { own } = await taken(lock);
    child.stdin?.write('\n');
    child.kill('SIGCONT');
    expect(await said(3)).toEqual(['holds', 'cannot-write', 'knows']);
    await own.check();
    await own.release();
  });

  test('blocked, too', async () => {
    const folder = makeDirectory();
    const lock = join(folder, 'lock');
    const { said } = await holder(lock, join(folder, 'gate'));
    const { own, name } = await taken(lock);
    writeFileSync(join(folder, 'gate'), '');
    expect(await said(3)).toEqual(['holds', 'cannot-write', 'knows']);
    // The lock of the other one is not given back by its old owner.
    expect(nameIn(lock).split('.')[0]).toBe(name.split('.')[0]);
    await own.check();
    await own.release();
    expect(readdirSync(folder)).toEqual(['gate']);
  });
});

describe('an owner that moves keeps the lock', () => {
  async function expectKept(lock: string, move: () => Promise<unknown>) {
    const interruption = new AbortController();
    const waiting = withLock(lock, { signal: interruption.signal }, async () => 'taken', patient).catch(({ name }) => name);
    for (let moves = 0; moves < 30; moves++) await move();
    expect(await Promise.race([waiting, setImmediate('waits')])).toBe('waits');
    interruption.abort();
    expect(await waiting).toBe('AbortError');
  }

  test('whatever the clock of the other one says', async () => {
    const lock = join(makeDirectory(), 'lock');
    const own = await acquire(lock, context, patient);
    const now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000);
    await expectKept(lock, () => setTimeout(10));
    vi.spyOn(Date, 'now').mockImplementation(() => now - 60_000);
    await expectKept(lock, () => setTimeout(10));
    await own.check();
    await own.release();
  });

  test('whether or not its number is one of this PID namespace', async () => {
    const lock = join(makeDirectory(), 'lock');
    const claim = await claimOf(ended, '0'.repeat(12));
    leave(lock, claim);
    let beats = 0;
    const at = (beat: number) => join(lock, claim.replace(/\d+$/, String(beat)));
    await expectKept(lock, async () => {
      renameSync(at(beats), at(++beats));
      await setTimeout(5);
    });
    expect(await withLock(lock, context, async () => 'taken', quick)).toBe('taken');
  });

  test('also if it moves in the moment in which it is judged', async () => {
    const lock = join(makeDirectory(), 'lock');
    const own = await acquire(lock, context, patient);
    const [claim] = (await claimsIn(lock)) ?? [];
    await own.check();
    if (claim) await removeClaim(claim);
    await own.check();
    await own.release();
  });
});

test('time in which nobody looked does not count', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const watch = new Watch({ beat: 2000, silence: 1000, poll: 50 });
  const claims = [{ path: 'a' }];
  expect(watch.silent(claims)).toEqual([]);
  // This process was stopped for an hour.
  now += 3_600_000;
  expect(watch.silent(claims)).toEqual([]);
  let looks = 0;
  for (; watch.silent(claims).length === 0; looks++) now += 50;
  expect(looks).toBeGreaterThan(15);
  // One that has moved begins anew.
  expect(watch.silent([{ path: 'b' }])).toEqual([]);
});

test('a lock that was lost is not given back, and says so', async () => {
  const lock = join(makeDirectory(), 'lock');
  const own = await acquire(lock, context, patient);
  renameSync(lock, `${lock}.elsewhere`);
  leave(lock, await claimOf(ended));
  expect(await failureOf(() => own.check())).toMatchObject({ code: 'cannot-write', path: dirname(lock) });
  await own.release();
  expect(readdirSync(lock)).toHaveLength(1);
});

test('a link or a file in its place, as earlier versions made them, is taken over', async () => {
  for (const make of [(lock: string) => symlinkSync('1 here 00000000', lock), (lock: string) => writeFileSync(lock, '1 here')]) {
    const lock = join(makeDirectory(), 'lock');
    make(lock);
    expect(await withLock(lock, context, async () => 'taken', quick)).toBe('taken');
  }
});

test('a lock whose directory is missing is an error', async () => {
  await expect(acquire(join(makeDirectory(), 'nowhere/lock'), context)).rejects.toThrow('ENOENT');
});
