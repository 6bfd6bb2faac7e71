import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { isUnsafePath } from '../deb/deb.js';
import { fail, MftPatchError, wordsOf } from '../errors.js';

export interface FoundPackage {
  /** The package's path inside the bundle. */
  member: string;
  bytes: Buffer;
  /** There if the whole bundle was read. */
  bundleSha256?: string;
}

export interface FindOptions {
  /** Names the bundle in errors. */
  path: string;
  /** Read to the end even when the package was found: someone wants the bundle's digest. */
  whole: boolean;
  signal: AbortSignal;
  /** Told the compressed bytes read so far. */
  onBytes?: (done: number) => void;
}

const packageName = /^kernel-mft-dkms_[^/]*\.deb$/;
/** A kernel-mft-dkms package has about 30 KB. */
const packageLimit = 32 * 1024 * 1024;
/** How much of the archive is still looked at after the package, for a second, different one: its folder's other files. */
const lookAhead = 1024 * 1024;
/** The largest bundles that carry the package (DOCA) unpack to a few GiB; what has more is a trap. */
const unpackedLimit = 16 * 1024 ** 3;
const chunkSize = 1024 * 1024;

/**
 * Finds the kernel-mft-dkms package in a gzip-compressed tar stream and reads it into memory, wherever it lies. Reads
 * no further than a little past it, unless `whole` is set; memory stays flat.
 *
 * @throws bundle-damaged, package-unfit (no package, two different ones, a link in its place, unsafe paths)
 */
export async function findPackage(source: AsyncIterable<Buffer>, options: FindOptions): Promise<FoundPackage> {
  const scan = new Scan(options.path);
  const digest = createHash('sha256');
  let compressed = 0;
  const gunzip = createGunzip({ chunkSize });
  const feeding = (async () => {
    for await (const chunk of source) {
      if (compressed === 0) refuseOtherFormats(chunk, options.path);
      compressed += chunk.length;
      digest.update(chunk);
      options.onBytes?.(compressed);
      if (gunzip.destroyed) return false;
      if (!gunzip.write(chunk)) await drained(gunzip);
    }
    if (compressed === 0) refuseOtherFormats(Buffer.alloc(0), options.path);
    gunzip.end();
    return true;
  })();
  // A source that fails must end the reader below; the reason is kept in `feeding`.
  feeding.catch((error) => gunzip.destroy(error));
  let readWhole = true;
  try {
    for await (const chunk of gunzip) {
      options.signal.throwIfAborted();
      scan.write(chunk);
      if (!options.whole && scan.isPast(lookAhead)) {
        readWhole = false;
        break;
      }
    }
    if (readWhole) scan.end();
  } catch (error) {
    if (error instanceof MftPatchError || options.signal.aborted) throw error;
    fail({ code: 'bundle-damaged', path: options.path, detail: `damaged or cut off: ${wordsOf(error)}` }, error);
  } finally {
    gunzip.destroy();
  }
  await feeding;
  return { ...scan.result(), ...(readWhole ? { bundleSha256: digest.digest('hex') } : {}) };
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
  if (start[0] === 0x1f && start[1] === 0x8b) return;
  if (start.toString('latin1', 0, 7) === '!<arch>') {
    fail({ code: 'bundle-damaged', path, detail: 'this is a .deb, not a bundle', hint: 'give it with --deb' });
  }
  const isPage = /^\s*</.test(start.toString('latin1', 0, 64));
  fail({ code: 'bundle-damaged', path, detail: isPage ? 'this is a web page, not a bundle' : 'not a gzip-compressed bundle' });
}

/** Looks at a tar stream piece by piece for the package. */
class Scan {
  readonly #parser: Parser;
  readonly #links: string[] = [];
  #found: { member: string; bytes: Buffer } | undefined;
  #seen = 0;
  #foundAt = 0;
  #error: unknown;

  constructor(readonly path: string) {
    this.#parser = new Parser({ strict: true, gzip: true, onReadEntry: (entry) => this.#look(entry) });
    this.#parser.on('error', (error: unknown) => {
      this.#error ??= error;
    });
  }

  write(chunk: Buffer): void {
    // The parser would unpack a gzip inside the gzip by itself, past the limit below.
    if (this.#seen === 0 && chunk[0] === 0x1f && chunk[1] === 0x8b) this.#unfit('is compressed twice');
    this.#seen += chunk.length;
    if (this.#seen > unpackedLimit) this.#unfit(`unpacks to more than ${unpackedLimit / 1024 ** 3} GiB`);
    this.#parser.write(chunk);
    if (this.#error) throw this.#error;
  }

  end(): void {
    this.#parser.end();
    if (this.#error) throw this.#error;
  }

  isPast(distance: number): boolean {
    return this.#found !== undefined && this.#seen > this.#foundAt + distance;
  }

  result(): { member: string; bytes: Buffer } {
    if (this.#found) return this.#found;
    const link = this.#links[0];
    return this.#unfit(link ? `${link}, and there is no such package itself` : 'no kernel-mft-dkms_….deb in it');
  }

  #unfit(detail: string): never {
    return fail({ code: 'package-unfit', path: this.path, detail });
  }

  #look(entry: ReadEntry): void {
    try {
      if (isUnsafePath(entry.path)) this.#unfit(`${entry.path} leaves the folder it is unpacked in`);
      if (entry.type === 'CharacterDevice' || entry.type === 'BlockDevice') this.#unfit(`${entry.path} is a device`);
      const isPackage = packageName.test(entry.path.replace(/^.*\//, ''));
      if (isPackage && entry.linkpath) this.#links.push(`${entry.path} is a link to ${entry.linkpath}`);
      if (isPackage && (entry.type === 'File' || entry.type === 'OldFile')) this.#collect(entry);
      else entry.resume();
    } catch (error) {
      this.#error ??= error;
      entry.resume();
    }
  }

  #collect(entry: ReadEntry): void {
    if (entry.size > packageLimit) this.#unfit(`${entry.path} has ${entry.size} bytes, at most ${packageLimit} are read`);
    const chunks: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    entry.on('end', () => {
      const bytes = Buffer.concat(chunks);
      if (!this.#found) {
        this.#found = { member: entry.path, bytes };
        this.#foundAt = this.#seen;
      } else if (!this.#found.bytes.equals(bytes)) {
        this.#error ??= new MftPatchError({
          code: 'package-unfit',
          path: this.path,
          detail: `two different packages: ${this.#found.member} and ${entry.path}`,
          hint: 'take out the one you mean and give it with --deb',
        });
      }
    });
  }
}
