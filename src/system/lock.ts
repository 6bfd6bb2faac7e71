import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';
import { claimsIn, defaultTiming, isRunning, OwnClaim, removeClaim, type Timing, Watch } from './claim.js';

/** The name of our lock in a directory: a directory with it is written to by one process, or belongs to that process alone. */
export const lockName = '.mft-patch';

/** A lock that this process holds. */
export interface Lock {
  /** Aborts, with the failure as its reason, when the process finds that it has lost the lock. */
  signal: AbortSignal;
  /** Before anything is published under the lock. @throws cannot-write if another process has taken it over */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Does some work while no other process does work under the same lock. @throws the system's error if it cannot be had */
export async function withLock<T>(
  path: string,
  context: Pick<Context, 'signal'>,
  work: (lock: Lock) => Promise<T>,
  timing?: Timing,
): Promise<T> {
  const lock = await acquire(path, context, timing);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

/**
 * Acquires a lock, waiting for it if need be. It is a directory with the claim of its owner in it, made elsewhere and renamed:
 * rename(2) replaces an empty directory and no other, so one process at a time has it. The claim of a process that has died is
 * removed: at once where the process table knows it, else when it has not moved for a while.
 *
 * The owner may not have died, but only have been stopped: what it publishes, it publishes after `check`.
 *
 * @throws the system's error if it cannot be had; what aborted the signal
 */
export async function acquire(path: string, context: Pick<Context, 'signal'>, timing: Timing = defaultTiming): Promise<Lock> {
  const watch = new Watch(timing);
  for (;;) {
    context.signal.throwIfAborted();
    const claims = await claimsIn(path);
    if (claims === undefined || claims.length === 0) {
      // Not every file system renames onto an empty directory; what another process has claimed meanwhile is not empty.
      if (claims) await rmdir(path).catch(() => {});
      const claim = await take(path);
      if (claim) {
        await sweepDrafts(path).catch(() => {});
        return keepAlive(claim, timing);
      }
    }
    const others = claims ?? [];
    const silent = watch.silent(others);
    const running = await Promise.all(others.map(isRunning));
    const dead = others.filter((claim, index) => running[index] === false || silent.includes(claim));
    await Promise.all(dead.map(removeClaim));
    if (dead.length === 0) await setTimeout(timing.poll, undefined, { signal: context.signal });
  }
}

/** @returns undefined if another process was faster */
async function take(path: string): Promise<OwnClaim | undefined> {
  const draft = `${path}~${randomBytes(4).toString('hex')}`;
  const claim = await OwnClaim.make(draft).catch(async (error: NodeJS.ErrnoException) => {
    // The owner of the lock has swept the draft away, if it could be made at all.
    if (error.code !== 'ENOENT' || error.syscall === 'mkdir') throw error;
  });
  if (claim === undefined) return undefined;
  try {
    await claim.move(path, () => rename(draft, path));
    return claim;
  } catch (error) {
    await claim.withdraw();
    const isTaken = ['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
    // Of a lock that is there, some file systems give other reasons.
    if (isTaken || (await claimsIn(path)) !== undefined) return undefined;
    throw error;
  }
}

/**
 * Removes what processes killed in `take` have left. One that is in it at this moment begins again: the lock is ours, so it
 * would not have got it. A draft is renamed first, lest it be renamed to the lock when it has no claim any more.
 */
async function sweepDrafts(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}~`)) continue;
    const draft = join(dirname(path), name);
    const gone = `${draft.replace(/~gone$/, '')}~gone`;
    await rename(draft, gone).catch(() => {});
    await rm(gone, { recursive: true, force: true });
  }
}

/** Keeps a claim alive: the lock that it stands for. */
export function keepAlive(claim: OwnClaim, timing: Timing = defaultTiming): Lock {
  const loss = new AbortController();
  const check = () =>
    claim.beat().catch((error) => {
      loss.abort(error);
      throw error;
    });
  const beat = setInterval(() => claim.beat().catch((error) => error.failure && loss.abort(error)), timing.beat);
  loss.signal.addEventListener('abort', () => clearInterval(beat));
  const release = async () => {
    clearInterval(beat);
    await claim.withdraw();
  };
  return { signal: loss.signal, check, release };
}
