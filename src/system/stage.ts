import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { cannotWrite } from '../errors.js';
import { isAbandoned, lockName, take, whileLocked } from './lock.js';

/** A folder of this process alone, on the disk of another, where files are written before they are moved to that one. */
export interface Stage {
  path: string;
  /** The other folder is not there yet: the stage lies beside it and can become it. */
  isBeside: boolean;
  /** Writes a file of the stage. @throws cannot-write, with the place that the file is meant for */
  write<T>(name: string, work: (path: string) => Promise<T>): Promise<T>;
}

const stageName = /^\.mft-patch-[0-9a-f]{8}$/;

/**
 * Does work with a stage for a folder, which is gone afterwards. Stages that killed processes have left there are removed
 * first. If the work fails, so are the folders that were made for it, but for what others have put there.
 *
 * @throws cannot-write, for the system's errors of the work, too
 */
export async function staged<T>(folder: string, context: Pick<Context, 'signal'>, work: (stage: Stage) => Promise<T>): Promise<T> {
  const isBeside = await lstat(folder).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  const near = isBeside ? dirname(folder) : folder;
  const made = await mkdir(near, { recursive: true }).catch((error) => cannotWrite(near, error));
  try {
    await sweep(folder, context);
    await sweep(dirname(resolve(folder)), context);
    const { path, release } = await makeStage(near, context).catch((error) => cannotWrite(folder, error));
    const write = <T>(name: string, work: (path: string) => Promise<T>) =>
      work(join(path, name)).catch((error) => cannotWrite(join(folder, name), error));
    try {
      return await work({ path, isBeside, write }).catch((error) => cannotWrite(folder, error));
    } finally {
      await dispose(path, release).catch(() => {});
    }
  } catch (error) {
    if (made !== undefined) await removeEmpty(near, made);
    throw error;
  }
}

/** Writes one file, whole or not at all, making its folder. @throws cannot-write */
export async function writeWhole(path: string, text: string, context: Pick<Context, 'signal'>): Promise<void> {
  const folder = dirname(path);
  await staged(folder, context, (stage) =>
    stage.write(basename(path), async (beside) => {
      await writeFile(beside, text);
      await mkdir(folder, { recursive: true });
      await rename(beside, path);
    }),
  );
}

async function makeStage(near: string, context: Pick<Context, 'signal'>): Promise<{ path: string; release: () => Promise<void> }> {
  for (;;) {
    const path = join(near, `${lockName}-${randomBytes(4).toString('hex')}`);
    await mkdir(path);
    try {
      return { path, release: await take(join(path, lockName), context) };
    } catch (error) {
      await rmdir(path).catch(() => {});
      // Another process may have swept it away while it was empty.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Removes a stage, its lock last: wherever this is cut short, what is left says that it is abandoned. */
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

/** Removes what killed processes have left in a folder, as far as that can be done. */
async function sweep(folder: string, context: Pick<Context, 'signal'>): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  // The folder's lock is taken over by whoever wants it next; nobody wants that of a process killed while it took one over.
  const over = join(folder, `${lockName}-over`);
  if (names.includes(basename(over))) await whileLocked(over, context, async () => {}).catch(() => {});
  for (const name of names.filter((name) => stageName.test(name))) await sweepStage(join(folder, name)).catch(() => {});
}

async function sweepStage(path: string): Promise<void> {
  // In a folder that others may write to, as /tmp, theirs may be a trap.
  if ((await lstat(path)).uid !== process.getuid?.()) return;
  const abandoned = await isAbandoned(path);
  if (abandoned) await dispose(path, () => rm(join(path, lockName), { force: true }));
  // One without a lock was only begun, or is all but gone.
  if (abandoned === undefined) await rmdir(path);
}

/** Removes the folders that were made, from `folder` up to `top`, but for what another process has put there since. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  for (let path = resolve(folder); path.startsWith(resolve(top)); path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
