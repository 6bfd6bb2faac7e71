import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { fail, failWrite, MftPatchError, messageOf } from '../errors.js';
import { asJson } from '../system/json.js';
import { lockName, withLock } from '../system/lock.js';
import { writeAtomic } from '../system/stage.js';
import type { Lockfile } from './lockfile-schema.js';

/**
 * Reads `mft-patch.lock` of the working directory, which is made to be committed.
 * @throws bad-catalogue if the file exists and is not one
 */
async function readLockfile(path: string): Promise<Lockfile> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    return fail({ code: 'bad-catalogue', file: path, detail: messageOf(error) }, error);
  });
  // An empty one is what a crash of the machine, or `touch`, leaves: nothing is pinned in it.
  if (text === undefined || text.trim() === '') return { version: 1, bundles: {} };
  const [{ parseDataFile }, { lockfile }] = await Promise.all([import('../system/data-file.js'), import('./lockfile-schema.js')]);
  try {
    return parseDataFile(lockfile, path, text);
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'bad-catalogue') throw error;
    const name = /^[\w./+~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
    const hint = `restore it (git checkout ${name}), or remove it (rm ${name}): then the digests are recorded again at the next download`;
    return fail({ ...error.failure, hint }, error);
  }
}

/** The digest that the lockfile has for a bundle, by its file name. */
export async function pinnedDigest(path: string, name: string): Promise<string | undefined> {
  const { bundles } = await readLockfile(path);
  return Object.hasOwn(bundles, name) ? bundles[name]?.sha256 : undefined;
}

/** Writes a bundle's digest into the lockfile; later downloads must match. @throws cannot-write */
export async function pinDigest(path: string, file: { name: string; url: string; sha256: string }, context: Context): Promise<void> {
  const { name, url, sha256 } = file;
  await withLock(join(dirname(path), lockName), context, async (lock) => {
    const { bundles } = await readLockfile(path);
    const sorted = Object.entries({ ...bundles, [name]: { url, sha256 } }).sort(([a], [b]) => (a < b ? -1 : 1));
    await writeAtomic(path, asJson({ version: 1, bundles: Object.fromEntries(sorted) }), context, lock);
  }).catch((error) => failWrite(path, error));
}
