import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { type Failure, MftPatchError } from '../../src/errors.js';
import { sample, stream } from '../support.js';

const { bundle, deb } = await sample();
const tar = gunzipSync(bundle);
const compact = gzipSync(tar, { level: 9 });
const signal = new AbortController().signal;

/** What comes of the bytes: `same` for the very package, else the failure's code; anything else is thrown. */
async function outcome(bytes: Buffer): Promise<'same' | 'another' | Failure['code']> {
  try {
    const found = await findPackage(stream(bytes), { path: 'b.tgz', whole: false, signal });
    return found.bytes.equals(deb) ? 'same' : 'another';
  } catch (error) {
    if (error instanceof MftPatchError && error.exitCode === 3) return error.failure.code;
    throw error;
  }
}

/** How often each outcome comes. */
async function count(all: Iterable<Buffer>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const bytes of all) {
    const is = await outcome(bytes);
    counts[is] = (counts[is] ?? 0) + 1;
  }
  return counts;
}

/** Numbers below `limit`, the same in each run. */
function* numbers(amount: number, limit: number): Iterable<number> {
  let state = 7;
  for (let i = 0; i < amount; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield Math.floor((state / 2 ** 32) * limit);
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('a damaged bundle', () => {
  test('is refused as damaged wherever it is cut', async () => {
    const cuts = Array.from(compact, (_, length) => compact.subarray(0, length));
    expect(await count(cuts)).toEqual({ 'bundle-damaged': compact.length });
    const cutsOfSample = Array.from({ length: 100 }, (_, i) =>
      bundle.subarray(0, bundle.length - 1 - Math.floor((i * bundle.length) / 100)),
    );
    expect(await count(cutsOfSample)).toEqual({ 'bundle-damaged': 100 });
  });

  test('is refused, or is the same package, whichever bit is wrong', async () => {
    const counts = await count(Array.from(numbers(500, compact.length * 8), (bit) => flipped(compact, bit)));
    expect(counts).not.toHaveProperty('another');
    expect(counts['bundle-damaged']).toBeGreaterThan(450);
    // The first ten bytes are gzip's header, which no checksum guards.
    const inHeader = await count(Array.from({ length: 80 }, (_, bit) => flipped(compact, bit)));
    expect(inHeader).toEqual({ same: expect.any(Number), 'bundle-damaged': expect.any(Number) });
  });

  test('whose tar headers are wrong under a right checksum of gzip never ends in anything but a failure or a package', async () => {
    const heads = [0, 512, 1024, 1536, 2048, 2560].filter((at) => tar.toString('latin1', at + 257, at + 262) === 'ustar');
    expect(heads.length).toBeGreaterThan(2);
    const strange = fc.record({
      at: fc.constantFrom(...heads),
      // Path, size, type and link target, where a wrong value does most.
      field: fc.constantFrom([0, 100], [124, 12], [156, 1], [157, 100], [345, 155]),
      value: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(strange, async ({ at, field: [start = 0, length = 0], value }) => {
        const changed = Buffer.from(tar);
        changed.set(value.subarray(0, length), at + start);
        changed.fill(' ', at + 148, at + 156);
        const sum = changed.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
        changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
        expect(['same', 'bundle-damaged', 'package-unfit']).toContain(await outcome(gzipSync(changed, { level: 1 })));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('of nothing but noise is refused', async () => {
    const noises = fc.sample(fc.uint8Array({ maxLength: 600 }), { numRuns: 200, seed: 1 });
    const gzipLike = noises.map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), bytes]));
    const inside = noises.map((bytes) => gzipSync(bytes));
    expect(await count([...noises.map((bytes) => Buffer.from(bytes)), ...gzipLike, ...inside])).toEqual({ 'bundle-damaged': 600 });
  });
});
