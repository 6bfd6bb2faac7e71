/** zstd frames (RFC 8878) made by hand of raw blocks: no program is needed, and every field can be a strange one. */
import xxhash from 'xxhash-wasm';

const { h64Raw } = await xxhash();
const magic = Buffer.from('28b52ffd', 'hex');

interface Fields {
  /** The frame's descriptor, as far as it says nothing of the checksum. */
  descriptor?: number;
  /** The window's descriptor; 128 KiB by itself. */
  window?: number;
  blockSize?: number;
}

/** A frame of the bytes, with a checksum. */
export function rawFrame(bytes: Buffer, { descriptor = 0, window = 7 << 3, blockSize = 100_000 }: Fields = {}): Buffer {
  const parts: Buffer[] = [magic, Buffer.from([descriptor | 0b100, window])];
  for (let at = 0; at === 0 || at < bytes.length; at += blockSize) {
    const body = bytes.subarray(at, at + blockSize);
    const head = Buffer.alloc(3);
    head.writeUIntLE((Math.max(body.length, blockSize > 131_072 ? blockSize : 0) << 3) | (at + blockSize >= bytes.length ? 1 : 0), 0, 3);
    parts.push(head, body);
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(Number(h64Raw(Uint8Array.from(bytes)) & 0xffffffffn));
  return Buffer.concat([...parts, sum]);
}

export function zstdOf(bytes: Buffer): Buffer {
  return rawFrame(bytes);
}

/** A frame that is passed over. */
export function skippableFrame(size: number): Buffer {
  const head = Buffer.from('5a2a4d1800000000', 'hex');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, Buffer.alloc(size, 'x')]);
}
