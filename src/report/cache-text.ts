import type { CacheDocument, CachePruneDocument } from '../documents/index.js';
import { table } from './table.js';

type Row = CacheDocument['files'][number];

/** What is in the cache, a line each. */
export function renderCache({ directory, files, bytes }: CacheDocument): string {
  if (files.length === 0) return `${directory} is empty`;
  return `${rowsOf(files)}\n\n${megabytes(bytes)} in ${directory}`;
}

/** What was removed from the cache. */
export function renderPrune({ directory, dryRun, files, kept, bytes }: CachePruneDocument): string {
  const left = `${kept.length} ${kept.length === 1 ? 'file is' : 'files are'} kept`;
  const done = `${dryRun ? 'Would remove' : 'Removed'} ${megabytes(bytes)} from ${directory}; ${left}`;
  return files.length === 0 ? done : `${rowsOf(files)}\n\n${done}`;
}

function rowsOf(files: readonly Row[]): string {
  const rows = files.map(({ path, kind, names, sha256, bytes, used, inUse }) => [
    (sha256 ?? path.replace(/^.*\//, '')).slice(0, sha256 === undefined ? 60 : 12),
    kind,
    megabytes(bytes),
    `${used.slice(0, 16).replace('T', ' ')}${inUse ? ' (in use)' : ''}`,
    names.join(', ') || '-',
  ]);
  return table(['FILE', 'KIND', 'SIZE', 'LAST USED (UTC)', 'WHAT'], rows);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
