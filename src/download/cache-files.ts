import { readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { failWrite } from '../errors.js';
import { acquire, type Lock } from '../system/lock.js';
import { heldContents } from './holds.js';

/** A file of the cache. */
export interface CachedFile {
  path: string;
  kind: 'bundle' | 'part' | 'log' | 'verdict' | 'code';
  /** Releases and URLs, as far as they were noted; of a verdict the kernel, and what it says. */
  names: string[];
  sha256?: string;
  bytes: number;
  /** When it was last used, in milliseconds. */
  used: number;
  /** A running process works with it. */
  inUse: boolean;
}

/** How long to wait for a lock until it counts as one that a running process has, in milliseconds. */
const patience = 300;
/** Logs that may be written to at this moment, and verdicts that a run may show, are kept for as long, in milliseconds. */
const freshLog = 3_600_000;

/** The files in the cache, the last used first. */
export async function listCacheFiles(context: Context): Promise<CachedFile[]> {
  const { cacheDir } = context;
  const held = await heldContents(cacheDir);
  const bundles = await bundlesIn(cacheDir);
  const parts = await filesIn(join(cacheDir, 'parts'), /^[0-9a-f]{32}\.part$/);
  const logs = await filesIn(join(cacheDir, 'logs'), /\.log$/);
  const verdicts = await filesIn(join(cacheDir, 'verdicts'), /^[0-9a-f]{64}\.json$/);
  const code = await filesIn(join(cacheDir, 'code'), /^[0-9a-f]{64}\.bin$/);
  const files = await Promise.all([
    ...bundles.map(async ({ name, ...file }): Promise<CachedFile> => {
      const sha256 = name.slice(0, 64);
      return { ...file, kind: 'bundle', names: await namesOf(cacheDir, sha256), sha256, inUse: held.has(sha256) };
    }),
    ...parts.map(async ({ name, ...file }): Promise<CachedFile> => {
      return { ...file, kind: 'part', names: [], inUse: await isLocked(lockOf(cacheDir, name), context) };
    }),
    ...code.map(async ({ name: _, ...file }): Promise<CachedFile> => ({ ...file, kind: 'code', names: [], inUse: false })),
    ...logs.map(async ({ name: _, ...file }): Promise<CachedFile> => {
      return { ...file, kind: 'log', names: [], inUse: Date.now() - file.used < freshLog };
    }),
    ...verdicts.map(async ({ name: _, ...file }): Promise<CachedFile> => {
      const sizes = await Promise.all(logsOf(file.path).map(sizeOf));
      const bytes = sizes.reduce((sum, size) => sum + size, file.bytes);
      return { ...file, bytes, kind: 'verdict', names: await verdictNames(file.path), inUse: Date.now() - file.used < freshLog };
    }),
  ]);
  return files.sort((a, b) => b.used - a.used);
}

/**
 * Removes a file of the cache, unless a process works with it.
 * @returns whether it is gone
 * @throws cannot-write
 */
export async function removeCacheFile(file: CachedFile, context: Context): Promise<boolean> {
  const { path, kind, sha256 = '' } = file;
  try {
    if (kind === 'part') return await removePart(path, context);
    if (kind === 'bundle') return await removeBundle(path, sha256, context);
    // The verdict before its logs: without them it would be none.
    for (const file of [path, ...(kind === 'verdict' ? logsOf(path) : [])]) await rm(file, { force: true });
    return true;
  } catch (error) {
    return failWrite(path, error);
  }
}

/**
 * It is put aside first: a process that holds it from then on takes it back, or finds it gone; one that has held it before is
 * seen here.
 */
async function removeBundle(path: string, sha256: string, { cacheDir }: Context): Promise<boolean> {
  const whole = path.replace(/\.pruned$/, '');
  const aside = `${whole}.pruned`;
  if (path !== aside) await rename(whole, aside);
  if ((await heldContents(cacheDir)).has(sha256)) {
    await rename(aside, whole).catch(() => {});
    return false;
  }
  const isGone = await unlink(aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : failWrite(aside, error)),
  );
  if (isGone) await rm(join(cacheDir, 'names', sha256), { force: true });
  return isGone;
}

