/** Streams of the compressions that bundles come in, decompressed with flat memory. */
import { gunzipped } from './gunzip.js';
import { UnsupportedStream } from './unsupported-stream.js';

/** How an archive is compressed; empty for not at all. */
export type StreamCompression = '' | 'gzip' | 'xz' | 'zstd';

/** The compression that a stream begins with: gzip (RFC 1952, 2.3.1), xz (its format, 2.1.1.1), zstd (RFC 8878, 3.1). */
export function compressionOf(start: Buffer): StreamCompression {
  const magic = start.toString('hex', 0, 6);
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic === 'fd377a585a00') return 'xz';
  return /^(28b52ffd|5.2a4d18)/.test(magic) ? 'zstd' : '';
}

/**
 * Decompresses a stream.
 *
 * @returns pieces, each of which holds until the next one is asked for
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
        if (value.length > 0) return controller.enqueue(Buffer.from(value));
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
