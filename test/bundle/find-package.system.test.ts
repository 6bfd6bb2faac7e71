import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { failureOf, makeDirectory, missing, sample, sh, stream, writeFiles } from '../support.js';
import { bundleOf, endOfTar, type Member, noise, pieces, tarMember, tarOf } from './archives.js';

const { bundle, deb, name } = await sample();
const signal = new AbortController().signal;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** Digests in place of the bytes: comparing buffers byte by byte takes long. */
const read = async (source: AsyncIterable<Buffer>, whole = false) => {
  const { bytes, ...found } = await findPackage(source, { path: 'b.tgz', whole, signal });
  return { ...found, sha256: sha256(bytes) };
};
const debSha256 = sha256(deb);

describe('the package is found', () => {
  const userland = 'mft/DEBS/mft_4.20.1-14_amd64.deb';
  const others: Member[] = [
    { path: 'mft/', type: 'Directory' },
    { path: 'mft/DEBS/mft_4.20.1-14_amd64.deb', body: noise(70_000) },
    { path: 'mft/DEBS/x/kernel-mft-dkms-other_1_all.deb', body: Buffer.from('not this one') },
    { path: 'mft/install.sh', body: Buffer.from('#!/bin/sh\n') },
  ];
  const link = (folder: string): Member => ({
    path: `mft/${folder}/${name}`,
    type: 'SymbolicLink',
    linkpath: `../DEBS/COMMON/${name}`,
  });

  test.each(['SDEBS', 'DEBS/COMMON'])('in %s, whether it comes first, in the middle or last', async (folder) => {
    const member = `mft/${folder}/${name}`;
    for (const at of [0, 2, others.length]) {
      const bytes = bundleOf(...others.slice(0, at), { path: member, body: deb }, ...others.slice(at));
      expect(await read(stream(bytes))).toEqual({ member, sha256: debSha256, bundleSha256: sha256(bytes), userland });
    }
  });

  test('between symbolic links of the same name', async () => {
    const member = `mft/DEBS/COMMON/${name}`;
    const bytes = bundleOf(link('DEBS/A'), { path: member, body: deb }, link('DEBS/Z'), ...others);
    expect(await read(stream(bytes))).toEqual({ member, sha256: debSha256, bundleSha256: sha256(bytes), userland });
  });

  test('twice, if both are the same bytes', async () => {
    const bytes = bundleOf({ path: `a/${name}`, body: deb }, { path: `b/${name}`, body: deb });
    expect(await read(stream(bytes))).toMatchObject({ member: `a/${name}`, sha256: debSha256 });
  });

  test.skipIf(missing('tools') !== '')('in what tar and gzip write, one gzip member after the other too', async () => {
    const folder = makeDirectory();
    const long = `${'long-folder-name/'.repeat(9)}file`;
    writeFiles(folder, { [`mft/SDEBS/${name}`]: deb, 'mft/DEBS/mft_1_amd64.deb': noise(3_000_000), [`mft/${long}`]: 'x' });
    const make = (format: string) => `tar --format=${format} --sort=name -cf ${format}.tar mft`;
    // A file with a hole is an entry of a kind of its own.
    sh('truncate -s 100000 mft/DEBS/hole && echo end >> mft/DEBS/hole && tar -S --sort=name -cf sparse.tar mft', { cwd: folder });
    sh(`${['gnu', 'pax', 'ustar'].map(make).join(' && ')} && gzip -k *.tar && gzip -9k < gnu.tar > best.gz`, { cwd: folder });
    sh('head -c 100000 gnu.tar | gzip > a.gz; tail -c +100001 gnu.tar | gzip > b.gz; cat a.gz b.gz > gnu2.gz', { cwd: folder });
    // What a tape or a download tool fills up with zeros is a whole archive for gunzip too.
    sh('(cat gnu.tar.gz; head -c 5000 /dev/zero) > padded.gz && gunzip -c padded.gz | cmp - gnu.tar', { cwd: folder });
    const sums = sh('sha256sum *.gz', { cwd: folder }).trim().split('\n');
    for (const line of sums.filter((sum) => !/ [ab]\.gz$/.test(sum))) {
      const [sum, file] = line.split('  ');
      const found = await read(stream(Buffer.from(sh(`base64 -w0 ${file}`, { cwd: folder }), 'base64')), true);
      expect({ file, ...found }).toEqual({
        file,
        member: `mft/SDEBS/${name}`,
        sha256: debSha256,
        bundleSha256: sum,
        userland: 'mft/DEBS/mft_1_amd64.deb',
      });
    }
  });
});

