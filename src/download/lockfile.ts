import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { cannotWrite, fail, wordsOf } from '../errors.js';
import { lockName, whileLocked } from '../system/lock.js';
import { writeWhole } from '../system/stage.js';

/**
 * `mft-patch.lock` in the working folder, made to be committed: the SHA-256 of bundles for which the catalogue knows
 * none, as their first download had it.
 */
interface LockFile {
  version: 1;
  bundles: Record<string, { url: string; sha256: string }>;
}

/** @throws bad-catalogue if the file is there and cannot be understood */
async function readLock(path: string): Promise<LockFile> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    return fail({ code: 'bad-catalogue', file: path, detail: wordsOf(error) }, error);
  });
  if (text === undefined) return { version: 1, bundles: {} };
  const bad = (detail: string) => fail({ code: 'bad-catalogue', file: path, detail });
  let lock: LockFile;
  try {
    lock = JSON.parse(text);
  } catch (error) {
    return bad(wordsOf(error));
  }
  if (lock?.version !== 1 || typeof lock.bundles !== 'object')
    bad("is not a lock file of this program: it needs 'version': 1 and 'bundles'");
  for (const [name, entry] of Object.entries(lock.bundles)) {
    if (!/^[0-9a-f]{64}$/.test(entry?.sha256)) bad(`${name} has no SHA-256`);
  }
  return lock;
}

/** The digest that the lock file holds for a bundle, by its file name. */
export async function lockedDigest(path: string, name: string): Promise<string | undefined> {
  const { bundles } = await readLock(path);
  return Object.hasOwn(bundles, name) ? bundles[name]?.sha256 : undefined;
}

/** Writes a bundle's digest into the lock file, from when on it must match. @throws cannot-write */
export async function lockDigest(path: string, name: string, url: string, sha256: string, context: Context): Promise<void> {
  await whileLocked(join(dirname(path), lockName), context, async () => {
    const { bundles } = await readLock(path);
    const sorted = Object.entries({ ...bundles, [name]: { url, sha256 } }).sort(([a], [b]) => (a < b ? -1 : 1));
    await writeWhole(path, `${JSON.stringify({ version: 1, bundles: Object.fromEntries(sorted) }, null, 2)}\n`, context);
  }).catch((error) => cannotWrite(path, error));
}
