/** A file is what its URL or its release says, never what its name says; a name answers for no other file. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/system/digest.js';
import { tarOf } from '../bundle/archives.js';
import { failureOf } from '../support.js';
import { bundle, deb, expectRight, get, name, right, server, unknown } from './misbehaving.js';

const other = gzipSync(tarOf({ path: `m/${name}`, body: deb }));
const lockPath = () => join(server.home, 'mft-patch.lock');
const files = () => JSON.parse(readFileSync(lockPath(), 'utf8')).files;
const writeLock = (value: object) => writeFileSync(lockPath(), JSON.stringify(value));
/** A release of the vendor's that no catalogue has, and its file on a mirror. */
const release = {
  name: 'mft-4.21.0-99-x86_64-deb.tgz',
  url: 'https://vendor.invalid/MFT/mft-4.21.0-99-x86_64-deb.tgz',
  release: 'MFT 4.21.0-99 x86_64',
};
const released = { ...unknown, ...release };
const mirror = () => `${server.url}/mirror`;
const offline = { offline: true };

describe('two files of one name', () => {
  test('are two files', async () => {
    server.answer = (request, response) => response.end(request.url === '/one/same.tgz' ? bundle : other);
    const [one, two] = [`${server.url}/one/same.tgz`, `${server.url}/two/same.tgz`];
    expect((await get({ ...unknown, name: 'same.tgz', url: one })).sha256).toBe(right);
    expect((await get({ ...unknown, name: 'same.tgz', url: two })).sha256).toBe(sha256(other));
    expect(files()).toEqual({ [one]: { sha256: right }, [two]: { sha256: sha256(other) } });
    expect(server.requests.map(({ url }) => url)).toEqual(['/one/same.tgz', '/two/same.tgz']);
    expect((await get({ ...unknown, name: 'same.tgz', url: two }, offline)).sha256).toBe(sha256(other));
  });

  test('also if one has the name of a release', async () => {
    const { release: _, ...foreign } = released;
    await get({ ...foreign, url: `${server.url}/${release.name}` });
    rmSync(join(server.home, 'cache'), { recursive: true });
    server.answer = (_, response) => response.end(other);
    expect((await get(released, { mirror: mirror() })).sha256).toBe(sha256(other));
    expect(files()[release.release]).toEqual({ url: `${mirror()}/${release.name}`, sha256: sha256(other) });
  });

  test('unless they are one release on two mirrors', async () => {
    await get(released, { mirror: mirror() });
    server.answer = (_, response) => response.end(other);
    // It is in the cache.
    await expectRight(get(released, { mirror: `${server.url}/other` }));
    rmSync(join(server.home, 'cache'), { recursive: true });
    expect(await failureOf(() => get(released, { mirror: `${server.url}/other` }))).toMatchObject({
      code: 'digest-mismatch',
      expected: right,
    });
  });
});

describe('a lock file of version 1, which went by names,', () => {
  const digest = sha256(other);
  const entry = (url?: string) =>
    writeLock({ version: 1, bundles: { [release.name]: { sha256: digest, ...(url === undefined ? {} : { url }) } } });

  test.each<[string, string | undefined, boolean]>([
    ['without a URL', undefined, true],
    ["with the vendor's own URL", release.url, true],
    ['with a URL elsewhere', 'https://elsewhere.invalid/x.tgz', false],
  ])('%s vouches for the release: %j', async (_, url, is) => {
    entry(url);
    const got = get(released, { mirror: mirror() });
    if (is) expect(await failureOf(() => got)).toMatchObject({ code: 'digest-mismatch', expected: digest, actual: right });
    else await expectRight(got);
  });

  test('vouches for the URL that it has, and for no other', async () => {
    entry(`${server.url}/x.tgz`);
    expect(await failureOf(() => get({ ...unknown, name: release.name }))).toMatchObject({ code: 'digest-mismatch', expected: digest });
    await expectRight(get({ ...unknown, name: release.name, url: `${server.url}/y.tgz` }));
  });

  test('without a URL vouches for no file but the release of its name', async () => {
    entry();
    await expectRight(get({ ...unknown, name: release.name }));
  });

  test('becomes one of version 2 when something is added, with all its entries and no secret', async () => {
    const old = { url: 'https://u:p@h.invalid/a.tgz?token=S3cret', sha256: digest };
    writeLock({
      version: 1,
      bundles: { 'a.tgz': old, 'mft-4.21.0-98-x86_64-deb.tgz': { sha256: right }, [release.name]: { sha256: right } },
    });
    await get(unknown);
    expect(JSON.parse(readFileSync(lockPath(), 'utf8'))).toEqual({
      version: 2,
      files: {
        [`${server.url}/x.tgz`]: { sha256: right },
        'https://h.invalid/a.tgz': { sha256: digest },
        'mft-4.21.0-98-x86_64-deb.tgz': { sha256: right },
        [release.name]: { sha256: right },
      },
    });
    await expectRight(get(released, { mirror: mirror(), requireDigest: true }));
  });
});

