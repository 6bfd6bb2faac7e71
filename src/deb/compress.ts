import { gunzipSync } from 'node:zlib';
import { gzipSync } from 'fflate';
import { fail, messageOf } from '../errors.js';

/** The compressions of a member that deb(5) names and that are read here, by the suffix of the member's name. */
export const compressions = ['', '.gz', '.xz', '.zst'] as const;
export type Compression = (typeof compressions)[number];

/** Runs `xz -dc` on the bytes. Rejects if xz is missing or refuses. @returns nothing if more than `limit` bytes come out */
export type Xz = (bytes: Buffer, limit: number) => Promise<Buffer | undefined>;

export interface DecompressOptions {
  /** The most bytes that may come out; a package that decompresses to more is refused. */
  limit: number;
  /** Names the member in errors. */
  path: string;
  /** The program, for streams that the library does not know; without it they are refused. */
  xz?: Xz;
}

/**
 * Decompresses a member.
 *
 * @throws package-damaged if the stream is cut or corrupt, package-unfit if it exceeds the limit
 */
export async function decompress(compression: Compression, bytes: Buffer, { limit, path, xz }: DecompressOptions): Promise<Buffer> {
  try {
    switch (compression) {
      case '':
        return bytes;
      case '.gz':
        return gunzipSync(bytes, { maxOutputLength: limit });
      case '.xz':
        return await unxz(bytes, limit, xz);
      case '.zst':
        return await unzstd(bytes, limit);
    }
  } catch (error) {
    if (error instanceof TooLarge || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      fail({ code: 'package-unfit', path, detail: `decompresses to more than ${limit} bytes` }, error);
    }
    fail({ code: 'package-damaged', path, detail: `cannot be decompressed: ${messageOf(error)}` }, error);
  }
}

class TooLarge extends Error {}

/** Adds chunks up, and gives up as soon as they are more than `limit` bytes. */
class BoundedOutput {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(readonly limit: number) {}

  add(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.limit) throw new TooLarge();
    this.#chunks.push(chunk);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

async function unxz(bytes: Buffer, limit: number, xz: Xz | undefined): Promise<Buffer> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  const output = new BoundedOutput(limit);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    reader = new XzReadableStream(source).getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      // The decoder reuses its memory: what is kept must be copied.
      output.add(chunk.value.slice());
    }
    return output.bytes();
  } catch (error) {
    // The library knows neither SHA-256 checks nor BCJ filters, which xz(1) does.
    if (error instanceof TooLarge || !xz) throw error;
    const plain = await xz(bytes, limit);
    if (plain === undefined) throw new TooLarge();
    return plain;
  } finally {
    // A stream that is left half read would hold the decoder, and the next one would wait for it forever.
    await reader?.cancel().catch(() => {});
  }
}

async function unzstd(bytes: Buffer, limit: number): Promise<Buffer> {
  const { Decompress } = await import('fzstd');
  const output = new BoundedOutput(limit);
  let ended = false;
  const stream = new Decompress((chunk, final) => {
    output.add(chunk);
    ended ||= final ?? false;
  });
  stream.push(withWindow(bytes, limit), true);
  if (!ended) throw new Error('unexpected end of the zstd stream');
  const plain = output.bytes();
  await checkZstdSum(bytes, plain);
  return plain;
}

/**
 * The frame with a window no larger than what may come out of it (RFC 8878, 3.1.1.1): fzstd allocates what the header
 * asks for, up to 2 GiB, and moves all of it for each block.
 */
function withWindow(frame: Buffer, limit: number): Buffer {
  const [descriptor = 0, window = 0] = frame.subarray(4, 6);
  const isSingleSegment = (descriptor & 0b100000) !== 0;
  const exponent = Math.ceil(Math.log2(limit)) - 10;
  if (isSingleSegment || window >> 3 <= exponent) return frame;
  const copy = Buffer.from(frame);
  copy[5] = exponent << 3;
  return copy;
}

/**
 * fzstd reads over the checksum that ends a frame, so it is compared here: the low 32 bits of the content's XXH64
 * (RFC 8878, 3.1.1), where the frame header says that there is one.
 */
async function checkZstdSum(frame: Buffer, plain: Buffer): Promise<void> {
  const hasChecksum = ((frame[4] ?? 0) & 0b100) !== 0;
  if (!hasChecksum) return;
  const { h64Raw } = await (await import('xxhash-wasm')).default();
  const sum = Number(h64Raw(plain) & 0xffffffffn);
  if (sum !== frame.readUInt32LE(frame.length - 4)) throw new Error('zstd content checksum mismatch');
}

/**
 * Compresses to a gzip stream (RFC 1952) without name and time, as `gzip -9n` does.
 *
 * The package must be the same bytes everywhere, and what zlib makes of an input differs between builds of Node (Debian
 * links the system's zlib, others bring Chromium's) and between processors: so it is not Node's, but a library's in
 * JavaScript. Policy 12.7 wants changelogs compressed at the highest level.
 */
export function gzip(bytes: Buffer): Buffer {
  const { buffer, byteOffset, length } = gzipSync(bytes, { level: 9, mtime: 0 });
  return Buffer.from(buffer, byteOffset, length);
}
