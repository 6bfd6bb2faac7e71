import { createHash } from 'node:crypto';
import { isUnsafePath } from '../deb/deb.js';
import { defaultPackage } from '../default-package.js';
import { fail } from '../errors.js';
import { collect, failBundle, openBundle } from './open-bundle.js';
import type { StreamedEntry } from './tar-stream.js';

export interface FoundPackage {
  /** The package's path inside the bundle; empty if the bundle is the package itself. */
  member: string;
  bytes: Buffer;
  /** Present if the whole bundle was read. */
  bundleSha256?: string;
  /** The path of the vendor's tools package inside the bundle, if it was seen. */
  userland?: string;
}

export interface FindOptions {
  /** Names the bundle in errors. */
  path: string;
  /** Read to the end even when the package was found: the bundle's digest is needed. */
  whole: boolean;
  /** The name of the package; without, the default one in a bundle, and any dkms package by itself. */
  package?: string;
  signal: AbortSignal;
  /** Called with the compressed bytes read so far. */
  onBytes?: (done: number) => void;
}

/** What is read of an entry, be it of an archive or of a directory. */
export type BundleEntry = Pick<StreamedEntry, 'path' | 'type' | 'isFile' | 'linkTarget' | 'size' | 'body'>;

/** Whether a file name is that of a package, wherever it is. */
export function isPackageFile(name: string, wanted: string): boolean {
  return name.startsWith(`${wanted}_`) && name.endsWith('.deb');
}
/** Other packages that a bundle may be asked for. */
const dkmsName = /^([a-z0-9][a-z0-9+.-]*-dkms)_[^/]*\.deb$/;
/** The vendor's tools, as in mft_4.20.1-14_amd64.deb and mft-4.5.0-31.amd64.deb; not mft-oem_… nor mft-pcap_…. */
export const userlandName = /^mft[_-]\d[^/]*\.deb$/;
/** The package of MFT has about 30 KB, that of all of MLNX_OFED some 3 MB. */
export const packageLimit = 32 * 1024 * 1024;
/** How much of the archive is still looked at after the package, for a second, different one: its directory's other files. */
const lookAhead = 1024 * 1024;

/**
 * Finds the package in a bundle and reads it into memory, wherever it is; the package itself is taken, too.
 * Reads only a little past it, unless `whole` is set; memory stays flat.
 *
 * @throws bundle-damaged, package-unfit (no package, two different ones, a link in its place, unsafe paths)
 */
export async function findPackage(source: AsyncIterable<Buffer>, options: FindOptions): Promise<FoundPackage> {
  const { path, whole, signal } = options;
  const digest = createHash('sha256');
  /** All bytes so far, until it shows that this is not the package itself. */
  let seen: Buffer[] | undefined = [];
  let done = 0;
  const counted = (async function* () {
    for await (const chunk of source) {
      digest.update(chunk);
      done += chunk.length;
      options.onBytes?.(done);
      seen = done > packageLimit ? undefined : seen;
      seen?.push(Buffer.from(chunk));
      yield chunk;
    }
  })();
  try {
    const bundle = await openBundle(counted, options);
    if (bundle.isPackage) {
      for await (const _ of counted) signal.throwIfAborted();
      return { member: '', bytes: Buffer.concat(seen ?? unfit(path, `is ${done} bytes; the limit is ${packageLimit}`)) };
    }
    seen = undefined;
    try {
      const { found, isPast } = await scan(bundle.tar.entries, options);
      if (isPast && !whole) return found;
      for await (const _ of bundle.tar.rest());
      // What a reader has no use for counts for the digest.
      for await (const _ of counted) signal.throwIfAborted();
      return { ...found, bundleSha256: digest.digest('hex') };
    } finally {
      await bundle.close();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return failBundle(path, error);
  } finally {
    // Not waited for: the source may be stuck.
    counted.return(undefined).catch(() => {});
  }
}

/** How a package is looked for. */
interface ScanOptions extends Pick<FindOptions, 'path' | 'package'> {
  /** It costs nothing to look at all of a directory. */
  isDirectory?: boolean;
}

/**
 * Looks for the package.
 * @returns `isPast`: what follows it was looked at as far as need be, and there may be more
 */
export async function scan(
  entries: AsyncIterable<BundleEntry>,
  { path, package: wanted = defaultPackage, isDirectory = false }: ScanOptions,
): Promise<{ found: FoundPackage; isPast: boolean }> {
  const limit = isDirectory ? Number.POSITIVE_INFINITY : lookAhead;
  const seen: Seen = { others: new Set() };
  /** Bytes of the archive between the package and the entry that comes next. */
  let behind = 0;
  let count = 0;
  for await (const entry of entries) {
    count++;
    if (seen.found) behind += 512 + entry.size;
    refuseUnsafe(entry, path);
    await look(entry, seen, { path, wanted });
    // Here, not at the next entry: the body of this one may be most of the bundle.
    if (seen.found && behind > limit) break;
  }
  if (count === 0 && !isDirectory) throw new Error('the archive is empty');
  const { found, userland, link } = seen;
  if (found) return { found: { ...found, ...(userland === undefined ? {} : { userland }) }, isPast: behind > limit };
  const others = [...seen.others].sort().join(', ');
  const hint = others === '' ? undefined : `it has ${others}: choose one with --package`;
  return unfit(path, link ? `${link}, and the package itself is missing` : `contains no ${wanted}_….deb`, hint);
}

/** What was found so far. `link` says what has the package's name instead. */
interface Seen {
  found?: FoundPackage;
  userland?: string;
  link?: string;
  /** The names of other dkms packages. */
  others: Set<string>;
}

/** Looks at one entry. */
async function look(entry: BundleEntry, seen: Seen, { path, wanted }: { path: string; wanted: string }): Promise<void> {
  const name = entry.path.replace(/^.*\//, '');
  if (entry.isFile && userlandName.test(name)) seen.userland ??= entry.path;
  const other = dkmsName.exec(name)?.[1];
  if (other !== undefined && entry.isFile) seen.others.add(other);
  if (!isPackageFile(name, wanted)) return;
  if (entry.linkTarget !== '') seen.link ??= `${entry.path} is a link to ${entry.linkTarget}`;
  if (entry.isFile) seen.found = await samePackage(seen.found, entry, path);
}

function refuseUnsafe({ path: member, type }: BundleEntry, path: string): void {
  if (isUnsafePath(member)) unfit(path, `${member} would be extracted outside the target directory`);
  if (/Device$/.test(type)) unfit(path, `${member} is a device`);
}

/** The package in an entry, which must be the same as one that was found before. */
async function samePackage(before: FoundPackage | undefined, entry: BundleEntry, path: string): Promise<FoundPackage> {
  const bytes = await readPackage(entry, path);
  if (before === undefined) return { member: entry.path, bytes };
  if (before.bytes.equals(bytes)) return before;
  return failDifferent(path, before.member, entry.path);
}

/** The bytes of an entry that is a package. @throws package-unfit if there are more than a package has */
export async function readPackage(entry: BundleEntry, path: string): Promise<Buffer> {
  if (entry.size > packageLimit) unfit(path, `${entry.path} is ${entry.size} bytes; the limit is ${packageLimit}`);
  return collect(entry);
}

/** @throws package-unfit: nobody knows which one is meant */
export function failDifferent(path: string, one: string, other: string): never {
  return unfit(path, `two different packages: ${one} and ${other}`, 'extract the right one and pass it with --deb');
}

function unfit(path: string, detail: string, hint?: string): never {
  return fail({ code: 'package-unfit', path, detail, ...(hint === undefined ? {} : { hint }) });
}
