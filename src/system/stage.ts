import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { failWrite } from '../errors.js';
import { defaultTiming, OwnClaim, type Timing } from './claim.js';
import { renameSynced, syncDirectory, syncFile } from './durable.js';
import { refuseInput } from './inputs.js';
import { keepAlive, type Lock, lockName } from './lock.js';
import { removeFiles, sweep, watchStage } from './sweep.js';

/** A directory of this process alone, on the disk of another one, where files are written before they are moved there. */
export interface StagingDir {
  path: string;
  /** The other directory does not exist yet: this one is its sibling and can become it. */
  isSibling: boolean;
  /** Writes a file of the stage. @throws cannot-write, with the place that the file is meant for */
  write<T>(name: string, work: (path: string) => Promise<T>): Promise<T>;
  /** Flushes all that is written to the disk. */
  flush(): Promise<void>;
  /** Puts the stage in the place of the other directory. Rejects with the system's error. */
  become(): Promise<void>;
}

/**
 * Does work with a stage for a directory, which is gone afterwards. Stages that killed processes have left there are removed
 * first; one whose owner the process table does not know is watched meanwhile, and removed if it does not move. If the work
 * fails, so are the directories that were made for it, but for what others have put there.
 *
 * @throws cannot-write, for the system's errors of the work, too
 */
export async function withStagingDir<T>(
  directory: string,
  context: Pick<Context, 'signal'>,
  work: (stage: StagingDir) => Promise<T>,
  timing: Timing = defaultTiming,
): Promise<T> {
  const isSibling = await lstat(directory).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  const near = isSibling ? dirname(directory) : directory;
  const made = await makeDirectories(near).catch((error) => failWrite(near, error));
  try {
    const suspects = await sweep([resolve(directory), dirname(resolve(directory))]);
    const sweeping = Promise.all(suspects.map((suspect) => watchStage(suspect, context, timing).catch(() => {})));
    const stage = await Stage.make(directory, near, isSibling).catch((error) => failWrite(directory, error));
    try {
      return await work(stage).catch((error) => failWrite(directory, error));
    } finally {
      await stage.dispose().catch(() => {});
      await sweeping;
    }
  } catch (error) {
    if (made !== undefined) await removeEmpty(near, made);
    throw error;
  }
}

class Stage implements StagingDir {
  readonly #lock: Lock;

  private constructor(
    /** What it is a stage for. */
    readonly directory: string,
    readonly path: string,
    readonly isSibling: boolean,
    readonly claim: OwnClaim,
  ) {
    this.#lock = keepAlive(claim);
  }

  static async make(directory: string, near: string, isSibling: boolean): Promise<Stage> {
    for (;;) {
      const path = join(near, `${lockName}-${randomBytes(4).toString('hex')}`);
      await mkdir(path);
      try {
        return new Stage(directory, path, isSibling, await OwnClaim.make(join(path, lockName)));
      } catch (error) {
        await rmdir(path).catch(() => {});
        // Another process may have swept it away while it had no claim.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  write<T>(name: string, work: (path: string) => Promise<T>): Promise<T> {
    return work(join(this.path, name)).catch((error) => failWrite(join(this.directory, name), error));
  }

  async flush(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => name !== lockName);
    await Promise.all(names.map((name) => this.write(name, syncFile)));
    await syncDirectory(this.path);
  }

  async become(): Promise<void> {
    // Its claim comes along; as long as it is there it is the directory's lock.
    await this.claim.move(join(this.directory, lockName), () => rename(this.path, this.directory));
    await syncDirectory(dirname(this.directory));
  }

  async dispose(): Promise<void> {
    await removeFiles(this.path).catch(() => {});
    await this.#lock.release();
    // A write that was interrupted may make its file a moment later.
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Makes a directory and those above it, for good. @returns the first that it made */
async function makeDirectories(path: string): Promise<string | undefined> {
  const first = await mkdir(path, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    // On a read-only file system Node reports ENOENT for that; mkdir(2) itself gives the cause.
    if (error.code === 'ENOENT' && error.path !== undefined) await mkdir(error.path);
    throw error;
  });
  const [top, bottom] = [resolve(first ?? path), resolve(path)];
  for (let made = bottom; first !== undefined && made.startsWith(top); made = dirname(made)) await syncDirectory(dirname(made));
  return first;
}

/**
 * Writes one file, whole or not at all, making its directory.
 *
 * @param lock is checked before
 * @throws usage if it is an input, cannot-write
 */
export async function writeAtomic(
  path: string,
  content: string | Buffer,
  context: Pick<Context, 'signal' | 'inputs'>,
  lock?: Lock,
): Promise<void> {
  await refuseInput(path, context);
  const directory = dirname(path);
  await withStagingDir(directory, context, (stage) =>
    stage.write(basename(path), async (beside) => {
      await writeFile(beside, content, { flush: true });
      await mkdir(directory, { recursive: true });
      await lock?.check();
      await renameSynced(beside, path);
    }),
  );
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
