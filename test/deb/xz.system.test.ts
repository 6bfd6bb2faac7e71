import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decompress } from '../../src/deb/compress.js';
import { readDeb } from '../../src/deb/deb.js';
import { xz } from '../../src/system/xz.js';
import { failureOf, makeDirectory, missing } from '../support.js';
import { ar, compress, controlTar, shown, tar } from './packages.js';

const folder = makeDirectory();
const content = createHash('shake256', { outputLength: 100_000 }).update('x').digest();
const archive = tar({ name: './', type: '5' }, { name: './thing', body: content });
const packageWith = (member: Buffer) => ar(['debian-binary', Buffer.from('2.0\n')], ['control.tar', controlTar], ['data.tar.xz', member]);
const plain = ar(['debian-binary', Buffer.from('2.0\n')], ['control.tar', controlTar], ['data.tar', archive]);

afterEach(() => vi.unstubAllEnvs());

describe.skipIf(missing('tools') !== '')('an xz stream', () => {
  const none = () => Promise.reject(new Error('the helper was asked'));

  test.each([
    ['of xz as it comes', []],
    ['with a CRC32', ['--check=crc32']],
    ['without a check', ['--check=none']],
    ['in many blocks', ['-T2', '--block-size=4096']],
    ['at the highest level', ['-9e']],
    ['at the lowest level', ['-0']],
  ])('%s is read without the program xz', async (_, options) => {
    const deb = await readDeb(packageWith(compress('xz', archive, ...options)), 'x', none);
    expect(shown(deb.data)).toEqual(shown((await readDeb(plain, 'x')).data));
  });

  describe.each([
    ['with a SHA-256 check', ['--check=sha256']],
    ['with a filter for x86', ['--x86', '--lzma2=preset=6']],
    ['with a delta filter', ['--delta=dist=4', '--lzma2=preset=6']],
  ])('%s', (_, options) => {
    const bytes = () => packageWith(compress('xz', archive, ...options));

    test('is read with the help of the program xz', async () => {
      const deb = await readDeb(bytes(), 'x', xz);
      expect(shown(deb.data)).toEqual(shown((await readDeb(plain, 'x')).data));
    });

    test('is refused where that is not installed, which the error says', async () => {
      const packed = bytes();
      vi.stubEnv('PATH', folder);
      expect(await failureOf(() => readDeb(packed, 'thing.deb', xz))).toEqual({
        code: 'package-damaged',
        path: 'thing.deb: data.tar.xz',
        detail: expect.stringMatching(/xz is not installed/),
      });
    });

    test('is refused without a helper', async () => {
      expect(await failureOf(() => readDeb(bytes(), 'thing.deb'))).toMatchObject({ code: 'package-damaged' });
    });

    test('may give as many bytes as the limit, and no more', async () => {
      const stream = compress('xz', archive, ...options);
      expect((await decompress('.xz', stream, { limit: archive.length, path: 'x', xz })).equals(archive)).toBe(true);
      expect(await failureOf(() => decompress('.xz', stream, { limit: archive.length - 1, path: 'x', xz }))).toEqual({
        code: 'package-unfit',
        path: 'x',
        detail: `decompresses to more than ${archive.length - 1} bytes`,
      });
    });

    test('that is damaged is refused by the program xz too', async () => {
      const member = compress('xz', archive, ...options);
      const changed = Buffer.from(member);
      changed[5000] = (changed[5000] ?? 0) ^ 0x10;
      for (const damaged of [changed, member.subarray(0, -1), member.subarray(0, 5000)]) {
        expect(await failureOf(() => readDeb(packageWith(damaged), 'thing.deb', xz))).toEqual({
          code: 'package-damaged',
          path: 'thing.deb: data.tar.xz',
          detail: expect.stringMatching(/cannot be decompressed: xz: .*(corrupt|Unexpected end)/),
        });
      }
    });
  });

  test('that is none at all, and long, is refused though xz does not read it to its end', async () => {
    const failure = await failureOf(() => readDeb(packageWith(Buffer.alloc(3_000_000, 'no xz ')), 'thing.deb', xz));
    expect(failure).toMatchObject({ code: 'package-damaged', detail: expect.stringContaining('format not recognized') });
  });

  test('that is given up as too large does not hold up the next one', async () => {
    const stream = compress('xz', archive);
    for (let times = 0; times < 3; times++) {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error('nothing came for 5 s')), 5000).unref());
      const refused = failureOf(() => decompress('.xz', stream, { limit: 1000, path: 'x' }));
      expect(await Promise.race([refused, late])).toMatchObject({ code: 'package-unfit' });
    }
  });
});
