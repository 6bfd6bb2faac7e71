import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { fail, failWrite, MftPatchError, messageOf } from '../errors.js';
import { asJson } from '../system/json.js';
import { type Lock, lockName, withLock } from '../system/lock.js';
import { writeAtomic } from '../system/stage.js';
import type { LockedFiles } from './lockfile-schema.js';
import { publicUrl } from './url.js';

/** What a file may be called in the lockfile. */
export interface LockedNames {
  /** What it is: a release of the vendor's, or else its URL. */
  identity: string;
  /** The URLs at which it may have been noted before it was known by its identity. */
  urls: string[];
  /** The vendor's file name for a release. */
  name?: string;
}

/** The digest that the lockfile has for a file. @throws bad-catalogue if the lockfile is not one */
export async function pinnedDigest(context: Context, { identity, urls, name }: LockedNames): Promise<string | undefined> {
  const files = await readLockfile(context);
  const found = [identity, ...urls, ...(name === undefined ? [] : [name])].find((key) => Object.hasOwn(files, key));
  return found === undefined ? undefined : files[found]?.sha256;
}

/** Writes a file's digest into the lockfile; later downloads must match. @throws cannot-write */
export async function pinDigest(file: { identity: string; url: string; sha256: string }, context: Context): Promise<void> {
  const { identity, url, sha256 } = file;
  const entry = identity === url ? { sha256 } : { url, sha256 };
  await whileWriting(context, async (lock) => {
    const files = { ...(await readLockfile(context)), [identity]: entry };
    const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
    await writeAtomic(context.lockfile, asJson({ version: 2, files: Object.fromEntries(sorted) }), context, lock);
  });
}

/** Makes sure that the lockfile can be written: better before a long download than after it. @throws cannot-write */
export function refuseUnwritable(context: Context): Promise<void> {
  return whileWriting(context, async () => {});
}

/** Work on the lockfile's directory under its lock, which is a file there itself. */
async function whileWriting(context: Context, work: (lock: Lock) => Promise<void>): Promise<void> {
  const { lockfile } = context;
  const hint = 'choose another file with --lock, or fix the permissions of its directory';
  await withLock(join(dirname(lockfile), lockName), context, work).catch((error) => {
    // What writing the file itself ends in has no word on --lock yet.
    const cause = error instanceof MftPatchError && error.failure.code === 'cannot-write' ? error.cause : error;
    failWrite(lockfile, cause, hint);
  });
}

/** What the lockfile, which is made to be committed, has. @throws bad-catalogue if the file exists and is not one */
async function readLockfile({ lockfile: path }: Context): Promise<LockedFiles> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    return fail({ code: 'bad-catalogue', file: path, detail: messageOf(error) }, error);
  });
  // An empty one is what a crash of the machine, or `touch`, leaves: nothing is pinned in it.
  if (text === undefined || text.trim() === '') return {};
  const [{ parseDataFile }, { lockfile }] = await Promise.all([import('../system/data-file.js'), import('./lockfile-schema.js')]);
  try {
    const parsed = parseDataFile(lockfile, path, text);
    return parsed.version === 2 ? parsed.files : byUrl(parsed.bundles);
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'bad-catalogue') throw error;
    const name = /^[\w./+~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
    const hint = `restore it (git checkout ${name}), or remove it (rm ${name}): then the digests are recorded again at the next download`;
    return fail({ ...error.failure, hint }, error);
  }
}

/**
 * The entries of version 1, which had them by file names alone, so that any file of a name answered for all: an entry vouches for
 * the URL that it notes and no other. Without one, as a person writes it, it is for the vendor's own release of that name.
 */
function byUrl(bundles: LockedFiles): LockedFiles {
  return Object.fromEntries(
    Object.entries(bundles).map(([name, { url, sha256 }]) => [url === undefined ? name : publicUrl(url), { sha256 }]),
  );
}
