import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';

const folder = makeDirectory();

/** Packages as a vendor gives them (ours, and put together again by dpkg-deb, the changelog by gzip -9n), and for which kernel. */
const patched = [
  ['flat', 'all'],
  ['nnt', '7.3'],
  ['flat-by-dpkg', 'all'],
  ['flat-by-dpkg', '7.3'],
  ['flat-by-dpkg', '5.10'],
  ['nnt-by-dpkg', 'all'],
  ['nnt-by-dpkg', '7.3'],
] as const;

const repack = (from: string, to: string, gzip: string) =>
  sh(
    `dpkg-deb -R ${from} tree
    (cd tree; gunzip usr/share/doc/*/changelog.Debian.gz; ${gzip} usr/share/doc/*/changelog.Debian; find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
    mkdir -p ${to}; dpkg-deb -Zxz -b tree ${to}/package.deb; rm -r tree`,
    { cwd: folder },
  );

/**
 * The version of a patched package tells its kind, its serial and its patches, so the file's name is over the 80 characters that
 * lintian allows for the file systems of CDs, with the longest architecture in the place of this one. That is wanted.
 */
const isOfFileName = (tag: string) => tag.startsWith('W: kernel-mft-dkms: package-has-long-file-name ');

/** What lintian says of a package that was judged: tag and file, without the line. */
function tagsOf(judged: string): string[] {
  const lines = readFileSync(join(folder, judged, 'tags'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.replace(/:\d+\]$/, ']'));
}

describe.skipIf(missing('tools') !== '')('lintian', () => {
  beforeAll(async () => {
    for (const generation of ['flat', 'nnt']) {
      mkdirSync(join(folder, generation));
      writeFileSync(join(folder, generation, 'package.deb'), (await sample(generation)).deb);
      repack(`${generation}/package.deb`, `${generation}-by-dpkg`, 'gzip -9n');
    }
    for (const [vendor, kernel] of patched) {
      const args = [
        'build',
        '--deb',
        `${vendor}/package.deb`,
        '--kernel',
        kernel,
        '--no-verify',
        '--quiet',
        '--out',
        `${vendor}-${kernel}`,
      ];
      expect(await runCli(args, { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
    }
    repack('flat-by-dpkg-all/*.deb', 'worse', 'gzip -1n');
    // Every tag that it has, the hints of no importance too; what it finds is data here, and no failure.
    const lintian = 'lintian --no-cfg --display-info --display-experimental --pedantic --tag-display-limit 0 --fail-on none --allow-root';
    sh(`ls -d */ | xargs -P 2 -I{} bash -c '${lintian} {}*.deb > {}tags'`, { cwd: folder });
  }, 300_000);

  test("finds faults in the vendor's packages, by the same words each time", () => {
    expect(tagsOf('flat')).toContain('E: kernel-mft-dkms: no-copyright-file');
    for (const generation of ['flat', 'nnt']) expect(tagsOf(`${generation}-by-dpkg`)).toEqual(tagsOf(generation));
  });

  test.each(patched)('finds nothing new in %s, patched for %s', (vendor, kernel) => {
    const known = new Set(tagsOf(vendor));
    expect(tagsOf(`${vendor}-${kernel}`).filter((tag) => !known.has(tag) && !isOfFileName(tag))).toEqual([]);
  });

  test('would tell of a changelog that is compressed worse', () => {
    const known = new Set(tagsOf('flat-by-dpkg'));
    const file = 'usr/share/doc/kernel-mft-dkms/changelog.Debian.gz';
    expect(tagsOf('worse').filter((tag) => !known.has(tag) && !isOfFileName(tag))).toEqual([
      `W: kernel-mft-dkms: changelog-not-compressed-with-max-compression [${file}]`,
    ]);
  });
});