async function removePart(path: string, context: Context): Promise<boolean> {
  const lock = await tryLock(lockOf(context.cacheDir, path.replace(/^.*\//, '')), context);
  if (lock === undefined) return false;
  try {
    await Promise.all(['', '.json', '.url', '.own'].map((end) => rm(`${path}${end}`, { force: true })));
    return true;
  } finally {
    await lock.release();
  }
}

/** Removes what only points to contents that are gone, or belongs to them: what URLs had, logs of verdicts, locks of processes that have ended. */
export async function removeLeftovers(context: Context): Promise<void> {
  const { cacheDir } = context;
  const bundles = await bundlesIn(cacheDir);
  const contents = new Set(bundles.map(({ name }) => name.slice(0, 64)));
  for (const { path } of await filesIn(join(cacheDir, 'urls'), /^[0-9a-f]{32}$/)) {
    const digest = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (!contents.has(digest)) await rm(path, { force: true }).catch((error) => failWrite(path, error));
  }
  const [logs, verdicts] = await Promise.all([/\.log$/, /\.json$/].map((ours) => filesIn(join(cacheDir, 'verdicts'), ours)));
  const kept = new Set(verdicts?.flatMap(({ path }) => logsOf(path)));
  // A log is written before its verdict.
  const isLost = ({ path, used }: Found) => !kept.has(path) && Date.now() - used > freshLog;
  for (const { path } of logs?.filter(isLost) ?? []) await rm(path, { force: true }).catch((error) => failWrite(path, error));
  const locks = await readdir(join(cacheDir, 'locks')).catch((): string[] => []);
  for (const name of locks.filter((name) => /^[0-9a-f]{32}$/.test(name))) await isLocked(join(cacheDir, 'locks', name), context);
}

/** The bundles, those that `prune` has put aside, too. */
function bundlesIn(cacheDir: string): Promise<Found[]> {
  return filesIn(join(cacheDir, 'bundles'), /^[0-9a-f]{64}\.tgz(\.pruned)?$/);
}

/** The lock of a part: that of its key. */
function lockOf(cacheDir: string, part: string): string {
  return join(cacheDir, 'locks', part.slice(0, 32));
}

async function isLocked(lock: string, context: Context): Promise<boolean> {
  const own = await tryLock(lock, context);
  await own?.release();
  return own === undefined;
}

/** Acquires a lock if no running process has it. */
async function tryLock(lock: string, context: Context): Promise<Pick<Lock, 'release'> | undefined> {
  // Not AbortSignal.timeout: what only AbortSignal.any knows of is collected as garbage before its time (Node 20), and never fires.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), patience);
  return acquire(lock, { signal: AbortSignal.any([context.signal, limit.signal]) })
    .catch((error) => {
      context.signal.throwIfAborted();
      // Without the directory of locks nobody has one.
      return error.code === 'ENOENT' ? { release: async () => {} } : undefined;
    })
    .finally(() => clearTimeout(timer));
}

async function namesOf(cacheDir: string, sha256: string): Promise<string[]> {
  const text = await readFile(join(cacheDir, 'names', sha256), 'utf8').catch(() => '');
  return [...new Set(text.split('\n').filter((line) => line !== ''))];
}

/** The logs beside a verdict. */
function logsOf(verdict: string): string[] {
  return ['.log', '.console.log'].map((end) => verdict.replace(/\.json$/, end));
}

/** Which kernel a verdict is of, and what it says. */
async function verdictNames(path: string): Promise<string[]> {
  try {
    const { target, release, status } = JSON.parse(await readFile(path, 'utf8')).verdict;
    return [`${target} (${release}) ${status}`];
  } catch {
    return [];
  }
}

async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.size ?? 0;
}

interface Found {
  name: string;
  path: string;
  bytes: number;
  used: number;
}

/** The files of a directory whose names are ours; others are left alone. */
async function filesIn(directory: string, ours: RegExp): Promise<Found[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && ours.test(entry.name))
      .map(async ({ name }): Promise<Found[]> => {
        const path = join(directory, name);
        // Another process may have removed it meanwhile.
        const stats = await stat(path).catch(() => undefined);
        return stats ? [{ name, path, bytes: stats.size, used: stats.mtimeMs }] : [];
      }),
  );
  return found.flat();
}
