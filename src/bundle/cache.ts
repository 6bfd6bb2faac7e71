import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';
import { fail, wordsOf } from '../errors.js';
import { sha256OfFile } from './digest.js';

/** How often the owner of a lock shows that it lives, and after how long it counts as dead; milliseconds. */
const heartbeat = 2000;
const dead = 15_000;
const poll = 100;

/**
 * Bundles on disk, by their content: `bundles/<sha256>.tgz`. `urls/<key>` remembers which content a URL had, `parts/`
 * holds what is not whole yet, `locks/` lets one process at a time download a URL.
 */
export class Cache {
  constructor(readonly folder: string) {}

  /** A URL's file name in the cache. */
  static key(url: string): string {
    return createHash('sha256').update(url).digest('hex').slice(0, 32);
  }

  part(key: string): string {
    return join(this.folder, 'parts', `${key}.part`);
  }

  /** The digest of what a URL had when it was last downloaded. */
  async digestOf(key: string): Promise<string | undefined> {
    const text = await readFile(join(this.folder, 'urls', key), 'utf8').catch(() => '');
    return /^[0-9a-f]{64}$/.test(text.trim()) ? text.trim() : undefined;
  }

  /**
   * A bundle by its digest, read again before it is handed out; a damaged one is thrown out.
   * @returns its path, or undefined if it is not there
   */
  async get(sha256: string, context: Context): Promise<string | undefined> {
    const path = this.#content(sha256);
    if (
      !(await stat(path).then(
        (s) => s.isFile(),
        () => false,
      ))
    )
      return undefined;
    if ((await sha256OfFile(path)) === sha256) return path;
    context.warn(`${path} is damaged; it is thrown out`);
    await rm(path, { force: true });
    return undefined;
  }

  /** Takes a whole part in. @returns its path */
  async put(part: string, key: string, sha256: string): Promise<string> {
    const path = this.#content(sha256);
    return this.#writing(path, async () => {
      await rename(part, path);
      await rm(`${part}.json`, { force: true });
      const index = join(this.folder, 'urls', key);
      const beside = `${index}.${randomBytes(4).toString('hex')}`;
      await writeFile(beside, sha256);
      await rename(beside, index);
      return path;
    });
  }

  /**
   * Does some work while no other process does it for the same key. The lock of a process that has died is taken over:
   * at once on the same machine, else when it has not moved for a while.
   */
  async locked<T>(key: string, context: Context, work: () => Promise<T>): Promise<T> {
    const lock = join(this.folder, 'locks', key);
    await this.#writing(this.folder, () =>
      Promise.all(['bundles', 'urls', 'parts', 'locks'].map((name) => mkdir(join(this.folder, name), { recursive: true }))),
    );
    await this.#writing(lock, () => take(lock, context));
    const beat = setInterval(() => utimes(lock, new Date(), new Date()).catch(() => {}), heartbeat);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      await rm(lock, { force: true });
    }
  }

  #content(sha256: string): string {
    return join(this.folder, 'bundles', `${sha256}.tgz`);
  }

  async #writing<T>(path: string, work: () => Promise<T>): Promise<T> {
    return work().catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      return fail({ code: 'cannot-write', path: error.path ?? path, detail: wordsOf(error) }, error);
    });
  }
}

async function take(lock: string, context: Context): Promise<void> {
  for (;;) {
    context.signal.throwIfAborted();
    const file = await open(lock, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (file) {
      await file.writeFile(`${process.pid} ${hostname()}`);
      return file.close();
    }
    if (await isAbandoned(lock)) {
      // Renamed first: of several processes that find it abandoned one gets to remove it.
      const grave = `${lock}.${randomBytes(4).toString('hex')}`;
      await rename(lock, grave).catch(() => {});
      await rm(grave, { force: true });
    } else {
      await setTimeout(poll, undefined, { signal: context.signal });
    }
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const [text, age] = await Promise.all([
    readFile(lock, 'utf8').catch(() => ''),
    stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    ),
  ]);
  const [pid, host] = text.split(' ');
  if (age > dead) return true;
  if (!pid || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
