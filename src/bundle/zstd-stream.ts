import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';
import { ByteReader } from './byte-reader.js';
import { UnsupportedStream } from './unsupported-stream.js';

/** What zstd(1) decompresses without --long or --memory: windows up to 128 MiB. The library takes that much memory. */
const windowLimit = 128 * 1024 ** 2;
/** Block_Maximum_Size (RFC 8878, 3.1.1.2.4). */
const blockLimit = 128 * 1024;

/**
 * Decompresses zstd frames (RFC 8878, 3.1), one after the other, block by block: what comes out at a time stays small. The
 * checksum that ends a frame is compared, which the library does not do.
 *
 * @throws Error for what is truncated or corrupt, has a larger window or needs a dictionary
 */
export async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks);
  const { create64 } = await xxhash();
  while (!(await reader.isAtEnd())) {
    const magic = (await reader.read(4)).readUInt32LE(0);
    // A skippable frame (3.1.2).
    if (magic >>> 4 === 0x184d2a5) {
      const size = (await reader.read(4)).readUInt32LE(0);
      reader.body(size);
      await reader.skip(0);
      continue;
    }
    if (magic !== 0xfd2fb528) throw new Error('a zstd frame does not begin where the one before it ends');
    const { header, hasChecksum } = await frameHeader(reader);
    const sum = create64();
    for await (const plain of frame(reader, header)) {
      sum.update(plain);
      yield plain;
    }
    // The low 32 bits of the content's XXH64 (3.1.1).
    if (hasChecksum && Number(sum.digest() & 0xffffffffn) !== (await reader.read(4)).readUInt32LE(0))
      throw new Error('zstd content checksum mismatch');
  }
}

/** Reads a frame's header (3.1.1.1). @returns it for the library, without the flag of a checksum, which is read here */
async function frameHeader(reader: ByteReader): Promise<{ header: Buffer; hasChecksum: boolean }> {
  const [descriptor = 0] = await reader.read(1);
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  if ((descriptor & 0b11) !== 0) throw new UnsupportedStream('a zstd frame that needs a dictionary', 'zstd -dc -D DICTIONARY');
  if ((descriptor & 0b1000) !== 0) throw new Error('a zstd frame has a reserved bit');
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const fields = await reader.read((isSingleSegment ? 0 : 1) + sizeBytes);
  if (windowOf(fields, isSingleSegment) > windowLimit)
    throw new UnsupportedStream(`a zstd frame with a window above ${windowLimit / 1024 ** 2} MiB`, 'zstd -dc --long=31');
  const header = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor & ~0b100]), fields]);
  return { header, hasChecksum: (descriptor & 0b100) !== 0 };
}

/** The size of the window: the content's in a single segment. */
function windowOf(fields: Buffer, isSingleSegment: boolean): number {
  if (isSingleSegment) return fields.reduceRight((size, byte) => size * 256 + byte, 0);
  const [descriptor = 0] = fields;
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** The content of a frame's blocks (3.1.1.2). */
async function* frame(reader: ByteReader, header: Buffer): AsyncGenerator<Buffer> {
  const out: Uint8Array[] = [];
  const decompressor = new Decompress((chunk) => out.push(chunk));
  decompressor.push(header, false);
  for (let isLast = false; !isLast; ) {
    const head = await reader.read(3);
    const bits = head.readUIntLE(0, 3);
    isLast = (bits & 1) === 1;
    const size = bits >>> 3;
    if (size > blockLimit) throw new Error(`a zstd block of ${size} bytes`);
    // An RLE block is one byte, and how often it is repeated.
    const isRepeated = ((bits >>> 1) & 3) === 1;
    decompressor.push(Buffer.concat([head, await reader.read(isRepeated ? 1 : size)]), isLast);
    for (const { buffer, byteOffset, length } of out.splice(0)) yield Buffer.from(buffer, byteOffset, length);
  }
}
