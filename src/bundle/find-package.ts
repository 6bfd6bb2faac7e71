import { createHash } from 'node:crypto';
import { createGunzip, type Gunzip } from 'node:zlib';
import { isUnsafePath } from '../deb/deb.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { readTarStream, type StreamedEntry } from './tar-stream.js';

export interface FoundPackage {
  /** The package's path inside the bundle. */
  member: string;
  bytes: Buffer;
  /** Present if the whole bundle was read. */
  bundleSha256?: string;
}

export interface FindOptions {
  /** Names the bundle in errors. */
  path: string;
  /** Read to the end even when the package was found: the bundle's digest is needed. */
  whole: boolean;
  signal: AbortSignal;
  /** Called with the compressed bytes read so far. */
  onBytes?: (done: number) => void;
}

/** The file names of the package, wherever it is. */
export const packageName = /^kernel-mft-dkms_[^/]*\.deb$/;
/** A kernel-mft-dkms package has about 30 KB. */
export const packageLimit = 32 * 1024 * 1024;
/** How much of the archive is still looked at after the package, for a second, different one: its directory's other files. */
const lookAhead = 1024 * 1024;
/** The largest bundles that carry the package (DOCA) unpack to a few GiB; what has more is a trap. */
const unpackedLimit = 16 * 1024 ** 3;
/** What comes out of gunzip at a time: each piece costs a turn of the event loop, which hashing delays. */
const chunkSize = 4 * 1024 * 1024;
/** How many bytes show what a file is. */
const formatBytes = 64;

/** Whether these are the first bytes of a gzip stream (RFC 1952, 2.3.1). */
export function isGzip(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Finds the kernel-mft-dkms package in a gzip-compressed tar stream and reads it into memory, wherever it is. Reads
 * only a little past it, unless `whole` is set; memory stays flat.
 *
 * @throws bundle-damaged, package-unfit (no package, two different ones, a link in its place, unsafe paths)
 */
export async function findPackage(source: AsyncIterable<Buffer>, options: FindOptions): Promise<FoundPackage> {
  const { path, whole, signal } = options;
  const digest = createHash('sha256');
  const gunzip = createGunzip({ chunkSize });
  const reading = { stopped: false };
  const feeding = feed(source, gunzip, {
    path,
    onChunk: (chunk, done) => {
      digest.update(chunk);
      options.onBytes?.(done);
      return !reading.stopped;
    },
  });
  // A source that fails must end the reader below; the reason is kept in `feeding`.
  feeding.catch((error) => gunzip.destroy(error));
  try {
    const tar = readTarStream(guarded(gunzip, path, signal));
    const { found, isPast } = await scan(tar.entries, path);
    // A reader that stops early does not wait for a source that may be stuck.
    if (isPast && !whole) return found;
    for await (const _ of tar.rest());
    await feeding;
    return { ...found, bundleSha256: digest.digest('hex') };
  } catch (error) {
    if (error instanceof MftPatchError || signal.aborted) throw error;
    return fail({ code: 'bundle-damaged', path, detail: `corrupt or truncated: ${messageOf(error)}` }, error);
  } finally {
    reading.stopped = true;
    gunzip.destroy();
  }
}

interface Feed {
  path: string;
  /** Called with each chunk and the bytes so far. @returns whether to go on */
  onChunk(chunk: Buffer, done: number): boolean;
}

/** Passes the source on to gunzip, once its first bytes have shown that it is gzip. */
async function feed(source: AsyncIterable<Buffer>, gunzip: Gunzip, { path, onChunk }: Feed): Promise<void> {
  let done = 0;
  // The first bytes are held back until they show what it is.
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of source) {
    done += chunk.length;
    if (!onChunk(chunk, done)) return;
    let bytes: Buffer = chunk;
    if (start !== undefined) {
      start = Buffer.concat([start, chunk]);
      if (start.length < formatBytes && !isGzip(start)) continue;
      refuseOtherFormats(start, path);
      bytes = start;
      start = undefined;
    }
    // What follows the last gzip member is padding: it counts for the digest only.
    if (!gunzip.destroyed && !gunzip.write(bytes)) await drained(gunzip);
  }
  if (start !== undefined) refuseOtherFormats(start, path);
  gunzip.end();
}

