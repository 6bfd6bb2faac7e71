/** gzip as it is decompressed with what is inside of Node's zlib, and by its stream, where Node has no such inside. */
import { createGunzip, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { gunzipped } from '../../src/bundle/gunzip.js';

/** Each piece in the same buffer, as a file is read. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) yield buffer.subarray(0, bytes.copy(buffer, 0, at, at + size));
}

function withoutInside() {
  const gunzip = createGunzip();
  Object.defineProperty(Reflect.get(gunzip, '_handle'), 'writeSync', { value: undefined });
  return gunzip;
}

const noise = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * index * 31) >> 3));
const plain = Buffer.concat([noise, Buffer.alloc(3_000_000), noise]);
const whole = gzipSync(plain);

describe.each([
  ['with the inside of zlib', createGunzip],
  ['with a stream', withoutInside],
])('%s', (_, make) => {
  const read = async (source: AsyncIterable<Buffer>) => {
    const all: Buffer[] = [];
    for await (const piece of gunzipped(source, make())) all.push(Buffer.from(piece));
    return Buffer.concat(all);
  };

  test.each([7, 512, 65_536, 10_000_000])('pieces of %i bytes', async (size) => {
    const small = gzipSync(plain.subarray(0, 20_000));
    expect((await read(pieces(small, size))).equals(plain.subarray(0, 20_000))).toBe(true);
    if (size > 100) expect((await read(pieces(whole, size))).equals(plain)).toBe(true);
  });

  test('several members, and zeros or anything behind them', async () => {
    const two = Buffer.concat([whole, gzipSync(noise)]);
    const rests = [
      Buffer.alloc(0),
      Buffer.alloc(70_000),
      Buffer.from('\0rest'),
      Buffer.concat([Buffer.alloc(70_000), Buffer.alloc(70_000, 'x')]),
    ];
    for (const rest of rests)
      for (const size of [1000, 65_536])
        expect((await read(pieces(Buffer.concat([two, rest]), size))).length).toBe(plain.length + noise.length);
  });

  test('what is truncated or corrupt, and an error of the source', async () => {
    await expect(read(pieces(whole.subarray(0, -1), 4096))).rejects.toThrow('unexpected end of file');
    const corrupt = Buffer.from(whole);
    corrupt[corrupt.length - 6] = 255 - (corrupt[corrupt.length - 6] ?? 0);
    await expect(read(pieces(corrupt, 4096))).rejects.toThrow('incorrect data check');
    const failing = async function* () {
      yield whole.subarray(0, 5000);
      throw new Error('the disk');
    };
    await expect(read(failing())).rejects.toThrow('the disk');
  });

  test('a reader that stops early closes the source', async () => {
    let isClosed = false;
    const source = async function* () {
      try {
        yield* pieces(whole, 1000);
      } finally {
        isClosed = true;
      }
    };
    for await (const _ of gunzipped(source(), make())) break;
    await new Promise(setImmediate);
    expect(isClosed).toBe(true);
  });
});
