/** Streams of the compressions that bundles come in, decompressed with flat memory. */
import { createGunzip } from 'node:zlib';
import { UnsupportedStream } from './unsupported-stream.js';

/** How an archive is compressed; empty for not at all. */
export type StreamCompression = '' | 'gzip' | 'xz' | 'zstd';

/** What comes out of gunzip at a time: each piece costs a turn of the event loop, which hashing delays. */
const chunkSize = 4 * 1024 * 1024;

/** The compression that a stream begins with: gzip (RFC 1952, 2.3.1), xz (its format, 2.1.1.1), zstd (RFC 8878, 3.1). */
export function compressionOf(start: Buffer): StreamCompression {
  const magic = start.toString('hex', 0, 6);
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic === 'fd377a585a00') return 'xz';
  return /^(28b52ffd|5.2a4d18)/.test(magic) ? 'zstd' : '';
}

/**
 * Decompresses a stream. What follows the last gzip member is padding, and is read to its end.
 *
 * @throws Error while it is read, for what is truncated or corrupt
 */
export async function* decompressed(compression: StreamCompression, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  switch (compression) {
    case '':
      return yield* source;
    case 'gzip':
      return yield* gunzipped(source);
    case 'xz':
      return yield* unxz(source);
    case 'zstd':
      return yield* (await import('./zstd-stream.js')).unzstd(source);
  }
}

async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize });
  let isStopped = false;
  const feed = async () => {
    for await (const chunk of source) {
      if (isStopped) return;
      if (!gunzip.destroyed && !gunzip.write(chunk)) await drained(gunzip);
    }
    gunzip.end();
  };
  const feeding = feed();
  // A source that fails must end the reader below, too.
  feeding.catch((error) => gunzip.destroy(error));
  try {
    yield* gunzip;
    await feeding;
  } finally {
    // A reader that stops early does not wait for a source that may be stuck.
    isStopped = true;
    gunzip.destroy();
  }
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

/** What the library's errors mean (xz.h of XZ Embedded, enum xz_ret). */
const unsupportedXz = new Map([
  [3, 'not enough memory for this xz stream'],
  [4, 'an xz stream with a dictionary above 64 MiB'],
  [6, 'an xz stream with a filter or check that is not supported'],
]);

async function* unxz(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  const chunks = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await chunks.next();
        if (done) return controller.close();
        // The library takes an empty piece for the end.
        if (value.length > 0) return controller.enqueue(value);
      }
    },
    // Not waited for: a source may be stuck.
    cancel: () => void chunks.return?.(),
  });
  const reader = new XzReadableStream(input).getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const { buffer, byteOffset, length } = chunk.value;
      if (length > 0) yield Buffer.from(buffer as ArrayBuffer, byteOffset, length);
    }
  } catch (error) {
    const cause = unsupportedXz.get(Number(/error code (\d+)$/.exec(String(error))?.[1]));
    throw cause === undefined ? error : new UnsupportedStream(cause, 'xz -dc');
  } finally {
    // A stream that is left half read would hold the decoder, and the next one would wait for it forever.
    await reader.cancel().catch(() => {});
  }
}
