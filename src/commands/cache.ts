import type { Context } from '../context.js';
import type { CacheDocument, CachePruneDocument } from '../documents/index.js';
import { type CachedFile, listCacheFiles, removeCacheFile, removeLeftovers } from '../download/cache-files.js';

export interface PruneRequest {
  /** Remove what was not used for longer, in seconds. */
  olderThan: number;
  dryRun: boolean;
}

/** Lists what is in the cache. */
export async function listCache(context: Context): Promise<CacheDocument> {
  const files = await listCacheFiles(context);
  return { schema: 'mft-patch/cache@1', directory: context.cacheDir, files: files.map(asRow), bytes: sum(files) };
}

/** Removes from the cache what is old or incomplete, and never what a running process works with. @throws cannot-write */
export async function pruneCache({ olderThan, dryRun }: PruneRequest, context: Context): Promise<CachePruneDocument> {
  const files = await listCacheFiles(context);
  const limit = Date.now() - olderThan * 1000;
  const isDue = ({ kind, inUse, used }: CachedFile) => !inUse && (kind === 'part' || used <= limit);
  const removed: CachedFile[] = [];
  for (const file of files.filter(isDue)) {
    context.signal.throwIfAborted();
    if (dryRun || (await removeCacheFile(file, context))) removed.push(file);
  }
  if (!dryRun) await removeLeftovers(context);
  return {
    schema: 'mft-patch/cache-prune@1',
    directory: context.cacheDir,
    dryRun,
    files: removed.map(asRow),
    kept: files.filter((file) => !removed.includes(file)).map(asRow),
    bytes: sum(removed),
  };
}

function asRow({ used, ...file }: CachedFile): CacheDocument['files'][number] {
  return { ...file, used: new Date(used).toISOString() };
}

function sum(files: readonly CachedFile[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
