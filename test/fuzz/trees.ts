/** Compares the trees that packages unpack to. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { Fault } from './fault.js';

/** What a path of a tree has. */
interface TreeEntry {
  mode: string;
  uid: number;
  gid: number;
  /** The time in seconds since 1970, or 'now'. */
  seconds: number | 'now';
  /** The digest of a file, or the target of a link. */
  content: string;
}

export type Tree = ReadonlyMap<string, TreeEntry>;

/** The paths that may differ, each with a check of the difference. */
export type Allowed = ReadonlyMap<string, () => boolean>;

/** @throws Fault for every difference that is not allowed, or is not as it may be */
export function compareTrees(old: Tree, made: Tree, allowed: Allowed): void {
  for (const path of new Set([...old.keys(), ...made.keys()])) {
    const [a, b] = [old.get(path), made.get(path)];
    if (JSON.stringify(a) === JSON.stringify(b)) continue;
    const isKept = !a || !b || (a.mode === b.mode && a.uid === b.uid && a.gid === b.gid);
    if (isKept && allowed.get(Buffer.from(path, 'latin1').toString())?.()) continue;
    throw new Fault('wrong', `${path}: ${JSON.stringify(a)} became ${JSON.stringify(b)}`);
  }
}

/** The tree below a directory, by path: a byte of a name is a character, since a name need not be UTF-8. */
export function treeOf(root: string): Tree {
  const tree = new Map<string, TreeEntry>();
  const look = (path: string) => {
    const place = Buffer.from(join(root, path), 'latin1');
    const stats = lstatSync(place);
    // dpkg-deb makes DEBIAN itself.
    if (path !== 'DEBIAN' && path !== '') tree.set(path, entryOf(place, stats));
    if (stats.isDirectory()) for (const name of readdirSync(place, 'latin1')) look(join(path, name));
  };
  mkdirSync(root, { recursive: true });
  look('');
  return tree;
}

function entryOf(path: Buffer, stats: Stats): TreeEntry {
  const { mode, uid, gid, mtimeMs } = stats;
  // A directory that has no entry in the archive has the time when it was made.
  const isFresh = Math.abs(Date.now() - mtimeMs) < 60_000;
  const seconds = isFresh ? 'now' : Math.floor(mtimeMs / 1000);
  return { mode: mode.toString(8), uid, gid, seconds, content: contentOf(path, stats) };
}

function contentOf(path: Buffer, stats: Stats): string {
  if (stats.isSymbolicLink()) return readlinkSync(path);
  return stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}
