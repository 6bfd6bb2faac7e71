/** Bundles as xz, zstd, pzstd and dpkg-deb make them, in the formats of formats.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSource } from '../../src/bundle/read-source.js';
import { failureOf, makeDirectory, missing, sample, sh, testContext, writeFiles } from '../support.js';
import { noise } from './archives.js';

const { deb, name } = await sample();
const directory = makeDirectory();
writeFiles(directory, { 'm/A/text': 'text\n'.repeat(200_000), [`m/SDEBS/${name}`]: deb, 'm/z/mft_4.deb': noise(3_000_000) });
const read = (path: string) => readSource({ kind: 'bundle', path: join(directory, path) }, testContext());

describe.skipIf(missing('tools') !== '')('the package is found in what', () => {
  test.each([
    ['xz', 'xz -9 -T2 --block-size=200000'],
    ['xz twice, one stream after the other', 'head -c 900000 m.tar | xz && tail -c +900001 m.tar | xz --check=none; true'],
    ['xz with a check of its own', 'xz --check=crc32'],
    ['zstd', 'zstd -19'],
    ['zstd without a checksum, with a large window', 'zstd --no-check --long=27'],
    ['pzstd', 'pzstd -c -p 2'],
    ['gzip', 'gzip -1'],
    ['cat', 'cat'],
  ])('%s writes', async (title, command) => {
    sh(`tar --sort=name -cf m.tar m && (${command}) < m.tar > out`, { cwd: directory });
    expect({ title, ...(await read('out')) }).toMatchObject({ title, member: `m/SDEBS/${name}`, bytes: deb });
  });

  test.each(['none', 'gzip', 'xz', 'zstd'])('dpkg-deb writes (%s)', async (compression) => {
    const control = 'Package: doca-host\\nVersion: 2.9.0\\nArchitecture: all\\nMaintainer: x <x@x>\\nDescription: x\\n';
    sh(`mkdir -p d/DEBIAN d/usr/share/doca-host-2.9.0/repo/pool && printf '${control}' > d/DEBIAN/control`, { cwd: directory });
    sh(`cp m/SDEBS/* m/z/* d/usr/share/doca-host-2.9.0/repo/pool && dpkg-deb -Z${compression} -b d doca.deb`, { cwd: directory });
    const member = `./usr/share/doca-host-2.9.0/repo/pool/${name}`;
    expect(await read('doca.deb')).toMatchObject({ member, bytes: deb, path: join(directory, 'doca.deb') });
  });
});

test.skipIf(missing('tools') !== '')('what the library cannot decompress is named', async () => {
  sh('tar -cf m.tar m && xz --check=sha256 < m.tar > sha256 && xz --x86 --lzma2 < m.tar > x86', { cwd: directory });
  sh('xz --lzma2=dict=128MiB < m.tar > large && zstd -q --long=28 < m.tar > long && head -c 100000 large > cut', { cwd: directory });
  const hint = expect.stringContaining('--bundle -');
  for (const path of ['sha256', 'x86', 'large', 'long'])
    expect({ path, ...(await failureOf(() => read(path))) }).toMatchObject({ code: 'bundle-damaged', hint });
  expect(readFileSync(join(directory, 'cut')).length).toBe(100_000);
});