/** What gunzip gives, as long as it is within bounds. */
async function* guarded(gunzip: Gunzip, path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  let seen = 0;
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of gunzip) {
    signal.throwIfAborted();
    seen += chunk.length;
    if (seen > unpackedLimit) fail({ code: 'package-unfit', path, detail: `unpacks to more than ${unpackedLimit / 1024 ** 3} GiB` });
    if (head !== undefined) {
      head = Buffer.concat([head, chunk.subarray(0, 2)]);
      if (isGzip(head)) fail({ code: 'package-unfit', path, detail: 'is compressed twice' });
      if (head.length >= 2) head = undefined;
    }
    yield chunk;
  }
}

/** Looks for the package. @returns `isPast`: it was found, and what follows it was looked at as far as need be */
async function scan(entries: AsyncIterable<StreamedEntry>, path: string): Promise<{ found: FoundPackage; isPast: boolean }> {
  let found: FoundPackage | undefined;
  let link: string | undefined;
  /** Bytes of the archive between the package and the entry that comes next. */
  let behind = 0;
  let count = 0;
  for await (const entry of entries) {
    count++;
    if (found) behind += 512 + entry.size;
    refuseUnsafe(entry, path);
    const isNamed = packageName.test(entry.path.replace(/^.*\//, ''));
    if (isNamed && entry.linkTarget !== '') link ??= `${entry.path} is a link to ${entry.linkTarget}`;
    if (isNamed && entry.isFile) found = await samePackage(found, entry, path);
    // Here, not at the next entry: the body of this one may be most of the bundle.
    if (found && behind > lookAhead) return { found, isPast: true };
  }
  if (count === 0) throw new Error('the archive is empty');
  if (found) return { found, isPast: false };
  return unfit(path, link ? `${link}, and the package itself is missing` : 'contains no kernel-mft-dkms_….deb');
}

function refuseUnsafe({ path: member, type }: StreamedEntry, path: string): void {
  if (isUnsafePath(member)) unfit(path, `${member} would be extracted outside the target directory`);
  if (/Device$/.test(type)) unfit(path, `${member} is a device`);
}

/** The package in an entry, which must be the same as one that was found before. */
async function samePackage(before: FoundPackage | undefined, entry: StreamedEntry, path: string): Promise<FoundPackage> {
  if (entry.size > packageLimit) unfit(path, `${entry.path} is ${entry.size} bytes; the limit is ${packageLimit}`);
  const bytes = await collect(entry.body);
  if (before === undefined) return { member: entry.path, bytes };
  if (before.bytes.equals(bytes)) return before;
  return unfit(path, `two different packages: ${before.member} and ${entry.path}`, 'extract the right one and pass it with --deb');
}

function unfit(path: string, detail: string, hint?: string): never {
  return fail({ code: 'package-unfit', path, detail, ...(hint === undefined ? {} : { hint }) });
}

async function collect(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Resolves when the stream takes more, or takes nothing ever again. */
function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.removeListener('drain', done).removeListener('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

function refuseOtherFormats(start: Buffer, path: string): void {
  if (isGzip(start)) return;
  if (start.toString('latin1', 0, 7) === '!<arch>') {
    fail({ code: 'bundle-damaged', path, detail: 'this is a .deb, not a bundle', hint: 'did you mean --deb?' });
  }
  const isPage = /^\s*</.test(start.toString('latin1', 0, 64));
  fail({ code: 'bundle-damaged', path, detail: isPage ? 'this is a web page, not a bundle' : 'not a gzip-compressed bundle' });
}
