/** Kernels from a stand-in for kernel.org on this machine: its folders, its list of digests, its archives. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelArchive, releasedKernel } from '../../src/download/kernel-org.js';
import { MftPatchError } from '../../src/errors.js';
import { failureOf, makeDirectory, testContext } from '../support.js';
import { vendorServer } from './vendor-server.js';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const archive = (name: string) => Buffer.from(`not really ${name}`);
const released = ['linux-6.6.30.tar.xz', 'linux-6.6.tar.xz', 'linux-6.6.3.tar.xz', 'linux-6.6.30.tar.gz'];

/** As kernel.org's is: signed, and with the digests of other files among those of the archives. */
const listOf = (digests: Record<string, string>) =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${Object.entries({ 'ChangeLog-6.6.30': '1'.repeat(64), ...digests })
    .map(([name, digest]) => `${digest}  ${name}\n`)
    .join('')}-----BEGIN PGP SIGNATURE-----\n\niHUEABYIAB0WIQ\n-----END PGP SIGNATURE-----\n`;

let list = '';
let requests: string[] = [];
let answerList = (response: ServerResponse): unknown => response.end(list);
const site = await vendorServer((request, response) => {
  const path = request.url ?? '';
  requests.push(path);
  const name = path.replace(/^\/v\d+\.x\//, '');
  if (/^\/(alice|bob)\//.test(path)) response.end(`the kernel of ${path}`);
  else if (name === 'sha256sums.asc') answerList(response);
  else if (released.includes(name)) response.end(archive(name));
  else response.writeHead(404).end('no such file');
});

const folder = makeDirectory();
let home = '';
let runs = 0;
beforeEach(() => {
  requests = [];
  list = listOf(Object.fromEntries(released.map((name) => [name, sha256(archive(name))])));
  answerList = (response) => response.end(list);
  home = join(folder, String(runs++));
  mkdirSync(home);
  vi.spyOn(process, 'cwd').mockReturnValue(home);
});
afterEach(() => vi.restoreAllMocks());

const context = (changes: { offline?: boolean; env?: NodeJS.ProcessEnv } = {}) =>
  testContext({ cacheDir: join(home, 'cache'), lockfile: join(home, 'mft-patch.lock'), offline: false, env: {}, ...changes });
const get = (version: string, changes = {}) => releasedKernel(version, context(changes), site);
const kept = (kind: string) => (existsSync(join(home, 'cache', kind)) ? readdirSync(join(home, 'cache', kind)) : []);
/** What must be said of any kernel that does not come: not what a user of the vendor's bundles does. */
const hint = 'download the archive by hand and pass it with --kernel-source FILE';

const exitOf = (work: () => Promise<unknown>) => work().catch((error) => error instanceof MftPatchError && error.exitCode);

describe('a kernel that kernel.org released', () => {
  test('comes with the digest that the list has of it', async () => {
    const path = await get('6.6.30');
    expect(readFileSync(path)).toEqual(archive('linux-6.6.30.tar.xz'));
    expect(requests).toEqual(['/v6.x/sha256sums.asc', '/v6.x/linux-6.6.30.tar.xz']);
    // A digest of kernel.org's own needs no note beside the user's work.
    expect(readdirSync(home)).toEqual(['cache']);
  });

  test.each([
    ['6.6.0', '/v6.x/linux-6.6.tar.xz'],
    ['6.6', '/v6.x/linux-6.6.tar.xz'],
    ['6.6.3', '/v6.x/linux-6.6.3.tar.xz'],
  ])('%s is %s', async (version, path) => {
    expect(readFileSync(await get(version))).toEqual(archive(path.replace('/v6.x/', '')));
    expect(requests[1]).toBe(path);
  });

  test('comes from the cache the second time, and nothing is asked, with a connection or without', async () => {
    const path = await get('6.6.30');
    requests = [];
    expect([await get('6.6.30'), await get('6.6.30', { offline: true })]).toEqual([path, path]);
    expect(requests).toEqual([]);
  });

  test('comes anew where the cached one is damaged, and is held to the same digest', async () => {
    const path = await get('6.6.30');
    writeFileSync(path, 'rotten');
    list = '';
    expect(readFileSync(await get('6.6.30'))).toEqual(archive('linux-6.6.30.tar.xz'));
  });

  test('with another digest than the list has is exit 3 with both, and nothing is kept', async () => {
    const expected = 'a'.repeat(64);
    list = listOf({ 'linux-6.6.30.tar.xz': expected });
    expect(await failureOf(() => get('6.6.30'))).toEqual({
      code: 'digest-mismatch',
      path: `${site}/v6.x/linux-6.6.30.tar.xz`,
      algorithm: 'SHA-256',
      expected,
      actual: sha256(archive('linux-6.6.30.tar.xz')),
    });
    expect(await exitOf(() => get('6.6.30'))).toBe(3);
    expect([kept('bundles'), kept('parts'), kept('urls')]).toEqual([[], [], []]);
    expect(readdirSync(home)).toEqual(['cache']);
  });

  test.each([
    ['is not in the list', (): string => list, '6.6.31'],
    ['is there as another kind of archive alone', () => list.replace(/.*linux-6\.6\.30\.tar\.xz\n/, ''), '6.6.30'],
    ['has something else for a digest', () => listOf({ 'linux-6.6.30.tar.xz': 'A'.repeat(64) }), '6.6.30'],
    ['is in an empty list', () => '', '6.6.30'],
    ['is in what a proxy says', () => '<!doctype html><p>Please log in.</p>', '6.6.30'],
  ])('that %s is not downloaded', async (_, text, version) => {
    list = text();
    expect(await failureOf(() => get(version))).toEqual({
      code: 'download-failed',
      url: `${site}/v6.x/sha256sums.asc`,
      detail: `linux-${version}.tar.xz is not listed; kernel.org has no such release`,
      hint,
    });
    expect(await exitOf(() => get(version))).toBe(3);
    expect(new Set(requests)).toEqual(new Set(['/v6.x/sha256sums.asc']));
  });

  test('and is in the list alone cannot be downloaded', async () => {
    list = listOf({ 'linux-6.6.99.tar.xz': '2'.repeat(64) });
    const url = `${site}/v6.x/linux-6.6.99.tar.xz`;
    expect(await failureOf(() => get('6.6.99'))).toEqual({
      code: 'download-failed',
      url,
      detail: expect.stringContaining('returned 404'),
      hint,
    });
  });

  test.each<[string, (response: ServerResponse) => unknown, string]>([
    ['is not there', (response) => response.writeHead(404).end(), 'returned 404'],
    ['cannot be had now', (response) => response.writeHead(503).end(), 'returned 503'],
    ['breaks off before it begins', (response) => response.destroy(), ''],
    [
      'breaks off in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('-----BEGIN', () => setTimeout(() => response.destroy(), 5));
      },
      '',
    ],
  ])('whose list %s is a failed download, exit 3', async (_, answer, words) => {
    answerList = answer;
    expect(await failureOf(() => get('6.6.30'))).toEqual({
      code: 'download-failed',
      url: `${site}/v6.x/sha256sums.asc`,
      detail: expect.stringMatching(words || /./),
      hint,
    });
    expect(await exitOf(() => get('6.6.30'))).toBe(3);
    expect(kept('bundles')).toEqual([]);
  });

  test('is not asked for where --offline forbids it', async () => {
    expect(await failureOf(() => get('6.6.30', { offline: true }))).toEqual({
      code: 'download-failed',
      url: `${site}/v6.x/sha256sums.asc`,
      detail: 'not in the cache, and --offline is set: linux-6.6.30.tar.xz',
      hint,
    });
    expect(requests).toEqual([]);
  });
});

describe('a kernel from any URL', () => {
  const url = `${site}/v6.x/linux-6.6.30.tar.xz`;
  const digest = sha256(archive('linux-6.6.30.tar.xz'));

  test('is noted in mft-patch.lock, and must be the same from then on', async () => {
    const first = context();
    expect(readFileSync(await kernelArchive(url, {}, first))).toEqual(archive('linux-6.6.30.tar.xz'));
    expect(first.told.warnings.join()).toContain(digest);
    const lock = join(home, 'mft-patch.lock');
    expect(JSON.parse(readFileSync(lock, 'utf8')).files).toEqual({ [url]: { sha256: digest } });
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(digest, '3'.repeat(64)));
    expect(await failureOf(() => kernelArchive(url, {}, context()))).toMatchObject({ code: 'digest-mismatch', actual: digest });
  });

  test('that is not this machine, over http and without a digest, is refused, and no connection made', async () => {
    for (const place of ['http://kernels.invalid/linux-6.6.30.tar.xz', 'http://127.0.0.1.kernels.invalid/linux-6.6.30.tar.xz']) {
      expect(await failureOf(() => kernelArchive(place, {}, context()))).toEqual({
        code: 'digest-unknown',
        path: 'linux-6.6.30.tar.xz',
        hint: expect.stringContaining('--kernel-source FILE'),
        detail: expect.stringContaining(`${place} is not https`),
      });
      expect(await exitOf(() => kernelArchive(place, {}, context()))).toBe(3);
    }
    expect(readdirSync(home)).toEqual([]);
  });

  test('is that of its URL, whatever others of its name are there', async () => {
    const urls = ['alice', 'bob'].map((who) => `${site}/${who}/linux/archive/v6.1.tar.gz`);
    const paths = await Promise.all(urls.map((place) => kernelArchive(place, {}, context())));
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(urls.map((place) => `the kernel of ${new URL(place).pathname}`));
    const { files } = JSON.parse(readFileSync(join(home, 'mft-patch.lock'), 'utf8'));
    expect(Object.keys(files)).toEqual(urls);
    expect(await Promise.all(urls.map((place) => kernelArchive(place, {}, context({ offline: true }))))).toEqual(paths);
  });

  test('whose digest is not known is refused where one is required', async () => {
    expect(await failureOf(() => kernelArchive(url, { requireDigest: true }, context()))).toMatchObject({ code: 'digest-unknown', hint });
    expect(requests).toEqual([]);
    await kernelArchive(url, {}, context());
    await kernelArchive(url, { requireDigest: true }, context());
  });

  test('does not come from $MFT_PATCH_MIRROR, which holds the bundles of the vendor', async () => {
    const env = { MFT_PATCH_MIRROR: `${site}/mirror` };
    await kernelArchive(url, { sha256: digest }, context({ env }));
    await get('6.6.3', { env });
    expect(requests).toEqual(['/v6.x/linux-6.6.30.tar.xz', '/v6.x/sha256sums.asc', '/v6.x/linux-6.6.3.tar.xz']);
  });
});
