import { randomBytes } from 'node:crypto';
import { lstat, lutimes, readlink, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';

/** How often the owner of a lock shows that it lives, and after how long it counts as dead; milliseconds. */
const heartbeat = 2000;
const dead = 15_000;
const poll = 50;

/** The name of our lock in a directory: a directory with it is written to by one process, or belongs to that process alone. */
export const lockName = '.mft-patch';

/** The errors of a file system that has no symbolic links (symlink(2)): there, processes are not kept apart. */
const noLinks = ['EPERM', 'ENOTSUP', 'ENOSYS'];

/** Does some work while no other process does work under the same lock. @throws the system's error if it cannot be had */
export async function withLock<T>(lock: string, context: Pick<Context, 'signal'>, work: () => Promise<T>): Promise<T> {
  const release = await acquire(lock, context);
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Acquires a lock, waiting for it if need be. It is a symbolic link whose target names its owner, because such a link is there
 * at once with all that it says: a process killed while it acquires a lock leaves none or one that can be judged. The lock of a
 * process that has died is taken over: at once on the same machine, else when it has not moved for a while.
 *
 * @returns what gives it back
 * @throws the system's error if it cannot be had; what aborted the signal
 */
export async function acquire(lock: string, context: Pick<Context, 'signal'>): Promise<() => Promise<void>> {
  const owner = `${process.pid} ${hostname()} ${randomBytes(4).toString('hex')}`;
  for (;;) {
    context.signal.throwIfAborted();
    try {
      await symlink(owner, lock);
      break;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (noLinks.includes(code)) return async () => {};
      if (code !== 'EEXIST') throw error;
    }
    const other = await ownerOf(lock);
    if (other === undefined) continue;
    if (!(await isDead(lock, other))) await setTimeout(poll, undefined, { signal: context.signal });
    // Of several that find it abandoned, the last must not remove the lock that the first has taken since.
    else await withLock(`${lock}-over`, context, () => removeIfOf(lock, other));
  }
  const beat = setInterval(() => lutimes(lock, new Date(), new Date()).catch(() => {}), heartbeat);
  return async () => {
    clearInterval(beat);
    // One that cannot be removed is taken over when this process has ended.
    await removeIfOf(lock, owner).catch(() => {});
  };
}

/** Whether a directory is one that a process kept for itself, and that process has died; undefined if no lock says so. */
export async function isAbandoned(directory: string): Promise<boolean | undefined> {
  const lock = join(directory, lockName);
  const owner = await ownerOf(lock);
  return owner === undefined ? undefined : isDead(lock, owner);
}

async function removeIfOf(lock: string, owner: string): Promise<void> {
  if ((await ownerOf(lock)) === owner) await rm(lock);
}

/** The owner of a lock: empty if it is not a link of ours; undefined if there is no lock. */
async function ownerOf(lock: string): Promise<string | undefined> {
  return readlink(lock).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'EINVAL') return '';
    throw error;
  });
}

async function isDead(lock: string, owner: string): Promise<boolean> {
  const age = await lstat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  const [pid, host] = owner.split(' ');
  if (age > dead) return true;
  if (!pid || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
