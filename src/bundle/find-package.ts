import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { fail, MftPatchError, wordsOf } from '../errors.js';
import { isGzip, Scan } from './scan.js';

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

/** What comes out of gunzip at a time: each piece costs a turn of the event loop, which hashing delays. */
const chunkSize = 4 * 1024 * 1024;

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
  let stopped = false;
  const feeding = (async () => {
    // The first bytes are held back until they show what it is.
    let start: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of source) {
      compressed += chunk.length;
      digest.update(chunk);
      options.onBytes?.(compressed);
      if (stopped) return;
      let bytes: Buffer = chunk;
      if (start !== undefined) {
        start = Buffer.concat([start, chunk]);
        if (start.length < formatBytes && !isGzip(start)) continue;
        refuseOtherFormats(start, options.path);
        bytes = start;
        start = undefined;
      }
      // What follows the last gzip member is padding: it counts for the digest only.
      if (!gunzip.destroyed && !gunzip.write(bytes)) await drained(gunzip);
    }
    if (start !== undefined) refuseOtherFormats(start, options.path);
    gunzip.end();
  })();
  // A source that fails must end the reader below; the reason is kept in `feeding`.
  feeding.catch((error) => gunzip.destroy(error));
  let readWhole = true;
  try {
    for await (const chunk of gunzip) {
      options.signal.throwIfAborted();
      scan.write(chunk);
      if (!options.whole && scan.isPast()) {
        readWhole = false;
        stopped = true;
        break;
      }
    }
    if (readWhole) scan.end();
  } catch (error) {
    stopped = true;
    if (error instanceof MftPatchError || options.signal.aborted) throw error;
    fail({ code: 'bundle-damaged', path: options.path, detail: `damaged or cut off: ${wordsOf(error)}` }, error);
  } finally {
    gunzip.destroy();
  }
  // A reader that stops early does not wait for a source that may be stuck.
  if (readWhole) await feeding;
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

const formatBytes = 64;

function refuseOtherFormats(start: Buffer, path: string): void {
  if (isGzip(start)) return;
  if (start.toString('latin1', 0, 7) === '!<arch>') {
    fail({ code: 'bundle-damaged', path, detail: 'this is a .deb, not a bundle', hint: 'give it with --deb' });
  }
  const isPage = /^\s*</.test(start.toString('latin1', 0, 64));
  fail({ code: 'bundle-damaged', path, detail: isPage ? 'this is a web page, not a bundle' : 'not a gzip-compressed bundle' });
}
