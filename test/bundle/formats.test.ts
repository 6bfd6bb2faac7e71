/** What people have instead of the vendor's .tgz: each is read by what it holds, whatever its name. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { readSource } from '../../src/bundle/read-source.js';
import { newArMember, writeAr } from '../../src/deb/ar.js';
import { sha256 } from '../../src/system/digest.js';
import { cliPath, failureOf, makeDirectory, sample, stream, testContext } from '../support.js';
import { noise, pieces, tarOf } from './archives.js';
import { rawFrame, skippableFrame, zstdOf } from './zstd.js';

const { bundle, deb, name } = await sample();
const directory = makeDirectory();
const tar = gunzipSync(bundle);
const userland = 'usr/share/doca-host-2.9.0/repo/pool/mft_4.15.1.0-1_amd64.deb';
const pool = tarOf({ path: `usr/share/doca-host-2.9.0/repo/pool/${name}`, body: deb }, { path: userland, body: noise(300) });
const control = (text: string) => tarOf({ path: './control', body: Buffer.from(text) });

/** A .deb with these members, of odd sizes too. */
function debOf(...members: [string, Buffer][]): Buffer {
  return writeAr([['debian-binary', Buffer.from('2.0\n')] as const, ...members].map(([member, body]) => newArMember(member, body, 0)));
}
const doca = debOf(
  ['control.tar', control('Package: doca-host\nVersion: 2.9.0\n')],
  ['data.tar.gz', gzipSync(pool)],
  ['_x', Buffer.from('odd')],
);

const read = (bytes: Buffer, ...sizes: number[]) => findPackage(pieces(bytes, ...sizes).source, { path: 'b', whole: true, signal });
const signal = new AbortController().signal;

describe('the package is found in', () => {
  test.each<[string, Buffer, object]>([
    ['a plain tar archive', tar, {}],
    ['one that gzip compressed', bundle, {}],
    ['one that zstd compressed', zstdOf(tar), {}],
    [
      'one in several zstd frames',
      Buffer.concat([skippableFrame(9), zstdOf(tar.subarray(0, 700)), skippableFrame(0), zstdOf(tar.subarray(700))]),
      {},
    ],
    ['a DOCA-Host .deb', doca, { member: `usr/share/doca-host-2.9.0/repo/pool/${name}`, userland }],
    [
      'one with zstd members',
      debOf(['control.tar.zst', zstdOf(control('Package: doca-host\n'))], ['data.tar.zst', zstdOf(pool)]),
      { userland },
    ],
  ])('%s, in pieces of any size', async (_, bytes, more) => {
    for (const size of [bytes.length, 977, 13])
      expect(await read(bytes, size)).toMatchObject({ bytes: deb, bundleSha256: sha256(bytes), ...more });
  });

  test('nothing: it is the package itself', async () => {
    for (const size of [deb.length, 977, 1]) expect(await read(deb, size)).toEqual({ member: '', bytes: deb });
  });

  test('standard input, which is read to its end', async () => {
    const build = (input: Buffer, ...args: string[]) =>
      new Promise<{ status: number | null; stdout: string }>((resolve) => {
        const child = spawn(process.execPath, [cliPath, 'plan', '--bundle', '-', '--json', '--quiet', ...args], {
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        let stdout = '';
        child.stdout.on('data', (chunk) => {
          stdout += chunk;
        });
        child.on('close', (status) => resolve({ status, stdout }));
        child.stdin.end(input);
      });
    const long = gzipSync(Buffer.concat([tar.subarray(0, -1024), tarOf({ path: 'z', body: noise(3_000_000) })]), { level: 1 });
    expect(await build(long)).toMatchObject({ status: 0, stdout: expect.stringContaining('"4.15.1"') });
    expect(await build(long, '--sha256', sha256(long))).toMatchObject({ status: 0 });
    expect(await build(deb, '--sha256', sha256(deb))).toMatchObject({ status: 0 });
    const { status, stdout } = await build(long, '--sha256', '0'.repeat(64));
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 3,
      code: 'digest-mismatch',
      path: 'standard input',
      actual: sha256(long),
    });
  });
});

