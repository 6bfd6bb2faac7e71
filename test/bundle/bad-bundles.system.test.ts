import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { readSource } from '../../src/bundle/read-source.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, missing, sample, sh, testContext, writeFiles } from '../support.js';
import { bundleOf, type Member, noise, pieces, tarMember, tarOf } from './archives.js';

const { bundle, deb, name } = await sample();
const folder = makeDirectory();
const package_: Member = { path: `m/SDEBS/${name}`, body: deb };
const tebibytes5 = 5 * 1024 ** 4;

interface Case {
  content: Buffer;
  flag?: '--deb';
  code: string;
  words: string;
  hint?: string;
}

const cases: Record<string, Case> = {
  'a text': { content: Buffer.from('hello, I am no bundle\n'), code: 'bundle-damaged', words: 'neither a tar archive' },
  'a web page': { content: Buffer.from('\n<!DOCTYPE html><html>…'), code: 'bundle-damaged', words: 'this is a web page, not a bundle' },
  'an empty file': { content: Buffer.alloc(0), code: 'bundle-damaged', words: 'neither a tar archive' },
  'a bundle as a package': { content: bundle, flag: '--deb', code: 'package-damaged', words: 'not a .deb', hint: '--bundle' },
  'a big file as a package': { content: Buffer.alloc(33 << 20), flag: '--deb', code: 'package-unfit', words: '34603008', hint: '--bundle' },
  'a text, compressed': { content: gzipSync(noise(5000).toString('hex')), code: 'bundle-damaged', words: 'corrupt or truncated' },
  'nothing, compressed': { content: gzipSync(''), code: 'bundle-damaged', words: 'the archive is empty' },
  'half a bundle': { content: bundle.subarray(0, bundle.length / 2), code: 'bundle-damaged', words: 'unexpected end of file' },
  'an empty archive': { content: bundleOf(), code: 'bundle-damaged', words: 'the archive is empty' },
  'a bundle without the package': {
    content: bundleOf({ path: 'm/mft_1.deb', body: deb }),
    code: 'package-unfit',
    words: 'no kernel-mft-dkms',
  },
  'two packages that differ': {
    content: bundleOf(package_, { ...package_, path: `m/DEBS/${name}`, body: Buffer.from('other') }),
    code: 'package-unfit',
    words: `two different packages: m/SDEBS/${name} and m/DEBS/${name}`,
    hint: '--deb',
  },
  'a symbolic link in its place': {
    content: bundleOf({ path: package_.path, type: 'SymbolicLink', linkpath: '/etc/passwd' }),
    code: 'package-unfit',
    words: `m/SDEBS/${name} is a link to /etc/passwd`,
  },
  'a hard link in its place': {
    content: bundleOf({ path: 'm/x', body: deb }, { path: package_.path, type: 'Link', linkpath: 'm/x' }),
    code: 'package-unfit',
    words: `m/SDEBS/${name} is a link to m/x`,
  },
  'a member above the folder': {
    content: bundleOf(package_, { path: 'm/../../evil', body: deb }),
    code: 'package-unfit',
    words: 'm/../../evil would be extracted outside',
  },
  'a member at the root': {
    content: bundleOf({ path: '/etc/evil', body: deb }, package_),
    code: 'package-unfit',
    words: '/etc/evil would be extracted outside',
  },
  'a character device': {
    content: bundleOf(package_, { path: 'm/null', type: 'CharacterDevice' }),
    code: 'package-unfit',
    words: 'm/null is a device',
  },
  'a block device': {
    content: bundleOf({ path: 'm/sda', type: 'BlockDevice' }, package_),
    code: 'package-unfit',
    words: 'm/sda is a device',
  },
  'a member of 5 TiB': {
    content: gzipSync(Buffer.concat([tarMember({ path: 'm/big.deb', size: tebibytes5 }), Buffer.alloc(3 << 20)])),
    code: 'bundle-damaged',
    words: 'truncated',
  },
  'a package of 5 TiB': {
    content: gzipSync(Buffer.concat([tarMember({ ...package_, body: Buffer.alloc(0), size: tebibytes5 }), Buffer.alloc(3 << 20)])),
    code: 'package-unfit',
    words: `is ${tebibytes5} bytes`,
  },
  'a package of 33 MiB': {
    content: bundleOf({ ...package_, body: Buffer.alloc(33 << 20) }),
    code: 'package-unfit',
    words: 'is 34603008 bytes',
  },
  'a gzip in the gzip': { content: gzipSync(bundle), code: 'package-unfit', words: 'compressed twice' },
  'a damaged package in a sound bundle': {
    content: bundleOf({ ...package_, body: deb.subarray(0, deb.length / 2) }),
    code: 'package-damaged',
    words: `m/SDEBS/${name}`,
  },
};

