import { appendFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { failWrite } from '../errors.js';
import { sha256, sha256OfFile } from '../system/digest.js';
import { renameSynced } from '../system/durable.js';
import { acquire, type Lock } from '../system/lock.js';
import { writeAtomic } from '../system/stage.js';
import { hold } from './holds.js';

/**
 * Bundles on disk, by their content: `bundles/<sha256>.tgz`. `urls/<key>` remembers which content a URL or a release had,
 * `names/<sha256>` the names of a content, `parts/` holds what is incomplete, `locks/` lets one process at a time download a
 * URL, `holds/` says which process works with which content.
 */
export class Cache {
  constructor(readonly directory: string) {}

  /** The file name of a URL or a release in the cache. */
  static key(identity: string): string {
    return sha256(identity).slice(0, 32);
  }

  part(key: string): string {
    return join(this.directory, 'parts', `${key}.part`);
  }

  /** The digest of what a URL had when it was last downloaded. */
  async digestOf(key: string): Promise<string | undefined> {
    const text = await readFile(join(this.directory, 'urls', key), 'utf8').catch(() => '');
    return /^[0-9a-f]{64}$/.test(text.trim()) ? text.trim() : undefined;
  }

  /**
   * A bundle by its digest, read again before it is handed out; a corrupt one is discarded. It stays there as long as this
   * process runs.
   * @returns its path, or undefined if it is not there
   */
  async get(digest: string, context: Context): Promise<string | undefined> {
    const path = this.#content(digest);
    await hold(this.directory, digest);
    // `prune` puts aside what it removes, and then looks for holds: what is still there is not removed any more.
    await rename(`${path}.pruned`, path).catch(() => {});
    const isThere = await stat(path).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (!isThere) return undefined;
    if ((await sha256OfFile(path, context.signal)) === digest) {
      // When it was last used: a cache that cannot be written is not pruned either.
      await utimes(path, new Date(), new Date()).catch(() => {});
      return path;
    }
    context.warn(`${path} is corrupt; discarding it`);
    await rm(path, { force: true });
    return undefined;
  }

  /**
   * Adds a complete part, which is flushed and whose digest is that of what is on the disk.
   * @param lock that of the key
   * @returns its path
   */
  async put(part: string, { key, sha256, lock }: { key: string; sha256: string; lock: Lock }): Promise<string> {
    const path = this.#content(sha256);
    await hold(this.directory, sha256);
    return this.#writing(path, async () => {
      await lock.check();
      await renameSynced(part, path);
      await rm(`${part}.json`, { force: true });
      const index = join(this.directory, 'urls', key);
      // Under the key's lock there is no other; what a killed process left is overwritten.
      const beside = `${part}.url`;
      await writeFile(beside, sha256, { flush: true });
      await lock.check();
      await renameSynced(beside, index);
      return path;
    });
  }

  /** Notes what a content is: a release, by which it is found again, or a URL. @throws cannot-write */
  async note(sha256: string, identity: string, context: Context): Promise<void> {
    const index = join(this.directory, 'urls', Cache.key(identity));
    await writeAtomic(index, sha256, context);
    const names = join(this.directory, 'names', sha256);
    await this.#writing(names, async () => {
      await mkdir(join(this.directory, 'names'), { recursive: true });
      await appendFile(names, `${identity}\n`);
    });
  }

  /** Does some work while no other process does it for the same key. @throws cannot-write if the cache cannot be written */
  async locked<T>(key: string, context: Context, work: (lock: Lock) => Promise<T>): Promise<T> {
    const path = join(this.directory, 'locks', key);
    await this.#writing(this.directory, () =>
      Promise.all(['bundles', 'urls', 'parts', 'locks'].map((name) => mkdir(join(this.directory, name), { recursive: true }))),
    );
    const lock = await acquire(path, context).catch((error) => failWrite(path, error));
    return work(lock).finally(lock.release);
  }

  #content(sha256: string): string {
    return join(this.directory, 'bundles', `${sha256}.tgz`);
  }

  async #writing<T>(path: string, work: () => Promise<T>): Promise<T> {
    return work().catch((error: NodeJS.ErrnoException) => failWrite(error.path ?? path, error));
  }
}
