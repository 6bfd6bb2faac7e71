import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { failWrite } from '../errors.js';
import { acquire, isAbandoned, lockName, withLock } from './lock.js';

/** A directory of this process alone, on the disk of another one, where files are written before they are moved there. */
export interface StagingDir {
  path: string;
  /** The other directory does not exist yet: this one is its sibling and can become it. */
  isSibling: boolean;
  /** Writes a file of the stage. @throws cannot-write, with the place that the file is meant for */
  write<T>(name: string, work: (path: string) => Promise<T>): Promise<T>;
}

const stageName = /^\.mft-patch-[0-9a-f]{8}$/;

/**
 * Does work with a stage for a directory, which is gone afterwards. Stages that killed processes have left there are removed
 * first. If the work fails, so are the directories that were made for it, but for what others have put there.
 *
 * @throws cannot-write, for the system's errors of the work, too
 */
export async function withStagingDir<T>(
  directory: string,
  context: Pick<Context, 'signal'>,
  work: (stage: StagingDir) => Promise<T>,
): Promise<T> {
  const isSibling = await lstat(directory).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  const near = isSibling ? dirname(directory) : directory;
  const made = await makeDirectories(near).catch((error) => failWrite(near, error));
  try {
    await sweep(directory, context);
    await sweep(dirname(resolve(directory)), context);
    const { path, release } = await makeStage(near, context).catch((error) => failWrite(directory, error));
    const write = <T>(name: string, work: (path: string) => Promise<T>) =>
      work(join(path, name)).catch((error) => failWrite(join(directory, name), error));
    try {
      return await work({ path, isSibling, write }).catch((error) => failWrite(directory, error));
    } finally {
      await dispose(path, release).catch(() => {});
    }
  } catch (error) {
    if (made !== undefined) await removeEmpty(near, made);
    throw error;
  }
}

/** Makes a directory and those above it. @returns the first that it made */
async function makeDirectories(path: string): Promise<string | undefined> {
  return mkdir(path, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    // On a read-only file system Node reports ENOENT for that; mkdir(2) itself gives the cause.
    if (error.code === 'ENOENT' && error.path !== undefined) await mkdir(error.path);
    throw error;
  });
}

/** Writes one file, whole or not at all, making its directory. @throws cannot-write */
export async function writeAtomic(path: string, text: string, context: Pick<Context, 'signal'>): Promise<void> {
  const directory = dirname(path);
  await withStagingDir(directory, context, (stage) =>
    stage.write(basename(path), async (beside) => {
      await writeFile(beside, text);
      await mkdir(directory, { recursive: true });
      await rename(beside, path);
    }),
  );
}

async function makeStage(near: string, context: Pick<Context, 'signal'>): Promise<{ path: string; release: () => Promise<void> }> {
  for (;;) {
    const path = join(near, `${lockName}-${randomBytes(4).toString('hex')}`);
    await mkdir(path);
    try {
      return { path, release: await acquire(join(path, lockName), context) };
    } catch (error) {
      await rmdir(path).catch(() => {});
      // Another process may have swept it away while it was empty.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Removes a stage, its lock last: wherever this is interrupted, what is left shows that it is abandoned. */
async function dispose(path: string, release: () => Promise<void>): Promise<void> {
  try {
    const names = (await readdir(path)).filter((name) => name !== lockName);
    await Promise.all(names.map((name) => rm(join(path, name), { force: true })));
  } finally {
    await release();
    // A write that was interrupted may make its file a moment later.
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes what killed processes have left in a directory, as far as that can be done. */
async function sweep(directory: string, context: Pick<Context, 'signal'>): Promise<void> {
  const names = await readdir(directory).catch((): string[] => []);
  // The directory's lock is taken over by whoever wants it next; but not that of a process killed while it took one over.
  const over = join(directory, `${lockName}-over`);
  if (names.includes(basename(over))) await withLock(over, context, async () => {}).catch(() => {});
  for (const name of names.filter((name) => stageName.test(name))) await sweepStage(join(directory, name)).catch(() => {});
}

async function sweepStage(path: string): Promise<void> {
  // In a directory that others may write to, as /tmp, theirs may be a trap.
  if ((await lstat(path)).uid !== process.getuid?.()) return;
  const abandoned = await isAbandoned(path);
  if (abandoned) await dispose(path, () => rm(join(path, lockName), { force: true }));
  // One without a lock was only begun, or is all but gone.
  if (abandoned === undefined) await rmdir(path);
}

/** Removes the directories that were made, from `directory` up to `top`, but for what another process has put there since. */
async function removeEmpty(directory: string, top: string): Promise<void> {
  for (let path = resolve(directory); path.startsWith(resolve(top)); path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
