/** Which source the options name, and what comes of reading it. Nothing is fetched. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSource } from '../../src/bundle/read-source.js';
import { findRelease, loadReleases } from '../../src/bundle/releases.js';
import { resolveSource, type SourceOptions } from '../../src/bundle/vendor-package.js';
import { sha256 } from '../../src/system/digest.js';
import { failureOf, makeDirectory, sample, testContext, writeFiles } from '../support.js';

const { bundle, deb, name } = await sample();
const directory = makeDirectory();
writeFiles(directory, { 'b.tgz': bundle, 'p.deb': deb, 'odd.deb.txt': deb });
const [bundlePath, debPath] = [join(directory, 'b.tgz'), join(directory, 'p.deb')];
const env = { PATH: process.env.PATH };
const resolved = (options: SourceOptions, changes: NodeJS.ProcessEnv = {}) =>
  resolveSource(options, testContext({ env: { ...env, ...changes } }));
const wrong = '0'.repeat(64);
const url = 'https://example.invalid/mirror/mft-4.20.1-14-x86_64-deb.tgz';
const vendorUrl = findRelease('4.20.1-14', 'x86_64', []).url;

describe('the source is', () => {
  test.each<[SourceOptions, object]>([
    [{ deb: debPath }, { kind: 'deb', path: debPath }],
    [{ deb: 'nowhere.deb' }, { kind: 'deb', path: 'nowhere.deb' }],
    [{ bundle: bundlePath }, { kind: 'bundle', path: bundlePath }],
    // What a FILE is shows when it is read, not in its name.
    [{ file: bundlePath }, { kind: 'bundle', path: bundlePath }],
    [{ file: debPath }, { kind: 'bundle', path: debPath }],
    [{ bundle: `file://${bundlePath}` }, { kind: 'bundle', path: bundlePath }],
    [{ file: 'FILE:///tmp/../' }, { kind: 'directory', path: '/' }],
    [{ deb: 'file:///a%20b.deb' }, { kind: 'deb', path: '/a b.deb' }],
    [{ bundle: '-' }, { kind: 'stdin' }],
    [
      { file: '-', sha256: wrong },
      { kind: 'stdin', sha256: wrong },
    ],
    [{ bundle: debPath }, { kind: 'bundle', path: debPath }],
    [{ file: join(directory, 'odd.deb.txt') }, { kind: 'bundle', path: join(directory, 'odd.deb.txt') }],
    [{ bundle: directory }, { kind: 'directory', path: directory }],
    [{ file: directory }, { kind: 'directory', path: directory }],
    [
      { deb: debPath, sha256: wrong },
      { kind: 'deb', path: debPath, sha256: wrong },
    ],
    [
      { file: bundlePath, sha256: wrong },
      { kind: 'bundle', path: bundlePath, sha256: wrong },
    ],
    [{ sample: true }, { kind: 'sample', layout: 'flat' }],
    [{ sample: 'nnt' }, { kind: 'sample', layout: 'nnt' }],
    [
      { sample: false, deb: debPath },
      { kind: 'deb', path: debPath },
    ],
  ])('of %j', async (options, source) => {
    expect(await resolved(options)).toEqual(source);
  });

  test.each<[SourceOptions, string]>([
    [{}, 'mft-4.20.1-14-x86_64-deb.tgz'],
    [{ mft: '4.22.1' }, 'mft-4.22.1-526-x86_64-deb.tgz'],
    [{ sample: false, mft: 'latest' }, 'mft-4.37.0-154-x86_64-deb.tgz'],
  ])('of %j a release', async (options, file) => {
    const source = await resolved({ ...options, arch: 'x86_64' });
    expect(source).toMatchObject({ kind: 'remote', file: { name: file, url: expect.stringContaining(`/${file}`) } });
    expect(source).toMatchObject({ policy: { requireDigest: false, readOnly: false } });
  });

  test.each([
    [url, 'mft-4.20.1-14-x86_64-deb.tgz'],
    ['HTTP://example.invalid/', 'bundle.tgz'],
    ['https://example.invalid/x.deb?raw=1', 'x.deb'],
  ])('of the URL %s', async (place, file) => {
    for (const options of [{ bundle: place }, { file: place }]) {
      const source = await resolved({ ...options, sha256: wrong, requireDigest: true, readOnly: true });
      expect(source).toMatchObject({ kind: 'remote', file: { name: file, url: place } });
      expect(source).toMatchObject({ policy: { sha256: wrong, requireDigest: true, readOnly: true } });
    }
  });

  test('of the URL of a release is that release, with the digests that are known of it', async () => {
    const { isKnown: _, version, ...release } = findRelease('4.20.1-14', 'x86_64', await loadReleases(testContext()));
    expect(await resolved({ bundle: vendorUrl })).toMatchObject({ kind: 'remote', file: release, release: version });
    const { isKnown: __, version: ___, ...unknown } = findRelease('4.21.0-99', 'arm64', []);
    expect(await resolved({ bundle: unknown.url })).toMatchObject({ kind: 'remote', file: unknown });
    // A name makes no release: this is anybody's file.
    expect(await resolved({ bundle: url })).not.toHaveProperty('file.release');
    expect(await resolved({ bundle: `${vendorUrl}?x=1` })).not.toHaveProperty('file.release');
  });

  test('fetched from the mirror that is named, or that of the environment', async () => {
    const mirror = 'https://mirror.example.invalid/';
    const other = { MFT_PATCH_MIRROR: 'https://other.example.invalid/' };
    expect(await resolved({ mirror })).toMatchObject({ policy: { mirror } });
    expect(await resolved({ mirror }, other)).toMatchObject({ policy: { mirror } });
    expect(await resolved({ bundle: vendorUrl }, other)).toMatchObject({ policy: { mirror: other.MFT_PATCH_MIRROR } });
    // Another URL is itself, and no file of its name.
    expect(await resolved({ bundle: url }, other)).not.toHaveProperty('policy.mirror');
    expect(await resolved({}, { MFT_PATCH_MIRROR: '' })).not.toHaveProperty('policy.mirror');
    expect(await resolved({})).not.toHaveProperty('policy.mirror');
  });
});

describe('refused is', () => {
  const [arch, mirror, requireDigest, lock, digest] = [
    { arch: 'arm64' },
    { mirror: 'https://x.invalid' },
    { requireDigest: true },
    { lock: 'there.lock' },
    { sha256: wrong },
  ];

  test.each<[SourceOptions, SourceOptions[], RegExp]>([
    [{ sample: true }, [arch, mirror, requireDigest, lock, digest], /--sample/],
    [{ deb: debPath }, [arch, mirror, requireDigest, lock], /local file/],
    [{ bundle: bundlePath }, [arch, mirror, requireDigest], /local file/],
    [{ file: debPath }, [arch, mirror, requireDigest], /local file/],
    [{ bundle: directory }, [arch, mirror, requireDigest, lock, digest], /local file|directory/],
    [{ bundle: url }, [arch, mirror], /URL/],
    [{ bundle: vendorUrl }, [arch], /URL/],
    [{ file: '-' }, [arch, mirror, requireDigest, lock], /standard input/],
  ])('an option that has no meaning with %j', async (source, unused, words) => {
    const flags = { arch: '--arch', mirror: '--mirror', requireDigest: '--require-digest', lock: '--lock', sha256: '--sha256' };
    for (const option of unused) {
      const flag = flags[Object.keys(option)[0] as keyof typeof flags];
      const failure = await failureOf(() => resolved({ ...source, ...option }));
      expect(failure).toEqual({ code: 'usage', detail: expect.stringMatching(`^${flag} does not apply to `), hint: `omit ${flag}` });
      expect(failure).toMatchObject({ detail: expect.stringMatching(words) });
    }
  });

  test('a file that is not there, and a URL that is none', async () => {
    const path = join(directory, 'nowhere.tgz');
    const failure = { code: 'no-input', path, detail: 'no such file' };
    for (const options of [{ bundle: path }, { file: path }]) expect(await failureOf(() => resolved(options))).toEqual(failure);
    expect(await failureOf(async () => readSource(await resolved({ deb: path }), testContext()))).toEqual(failure);
    expect(await failureOf(() => resolved({ bundle: 'https://' }))).toMatchObject({
      code: 'usage',
      detail: expect.stringContaining("'https://'"),
    });
    for (const place of ['file://elsewhere.invalid/b.tgz', 'file:///a%2fb']) {
      const failure = { code: 'usage', detail: expect.stringContaining(place), hint: expect.stringContaining('file:///') };
      for (const options of [{ bundle: place }, { deb: place }]) expect(await failureOf(() => resolved(options))).toEqual(failure);
    }
  });
});

describe('the package comes', () => {
  const read = async (options: SourceOptions) => readSource(await resolved(options), testContext());
  const found = { bytes: deb, sha256: sha256(deb) };

  test('from a bundle and from a file, with the digest that --sha256 says', async () => {
    expect(await read({ deb: debPath })).toEqual({ ...found, path: debPath, member: '' });
    expect(await read({ deb: debPath, sha256: sha256(deb) })).toEqual({ ...found, path: debPath, member: '' });
    const member = `mft-4.15.1-0sample-x86_64-deb/SDEBS/${name}`;
    const bundleSha256 = sha256(bundle);
    for (const options of [{ bundle: bundlePath }, { file: bundlePath }, { bundle: bundlePath, sha256: bundleSha256 }]) {
      expect(await read(options)).toEqual({ ...found, path: bundlePath, bundleFile: bundlePath, member, bundleSha256 });
    }
  });

  test('from nothing whose SHA-256 is another one', async () => {
    const mismatch = { code: 'digest-mismatch', algorithm: 'SHA-256', expected: wrong };
    expect(await failureOf(() => read({ deb: debPath, sha256: wrong }))).toEqual({ ...mismatch, path: debPath, actual: sha256(deb) });
    for (const options of [{ bundle: bundlePath }, { file: bundlePath }]) {
      const failure = await failureOf(() => read({ ...options, sha256: wrong }));
      expect(failure).toEqual({ ...mismatch, path: bundlePath, actual: sha256(bundle) });
    }
  });

  test('from a package that is passed as a bundle, but not the other way round', async () => {
    for (const options of [{ bundle: debPath }, { file: debPath }, { file: join(directory, 'odd.deb.txt') }])
      expect(await read(options)).toEqual({ ...found, path: options.bundle ?? options.file, member: '' });
    expect(await failureOf(() => read({ deb: bundlePath }))).toMatchObject({
      code: 'package-damaged',
      hint: expect.stringContaining('--bundle'),
    });
    expect(await failureOf(() => read({ deb: directory }))).toEqual({ code: 'no-input', path: directory, detail: 'is not a file' });
  });
});
