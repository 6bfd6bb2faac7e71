import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAr } from '../../src/deb/ar.js';
import { type Deb, readDeb } from '../../src/deb/deb.js';
import { MftPatchError } from '../../src/errors.js';
import { makeDirectory, missing } from '../support.js';
import { ar, buildAll, type Compressor, compress, compressors, makeTree, shown, suffixes } from './packages.js';

const folder = makeDirectory();
const seed = 588;

/** How reading ended: what was refused by its code, else whether the entries are those of the whole package. */
type End = 'package-damaged' | 'package-unfit' | 'same' | 'other';

async function ends(bytes: Buffer, whole: Deb): Promise<End> {
  let deb: Deb;
  try {
    deb = await readDeb(bytes, 'thing.deb');
  } catch (error) {
    if (!(error instanceof MftPatchError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.failure).toMatchObject({ path: expect.stringMatching(/^thing\.deb/), detail: expect.stringMatching(/./) });
    return error.failure.code as End;
  }
  const same = (part: 'control' | 'data') => shown(deb[part]).join() === shown(whole[part]).join();
  return same('control') && same('data') ? 'same' : 'other';
}

describe.skipIf(missing('tools') !== '')('a damaged package', () => {
  let packages: Record<Compressor, Buffer>;
  const wholes = new Map<string, Deb>();

  beforeAll(async () => {
    const tree = makeTree(join(folder, 'tree'), 'install -d usr/src; seq 1 400 > usr/src/numbers; cp DEBIAN/postinst usr/src');
    packages = buildAll(tree, join(folder, 'out'));
    for (const z of compressors) wholes.set(z, await readDeb(packages[z], z));
  });

  const whole = (z: Compressor) => wholes.get(z) as Deb;
  /** The package with one of its members in another form, in an archive that is right for it. */
  const withMember = (z: Compressor, part: 'control' | 'data', change: (body: Buffer) => Buffer) =>
    ar(...readAr(packages[z], z).map(({ name, body }): [string, Buffer] => [name, name.startsWith(part) ? change(body) : body]));
  const count = async (cases: Iterable<Buffer>, original: Deb) => {
    const found: Partial<Record<End, number>> = {};
    for (const bytes of cases) {
      const end = await ends(bytes, original);
      found[end] = (found[end] ?? 0) + 1;
    }
    return found;
  };
  const lengthsOf = (bytes: Buffer) => Array.from(bytes, (_, length) => length);

  test.each(compressors)('cut at any byte is refused as damaged (%s)', async (z) => {
    const cuts = lengthsOf(packages[z]).map((length) => packages[z].subarray(0, length));
    expect(await count(cuts, whole(z))).toEqual({ 'package-damaged': packages[z].length });
    expect(await count([packages[z]], whole(z))).toEqual({ same: 1 });
  });

  test.each(['gzip', 'xz', 'zstd'] as const)('whose member is cut at any byte is refused as damaged (%s)', async (z) => {
    for (const part of ['control', 'data'] as const) {
      const body = readAr(packages[z], z).find(({ name }) => name.startsWith(part))?.body ?? Buffer.alloc(0);
      const cuts = lengthsOf(body).map((length) => withMember(z, part, () => body.subarray(0, length)));
      expect(cuts.length).toBeGreaterThan(200);
      expect(await count(cuts, whole(z))).toEqual({ 'package-damaged': body.length });
      expect(await count([withMember(z, part, () => body)], whole(z))).toEqual({ same: 1 });
    }
  });

  test('whose plain member is cut is refused as damaged up to the zeros that end it, and the same from there', async () => {
    const body = readAr(packages.none, 'x')[2]?.body ?? Buffer.alloc(0);
    const used = whole('none').data.reduce((size, entry) => size + entry.head.length + Math.ceil(entry.body.length / 512) * 512, 0);
    const first = used + 512;
    expect(first).toBeLessThan(body.length);
    const cut = (length: number) => withMember('none', 'data', () => body.subarray(0, length));
    const ranges = lengthsOf(body).filter((length) => length % 31 === 0 || Math.abs(length - first) < 3);
    const before = ranges.filter((length) => length < first);
    expect(await count(before.map(cut), whole('none'))).toEqual({ 'package-damaged': before.length });
    expect(await count(ranges.slice(before.length).map(cut), whole('none'))).toEqual({ same: ranges.length - before.length });
  });

  test.each(['gzip', 'xz', 'zstd'] as const)('with any byte of a compressed member changed is refused or the same (%s)', async (z) => {
    const flips = fc.sample(fc.integer({ min: 1, max: 255 }), { numRuns: 5000, seed });
    for (const part of ['control', 'data'] as const) {
      const body = readAr(packages[z], z).find(({ name }) => name.startsWith(part))?.body ?? Buffer.alloc(0);
      const changed = lengthsOf(body).map((at) =>
        withMember(z, part, () => {
          const copy = Buffer.from(body);
          copy[at] = (copy[at] ?? 0) ^ (flips[at] ?? 1);
          return copy;
        }),
      );
      const { same = 0, ...refused } = await count(changed, whole(z));
      expect(Object.keys(refused)).toEqual(['package-damaged']);
      // Only a few bytes of the headers mean nothing for the content.
      expect(same).toBeLessThan(20);
    }
  });

  /** Some bytes anywhere in the package set to something else. */
  const noise = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });

  test.each(compressors)('with bytes changed anywhere never fails in another way (%s)', async (z) => {
    const changed = fc.sample(noise, { numRuns: 400, seed }).map((places) => {
      const copy = Buffer.from(packages[z]);
      for (const [at, value] of places) copy[at % copy.length] = value;
      return copy;
    });
    const found = await count(changed, whole(z));
    expect(found['package-damaged']).toBeGreaterThan(100);
    if (z !== 'none') expect(found.other).toBeUndefined();
  });

  test('with a zstd stream without a checksum never fails in another way', async () => {
    const plain = readAr(packages.none, 'x')[2]?.body ?? Buffer.alloc(0);
    const stream = compress('zstd', plain, '--no-check', '-q');
    const changed = fc.sample(noise, { numRuns: 400, seed }).map((places) =>
      withMember('zstd', 'data', () => {
        const copy = Buffer.from(stream);
        for (const [at, value] of places) copy[at % copy.length] = value;
        return copy;
      }),
    );
    expect(await count([withMember('zstd', 'data', () => stream)], whole('zstd'))).toEqual({ same: 1 });
    expect((await count(changed, whole('zstd')))['package-damaged']).toBeGreaterThan(100);
  });

  test('with noise in place of a member is refused as damaged', async () => {
    const magic = { gzip: '1f8b0800', xz: 'fd377a585a000004', zstd: '28b52ffd', none: '' };
    const rubbish = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 150, seed });
    for (const z of compressors) {
      for (const start of ['', magic[z]]) {
        const cases = rubbish.map((bytes) => withMember(z, 'data', () => Buffer.concat([Buffer.from(start, 'hex'), bytes])));
        const found = await count(cases, whole(z));
        expect(found).toEqual({ 'package-damaged': cases.length });
      }
    }
  });

  test.each(compressors)('whose members are compressed otherwise than their names say is refused as damaged (%s)', async (z) => {
    for (const other of compressors.filter((one) => one !== z)) {
      const [binary, control, data] = readAr(packages[z], z);
      const misnamed = ar(
        ['debian-binary', binary?.body ?? Buffer.alloc(0)],
        [`control.tar${suffixes[other]}`, control?.body ?? Buffer.alloc(0)],
        [`data.tar${suffixes[other]}`, data?.body ?? Buffer.alloc(0)],
      );
      expect(await ends(misnamed, whole(z))).toBe('package-damaged');
    }
  });
});