describe('refused with exit 3 and nothing left behind:', () => {
  test.concurrent.each(Object.entries(cases))('%s', async (title, { content, flag = '--bundle', code, words, hint = '' }) => {
    const file = join(folder, title.replaceAll(/\W/g, '-'));
    writeFiles('/', { [file]: content });
    const out = `${file}.out`;
    await cli(['build', flag, file, '--kernel', '5.18', '--no-verify', '--out', out]).fails(
      3,
      {
        code,
        path: code === 'package-damaged' && flag === '--bundle' ? `${file}: ${package_.path}` : file,
        message: expect.stringContaining(words),
        hint: expect.stringMatching(hint === '' ? /\S/ : hint),
      },
      /^(reading .*\n)*$/,
    );
    expect(existsSync(out)).toBe(false);
  });

  test.concurrent.each([
    ['a file that is not there', join(folder, 'nowhere.tgz'), 'no such file'],
    ['a file below a file', join(folder, 'a-text/x.tgz'), 'a path component is not a directory'],
    // It looks like a file, and reading it fails.
    ['a file that cannot be read', '/proc/self/mem', 'I/O error'],
  ])('%s, as bundle and as package', async (_, path, words) => {
    writeFiles(folder, { 'a-text': 'x' });
    for (const flag of ['--bundle', '--deb']) {
      const out = join(folder, 'none');
      await cli(['build', flag, path, '--kernel', '5.18', '--no-verify', '--quiet', '--out', out]).fails(3, {
        code: 'no-input',
        path,
        detail: expect.stringContaining(words),
        hint: expect.stringMatching(/\S/),
      });
      expect(existsSync(out)).toBe(false);
    }
  });

  test('a folder as a package, and one without the package as a bundle', async () => {
    const [path, out] = [makeDirectory(), join(folder, 'none')];
    const options = ['--kernel', '5.18', '--no-verify', '--quiet', '--out', out];
    await cli(['build', '--deb', path, ...options]).fails(3, { code: 'no-input', path, detail: 'is not a file' });
    const failure = { code: 'package-unfit', path, detail: expect.stringContaining('no kernel-mft-dkms') };
    await cli(['build', '--bundle', path, ...options]).fails(3, failure);
    expect(existsSync(out)).toBe(false);
  });

  test.skipIf(process.getuid?.() !== 0)('a file of another user that may not be read', async () => {
    const path = join(folder, 'secret.tgz');
    sh(`chmod 755 ${folder}; install -m 600 /dev/null ${path}`);
    process.seteuid?.(65_534);
    try {
      for (const kind of ['bundle', 'deb'] as const) {
        expect(await failureOf(() => readSource({ kind, path }, testContext()))).toEqual({
          code: 'no-input',
          path,
          detail: 'permission denied',
        });
      }
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('another compression inside the gzip is not unpacked,', () => {
  /** A gzip stream whose first output is one byte: read piece by piece it comes alone. */
  const oneByteFirst = (bytes: Buffer) => {
    const stored = Buffer.concat([Buffer.from([0, 1, 0, 0xfe, 0xff]), bytes.subarray(0, 1)]);
    return Buffer.concat([gzipSync('').subarray(0, 10), stored, deflateRawSync(bytes.subarray(1)), gzipSync(bytes).subarray(-8)]);
  };
  const read = (bytes: Buffer, size: number) =>
    findPackage(pieces(bytes, size).source, { path: 'b.tgz', whole: false, signal: new AbortController().signal });

  test('whatever pieces it comes in', async () => {
    const trick = oneByteFirst(bundle);
    expect(gunzipSync(trick)).toEqual(bundle);
    for (const size of [trick.length, 100, 2]) {
      const failure = await failureOf(() => read(trick, size));
      expect({ size, failure }).toMatchObject({ size, failure: { code: 'package-unfit', detail: 'is compressed twice' } });
    }
  });

  test.skipIf(missing('tools') !== '')('zstd neither', async () => {
    const tar = tarOf(package_);
    writeFiles(folder, { 'plain.tar': tar });
    const zstd = Buffer.from(sh(`zstd -qc ${folder}/plain.tar | base64 -w0`), 'base64');
    expect(await failureOf(() => read(gzipSync(zstd), 1 << 20))).toMatchObject({
      code: expect.stringMatching(/bundle-damaged|package-unfit/),
    });
  });
});