describe('without a connection', () => {
  const elsewhere = () => {
    const place = join(server.home, 'elsewhere');
    mkdirSync(place, { recursive: true });
    return { lockfile: join(place, 'mine.lock') };
  };

  test.each([
    ['the mirror that it came from', () => ({ mirror: mirror() })],
    ['another mirror', () => ({ mirror: 'http://other.invalid' })],
    ['the vendor', () => ({})],
  ])('a release is found by %s, and noted in the lock file of this directory', async (_, from) => {
    await get(released, { mirror: mirror() });
    const where = elsewhere();
    await expectRight(get(released, { ...offline, ...where, ...from() }));
    const { [release.release]: noted } = JSON.parse(readFileSync(where.lockfile, 'utf8')).files;
    expect(noted.sha256).toBe(right);
    await expectRight(get(released, { ...offline, ...where, requireDigest: true }));
  });

  test('a file is found by its content, wherever it came from', async () => {
    await get({ sha256: right, url: `${server.url}/a/b.tgz` });
    await expectRight(get({ ...released, sha256: right }, offline));
    await expectRight(get({ ...unknown, url: 'http://elsewhere.invalid/x.tgz' }, { ...offline, sha256: right }));
  });

  test('a file that came over http with its digest is found by its URL', async () => {
    const url = `${server.url}/x.tgz`.replace('127.0.0.1', 'localhost');
    await get({ url, sha256: right });
    await expectRight(get({ ...unknown, url }, { ...offline, ...elsewhere() }));
  });

  test('what is missing is named: the release or the URL, the digest if it is known, and the cache', async () => {
    const failed = { code: 'download-failed', hint: expect.stringContaining('cache ls') };
    const cache = join(server.home, 'cache');
    expect(await failureOf(() => get(released, offline))).toEqual({
      ...{ ...failed, url: release.url },
      detail: `not in the cache, and --offline is set: ${cache} has no ${release.release} by its name or URL; its SHA-256 is not known`,
    });
    expect(await failureOf(() => get({}, offline))).toEqual({
      ...{ ...failed, url: `${server.url}/x.tgz` },
      detail: `not in the cache, and --offline is set: ${cache} has no x.tgz with SHA-256 ${right}`,
    });
  });

  test('with one, the mirror that is named decides', async () => {
    await get(released, { mirror: mirror() });
    server.answer = (_, response) => response.end(other);
    expect((await get(released, { ...elsewhere(), mirror: `${server.url}/other` })).sha256).toBe(sha256(other));
  });
});

describe('the lock file', () => {
  test('is the one that is named', async () => {
    const lockfile = join(server.home, 'other.lock');
    const { told } = await get(unknown, { lockfile });
    expect(Object.keys(JSON.parse(readFileSync(lockfile, 'utf8')).files)).toEqual([`${server.url}/x.tgz`]);
    expect(told.warnings).toEqual([`no known SHA-256 for ${server.url}/x.tgz; recorded ${right} in other.lock`]);
    await expectRight(get(unknown, { lockfile, requireDigest: true }));
    expect(await failureOf(() => get(unknown, { requireDigest: true }))).toMatchObject({ code: 'digest-unknown' });
  });

  test('that cannot be written is exit 5 before anything is downloaded', async () => {
    writeFileSync(join(server.home, 'file'), '');
    for (const lockfile of [join(server.home, 'none/x.lock'), join(server.home, 'file/x.lock'), '/proc/x.lock']) {
      const failed = await failureOf(() => get(unknown, { lockfile }));
      if (lockfile.includes('file')) expect(failed).toMatchObject({ code: 'bad-catalogue', file: lockfile });
      else expect(failed).toMatchObject({ code: 'cannot-write', path: lockfile, hint: expect.stringContaining('--lock') });
    }
    expect(server.requests).toEqual([]);
    // What is only read, or has its digest, needs none.
    const lockfile = join(server.home, 'none/x.lock');
    await expectRight(get({}, { lockfile }));
    await expectRight(get(unknown, { lockfile, readOnly: true }));
  });
});
