import type { Dirent } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, failInput } from '../errors.js';
import { chunksOf, copies } from './chunks.js';
import { type BundleEntry, isPackageFile } from './find-package.js';

/** How many directories deep a package may be: an unpacked DOCA-Host has it five deep, in usr/share/doca-host-…/repo/pool. */
const maxDepth = 8;
/** The largest bundles (MLNX_OFED, DOCA) have some thousand files. A whole disk is not a bundle. */
const maxEntries = 100_000;

interface Walk {
  directory: string;
  /** The name of the package. */
  wanted: string;
  /** The directories that were read, by device and inode: following links must end. */
  visited: Set<string>;
  /** Links that were passed over, by their paths in the directory. */
  links: string[];
  count: number;
  hasPackage: boolean;
}

/**
 * The entries of a bundle that was unpacked into a directory, as those of an archive. Links are entries like others, which do
 * not count; where the tree is made of links, and so has no package, they are followed at the end.
 *
 * @param wanted the name of the package, by which it shows whether the tree has it
 * @throws no-input, package-unfit while they are read
 */
export async function* directoryEntries(directory: string, wanted: string): AsyncGenerator<BundleEntry> {
  const walk: Walk = { directory, wanted, visited: new Set(), links: [], count: 0, hasPackage: false };
  yield* walkDirectory('', walk, 0);
  if (!walk.hasPackage) for (const path of walk.links.splice(0)) yield* followLink(path, walk);
}

async function* walkDirectory(path: string, walk: Walk, depth: number): AsyncGenerator<BundleEntry> {
  const place = join(walk.directory, path);
  const { dev, ino } = await stat(place).catch((error) => failInput(place, error));
  if (walk.visited.has(`${dev}:${ino}`) || depth > maxDepth) return;
  walk.visited.add(`${dev}:${ino}`);
  const entries = await readdir(place, { withFileTypes: true }).catch((error) => failInput(place, error));
  walk.count += entries.length;
  if (walk.count > maxEntries) {
    const hint = 'pass the directory of the bundle alone';
    fail({ code: 'package-unfit', path: walk.directory, detail: `contains more than ${maxEntries} files`, hint });
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) yield* walkEntry(join(path, entry.name), entry, walk, depth);
}

async function* walkEntry(path: string, entry: Dirent, walk: Walk, depth: number): AsyncGenerator<BundleEntry> {
  if (entry.isDirectory()) yield* walkDirectory(path, walk, depth + 1);
  if (entry.isFile()) yield* fileEntry(path, walk);
  if (!entry.isSymbolicLink()) return;
  walk.links.push(path);
  const place = join(walk.directory, path);
  const linkTarget = await readlink(place).catch((error) => failInput(place, error));
  yield { path, type: 'SymbolicLink', isFile: false, linkTarget, size: 0, body: noBytes() };
}

async function* fileEntry(path: string, walk: Walk): AsyncGenerator<BundleEntry> {
  // What was built from this directory before is not in the bundle.
  if (/\+mftpatch[^/]*$/.test(path)) return;
  const place = join(walk.directory, path);
  const { size } = await stat(place).catch((error) => failInput(place, error));
  walk.hasPackage ||= isPackageFile(path.replace(/^.*\//, ''), walk.wanted);
  yield { path, type: 'File', isFile: true, linkTarget: '', size, body: copies(chunksOf(place)) };
}

/** What a link leads to; nothing for one that is broken. What is found there has the path through the link. */
async function* followLink(path: string, walk: Walk): AsyncGenerator<BundleEntry> {
  const stats = await stat(join(walk.directory, path)).catch(() => undefined);
  if (stats?.isFile()) yield* fileEntry(path, walk);
  if (stats?.isDirectory()) yield* walkDirectory(path, walk, path.split('/').length);
}

async function* noBytes(): AsyncGenerator<Buffer> {}