describe('refused is', () => {
  const zeros = Buffer.alloc(40_000);
  const iso = Buffer.concat([Buffer.alloc(16 * 2048 + 1), Buffer.from('CD001'), zeros]);
  test.each<[string, Buffer, RegExp, RegExp]>([
    ['a web page', Buffer.from('\n <!DOCTYPE html>'), /web page/, /\S/],
    ['bzip2', Buffer.from('BZh91AY&SY'), /bzip2/, /bzip2 -dc FILE \| mft-patch build --bundle -/],
    ['a zip archive', Buffer.from('PK\x03\x04 and so on'), /zip/, /unpack/],
    ['an rpm package', Buffer.from('edabeedb0300', 'hex'), /rpm/, /\.deb/],
    ['an ISO image', iso, /ISO image/, /mount/],
    ['nothing but zeros', zeros, /neither a tar archive/, /\S/],
    ['a text', Buffer.from('hello'), /neither a tar archive/, /\S/],
    ['zstd in zstd', zstdOf(zstdOf(tar)), /compressed twice/, /\S/],
    ['gzip in a .deb twice', debOf(['data.tar.gz', gzipSync(gzipSync(pool))]), /compressed twice/, /\S/],
    ['a .deb without data', debOf(['control.tar', control('Package: doca-host\n')]), /truncated/, /\S/],
    ['a .deb that is cut', doca.subarray(0, 2000), /truncated/, /\S/],
    ['a .deb with a bad header', Buffer.concat([doca.subarray(0, 8), Buffer.alloc(60, 'x'), doca]), /ar header/, /\S/],
    [
      'a .deb with nothing inside',
      debOf(['control.tar', control('Package: x\n')], ['data.tar', tarOf({ path: 'a' })]),
      /contains no/,
      /\S/,
    ],
    ['a package above the limit', Buffer.concat([deb, Buffer.alloc(33 << 20)]), /the limit is 33554432/, /\S/],
    ['a zstd stream that is cut', zstdOf(tar).subarray(0, -9), /corrupt or truncated/, /\S/],
    [
      'a zstd stream with another checksum',
      Buffer.from(zstdOf(tar).map((byte, i, { length }) => (i < length - 2 ? byte : byte ^ 1))),
      /checksum mismatch/,
      /\S/,
    ],
    ['a zstd stream with a text behind it', Buffer.concat([zstdOf(tar), Buffer.from('text')]), /corrupt or truncated/, /\S/],
    ['a zstd frame with a dictionary', rawFrame(tar, { descriptor: 1 }), /dictionary/, /\S/],
    ['a zstd frame with a window of 256 MiB', rawFrame(tar, { window: 18 << 3 }), /window above 128 MiB/, /\S/],
    ['a zstd block of 1 MiB', rawFrame(tar, { blockSize: 1 << 20 }), /block of 1048576 bytes/, /\S/],
  ])('%s', async (_, bytes, detail, hint) => {
    const path = join(directory, 'b.tgz');
    writeFileSync(path, bytes);
    const failure = await failureOf(() => readSource({ kind: 'bundle', path }, testContext()));
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^(bundle-damaged|package-unfit)$/),
      path,
      detail: expect.stringMatching(detail),
    });
    expect('hint' in failure ? failure.hint : 'x').toMatch(hint);
  });
});

test('a stream that is left early can be followed by another', async () => {
  const early = zstdOf(tarOf({ path: `a/${name}`, body: deb }, { path: 'z', body: noise(3_000_000) }));
  for (let i = 0; i < 3; i++)
    expect(await findPackage(stream(early), { path: 'b', whole: false, signal })).toMatchObject({ member: `a/${name}` });
});
