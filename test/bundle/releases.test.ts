import { describe, expect, test } from 'vitest';
import type { Release } from '../../src/bundle/release-file.js';
import { findRelease, layoutOf, loadReleases, resolveMftRelease } from '../../src/bundle/releases.js';
import { projectText } from '../../src/project-files.js';
import { failureOf, testContext } from '../support.js';

const { releases } = JSON.parse(await projectText('releases.json')) as { releases: Release[] };
const named = (release: Release) => `${release.version}-${release.revision} ${release.arch}`;
const byRule = (wanted: string, arch: string) => findRelease(wanted, arch, []).url;

describe('every entry of releases.json', () => {
  test.each(releases.map((release) => [named(release), release] as const))('%s is whole and right', (_, release) => {
    const { version, revision, arch, url, digests, seenIn, seenOn, urlComposed, ...rest } = release;
    expect(rest).toEqual({});
    expect(version).toMatch(/^\d+\.\d+\.\d+(\.\d+)?$/);
    expect(revision).toMatch(/^\d+$/);
    expect(['x86_64', 'arm64', 'ppc64le']).toContain(arch);
    const file = byRule(`${version}-${revision}`, arch).replace(/^.*\//, '');
    expect(file).toContain(`mft-${version}-${revision}-`);
    // Two spellings of one place: the first redirects to the second. A file of 4.32.0-6017 was seen under a longer name.
    const names = [file, file.replace('-arm64-', '-linux-arm64-')];
    expect(
      ['www.mellanox.com/downloads', 'content.mellanox.com'].flatMap((at) => names.map((name) => `https://${at}/MFT/${name}`)),
    ).toContain(url);
    if (urlComposed) expect(url).toBe(byRule(`${version}-${revision}`, arch));
    expect([undefined, true]).toContain(urlComposed);
    const lengths: Record<string, number> = { md5: 32, sha256: 64, blake2b512: 128 };
    for (const [algorithm, digest] of Object.entries(digests)) {
      expect(digest).toMatch(new RegExp(`^[0-9a-f]{${lengths[algorithm] ?? 0}}$`));
    }
    expect(seenIn.length).toBeGreaterThan(0);
    for (const place of seenIn) expect(place).toMatch(/\S/);
    expect(seenOn ?? '2000').toMatch(/^\d{4}/);
  });

  test('stands there once, and no two bundles share a digest', () => {
    expect(releases.length).toBeGreaterThan(20);
    expect(new Set(releases.map(named)).size).toBe(releases.length);
    const digests = releases.flatMap((release) => Object.values(release.digests));
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('is found by its version and any spelling of its architecture', () => {
    const spellings = { x86_64: ['x86_64', 'amd64', 'x64'], arm64: ['arm64', 'aarch64'], ppc64le: ['ppc64le', 'ppc64el'] };
    for (const { version, revision, arch, url, digests } of releases) {
      for (const spelling of spellings[arch]) {
        const { sha256, md5, ...found } = findRelease(`${version}-${revision}`, spelling, releases);
        const release = `MFT ${version}-${revision} ${arch}`;
        const full = `${version}-${revision}`;
        expect(found).toEqual({ name: url.replace(/^.*\//, ''), url, release, version: full, isKnown: true });
        expect({ sha256, md5 }).toEqual({ sha256: digests.sha256, md5: digests.md5 });
      }
    }
  });
});

describe('a release that is not in releases.json', () => {
  const host = 'https://www.mellanox.com/downloads/MFT';

  test.each([
    ['4.20.1-14', 'amd64', 'mft-4.20.1-14-x86_64-deb.tgz'],
    ['4.32.0-999', 'arm64', 'mft-4.32.0-999-arm64-deb.tgz'],
    ['4.32.0-999', 'aarch64', 'mft-4.32.0-999-arm64-deb.tgz'],
    ['4.34.0-999', 'arm64', 'mft-4.34.0-999-aarch64-deb.tgz'],
    ['4.34.0-999', 'x64', 'mft-4.34.0-999-x86_64-deb.tgz'],
    ['4.40.2-1', 'aarch64', 'mft-4.40.2-1-aarch64-deb.tgz'],
    ['5.0.0-1', 'arm64', 'mft-5.0.0-1-aarch64-deb.tgz'],
    ['4.29.0-9', 'ppc64le', 'mft-4.29.0-9-ppc64-deb.tgz'],
    ['4.35.0-9', 'ppc64el', 'mft-4.35.0-9-ppc64-deb.tgz'],
    ['4.26.1.3-1', 'x86_64', 'mft-4.26.1.3-1-x86_64-deb.tgz'],
  ])('%s for %s lies where the rule says', (wanted, arch, file) => {
    expect(findRelease(wanted, arch, [])).toEqual({
      name: file,
      url: `${host}/${file}`,
      release: expect.stringMatching(`^MFT ${wanted} (x86_64|arm64|ppc64le)$`),
      version: wanted,
      isKnown: false,
    });
  });

  test.each(['', '4.20.9', '4.20-14', 'v4.20.1-14', '4.20.1-14a', '4.20.1-14/../x', '../4.20.1-14', '4.20.1-14\n', 'Latest'])(
    '%j is no release',
    async (wanted) => {
      expect(await failureOf(() => findRelease(wanted, 'x86_64', releases))).toMatchObject({
        code: 'usage',
        detail: expect.stringContaining(wanted),
      });
    },
  );

  test.each(['', 'sparc', 'X86_64', 'i386', 'constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    '%j is no architecture',
    async (arch) => {
      const failure = await failureOf(() => findRelease('4.20.1-14', arch, releases));
      expect(failure).toMatchObject({
        code: 'usage',
        detail: expect.stringContaining(`'${arch}'`),
        hint: expect.stringContaining('amd64'),
      });
    },
  );
});

describe('the release that is taken', () => {
  test('without a word is in releases.json, where nothing else is', async () => {
    expect(await loadReleases(testContext())).toEqual(releases);
    const context = testContext();
    const { isKnown, ...found } = findRelease('4.20.1-14', 'x86_64', releases);
    expect(isKnown).toBe(true);
    expect(await resolveMftRelease({ arch: 'amd64' }, context)).toEqual(found);
    expect(await resolveMftRelease({ mft: '4.20.1', arch: 'x86_64' }, context)).toEqual(found);
    expect(await resolveMftRelease({}, context)).toEqual(await resolveMftRelease({ arch: process.arch }, context));
    expect(context.told.warnings).toEqual([]);
  });

  test('though it is not in there, with a warning, is where the rule says', async () => {
    const context = testContext();
    const { isKnown: _, ...found } = findRelease('4.32.0-999', 'arm64', []);
    expect(await resolveMftRelease({ mft: '4.32.0-999', arch: 'arm64' }, context)).toEqual(found);
    expect(context.told.warnings).toEqual([expect.stringMatching(`4\\.32\\.0-999.*${found.url}`)]);
  });
});

describe('a release by less than its whole name', () => {
  test.each([
    ['4.20.1', 'x86_64', 'mft-4.20.1-14-x86_64-deb.tgz'],
    ['4.22.1', 'x86_64', 'mft-4.22.1-526-x86_64-deb.tgz'],
    ['4.30.1', 'arm64', 'mft-4.30.1-113-arm64-deb.tgz'],
    ['4.35.0', 'aarch64', 'mft-4.35.0-159-aarch64-deb.tgz'],
    ['latest', 'x86_64', 'mft-4.37.0-154-x86_64-deb.tgz'],
    ['4.020.1', 'x86_64', 'mft-4.20.1-14-x86_64-deb.tgz'],
    ['4.20.01-014', 'amd64', 'mft-4.20.1-14-x86_64-deb.tgz'],
    ['4.32.0-6017', 'arm64', 'mft-4.32.0-6017-linux-arm64-deb.tgz'],
    ['latest', 'arm64', 'mft-4.36.0-147-aarch64-deb.tgz'],
    ['latest', 'ppc64le', 'mft-4.29.0-131-ppc64-deb.tgz'],
  ])('%s for %s is %s', (wanted, arch, name) => {
    expect(findRelease(wanted, arch, releases)).toMatchObject({ name, isKnown: true });
  });

  test('has the layout that its patches are for', () => {
    expect(['4.5.0', '4.20.1', '4.21.0', '4.22.0', '4.36.0'].map(layoutOf)).toEqual(['flat', 'flat', 'nnt', 'nnt', 'nnt']);
  });
});
