import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { cannotWrite } from '../errors.js';
import { take } from '../system/lock.js';
import { sha256OfFile } from '../system/digest.js';

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
    if ((await sha256OfFile(path, context.signal)) === sha256) return path;
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
      // Under the key's lock there is no other; what a killed process left is written over.
      const beside = `${part}.url`;
      await writeFile(beside, sha256);
      await rename(beside, index);
      return path;
    });
  }

  /** Does some work while no other process does it for the same key. @throws cannot-write if the cache cannot be written */
  async locked<T>(key: string, context: Context, work: () => Promise<T>): Promise<T> {
    const lock = join(this.folder, 'locks', key);
    await this.#writing(this.folder, () =>
      Promise.all(['bundles', 'urls', 'parts', 'locks'].map((name) => mkdir(join(this.folder, name), { recursive: true }))),
    );
    const release = await take(lock, context).catch((error) => cannotWrite(lock, error));
    return work().finally(release);
  }

  #content(sha256: string): string {
    return join(this.folder, 'bundles', `${sha256}.tgz`);
  }

  async #writing<T>(path: string, work: () => Promise<T>): Promise<T> {
    return work().catch((error: NodeJS.ErrnoException) => cannotWrite(error.path ?? path, error));
  }
}