describe('how far a bundle is read', () => {
  const tail = noise(20_000_000);
  const big = gzipSync(tarOf({ path: `m/SDEBS/${name}`, body: deb }, { path: 'm/z/mft.deb', body: tail }), { level: 1 });

  test('not far past a package that comes first: then the digest of the whole is not known', async () => {
    const { source, pulled } = pieces(big, 65_536);
    expect(await read(source)).toEqual({ member: `m/SDEBS/${name}`, sha256: debSha256 });
    expect(pulled()).toBeLessThan(big.length / 5);
  });

  test('to the end where the digest of the whole is wanted', async () => {
    const { source, pulled } = pieces(big, 65_536);
    expect(await read(source, true)).toMatchObject({ sha256: debSha256, bundleSha256: sha256(big) });
    expect(pulled()).toBe(big.length);
  });

  test('to the end to find a package that comes last', async () => {
    const bytes = gzipSync(tarOf({ path: 'm/a.deb', body: tail }, { path: `m/${name}`, body: deb }), { level: 1 });
    expect(await read(pieces(bytes, 65_536).source)).toMatchObject({ sha256: debSha256, bundleSha256: sha256(bytes) });
  });
});

describe('how the bytes come makes no difference', () => {
  const compact = gzipSync(gunzipSync(bundle), { level: 9 });

  test('one by one', async () => {
    expect(await read(pieces(compact, 1).source)).toMatchObject({ sha256: debSha256, bundleSha256: sha256(compact) });
  });

  test('with empty pieces between', async () => {
    expect(await read(stream(Buffer.alloc(0), compact.subarray(0, 1), Buffer.alloc(0), compact.subarray(1)))).toMatchObject({
      sha256: debSha256,
    });
  });

  test('in pieces of any sizes, over the seams between gzip members too', async () => {
    const tar = gunzipSync(bundle);
    const compact = Buffer.concat([gzipSync(tar.subarray(0, 50_000)), gzipSync(''), gzipSync(tar.subarray(50_000))]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 20 }), async (sizes) => {
        expect(await read(pieces(compact, ...sizes, 700).source)).toMatchObject({ sha256: debSha256, bundleSha256: sha256(compact) });
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  test('when zeros follow the gzip stream, as padding: the digest is that of all bytes', async () => {
    const padded = Buffer.concat([compact, Buffer.alloc(1_000_000)]);
    for (const size of [padded.length, 1000]) {
      expect({ size, ...(await read(pieces(padded, size).source, true)) }).toMatchObject({ size, bundleSha256: sha256(padded) });
    }
  });

  test('to whether a second, different package some way behind the first is seen', async () => {
    const other = Buffer.concat([deb, Buffer.from('\n')]);
    for (const distance of [0.5, 1.2, 1.7, 2.5]) {
      const between: Member = { path: 'm/between', body: noise(distance * 1024 * 1024) };
      const bytes = bundleOf(
        { path: `a/${name}`, body: deb },
        between,
        { path: `b/${name}`, body: other },
        { path: 'm/z', body: noise(4e6) },
      );
      const outcomes = new Set<string>();
      for (const size of [bytes.length, 65_536, 1000]) {
        const result = read(pieces(bytes, size).source);
        outcomes.add(
          await result.then(
            () => 'found',
            (error) => error.failure.detail,
          ),
        );
      }
      expect({ distance, outcomes: [...outcomes] }).toEqual({ distance, outcomes: [expect.any(String)] });
    }
  });
});

describe('memory stays flat', () => {
  const size = 300 * 1024 * 1024;
  const part = 1024 * 1024;
  const package_ = tarMember({ path: `m/${name}`, body: deb });
  const big = tarMember({ path: 'm/big.deb', size });

  /** A bundle whose middle is 300 MiB, made of gzip members so that making it takes no time. */
  async function* large(head: Buffer, filling: Buffer, end: Buffer) {
    const middle = gzipSync(filling, { level: 1 });
    yield gzipSync(head);
    for (let done = 0; done < size; done += part) yield middle;
    yield gzipSync(end);
  }

  test.each([
    ['zeros before the package', big, Buffer.alloc(part), Buffer.concat([package_, endOfTar])],
    ['random bytes before the package', big, noise(part), Buffer.concat([package_, endOfTar])],
    ['zeros behind the package', Buffer.concat([package_, big]), Buffer.alloc(part), endOfTar],
    ['zeros behind the end of the archive', Buffer.concat([package_, endOfTar]), Buffer.alloc(part), endOfTar],
  ])('with 300 MiB of %s', async (_, head, filling, end) => {
    const before = process.memoryUsage().rss;
    const onBytes = () => {
      const grown = (process.memoryUsage().rss - before) / 1e6;
      if (grown > 120) throw new Error(`memory has grown by ${grown} MB`);
    };
    const found = await findPackage(large(head, filling, end), { path: 'b.tgz', whole: true, signal, onBytes });
    expect(sha256(found.bytes)).toBe(debSha256);
  });
});

test('a run that is broken off ends in the reason, not in a damaged bundle', async () => {
  const interruption = new AbortController();
  const piece = gzipSync(Buffer.alloc(1024 * 1024));
  const long = (async function* () {
    yield gzipSync(tarMember({ path: 'm/big.deb', size: 2 ** 32 }));
    for (let i = 0; i < 4096; i++) {
      yield piece;
      interruption.abort(new Error('broken off'));
    }
  })();
  await expect(findPackage(long, { path: 'b.tgz', whole: true, signal: interruption.signal })).rejects.toThrow('broken off');
  expect(await failureOf(() => read(stream(bundle.subarray(0, 1000))))).toMatchObject({ code: 'bundle-damaged' });
});
