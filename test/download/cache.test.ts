import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { resolveSource, type SourceOptions } from '../../src/bundle/vendor-package.js';
import { failureOf, testContext } from '../support.js';
import { bundle, expectRight, get, serve, server } from './misbehaving.js';
import { vendorServer } from './vendor-server.js';

describe('the cache', () => {
  test('is asked first, also offline', async () => {
    await get();
    await expectRight(get({}, { offline: true }));
    expect(server.requests).toHaveLength(1);
    const failure = await failureOf(() => get({ url: `${server.url}/other.tgz`, sha256: '1'.repeat(64) }, { offline: true }));
    expect(failure).toMatchObject({
      code: 'download-failed',
      url: `${server.url}/other.tgz`,
      detail: expect.stringContaining('--offline'),
    });
  });

  test('a damaged entry is thrown out and fetched anew', async () => {
    const { path } = await get();
    writeFileSync(path, Buffer.from(bundle).fill(1, 1000, 1001));
    const again = get();
    expect((await again).told.warnings.join()).toContain(`${path} is corrupt`);
    await expectRight(again);
    expect(server.requests).toHaveLength(2);
  });

  test('of a mirror holds its own', async () => {
    for (const mirror of [`${server.url}/mirror/`, `${server.url}/mirror`]) {
      await expectRight(get({ url: 'https://vendor.invalid/MFT/x.tgz' }, { mirror }));
    }
    expect(server.requests.map(({ url }) => url)).toEqual(['/mirror/x.tgz']);
    expect(await failureOf(() => get({}, { mirror: 'ftp://x' }))).toMatchObject({ code: 'usage' });
  });

  test.each<[string, SourceOptions, NodeJS.ProcessEnv, string | undefined]>([
    ['--mirror', { mirror: 'http://a' }, {}, 'http://a'],
    ['$MFT_PATCH_MIRROR', {}, { MFT_PATCH_MIRROR: 'http://b' }, 'http://b'],
    ['--mirror before $MFT_PATCH_MIRROR', { mirror: 'http://a' }, { MFT_PATCH_MIRROR: 'http://b' }, 'http://a'],
    ['none where $MFT_PATCH_MIRROR is empty', {}, { MFT_PATCH_MIRROR: '' }, undefined],
  ])('takes its mirror from %s', async (_, options, env, mirror) => {
    const source = await resolveSource({ mft: '4.20.1-14', arch: 'x86_64', ...options }, testContext({ env }));
    expect(source).toMatchObject({ kind: 'remote', file: { name: 'mft-4.20.1-14-x86_64-deb.tgz' } });
    expect(source.kind === 'remote' && source.policy.mirror).toBe(mirror);
  });

  test('folder that is a file is exit 5', async () => {
    writeFileSync(join(server.home, 'cache'), 'mine');
    expect(await failureOf(() => get())).toMatchObject({ code: 'cannot-write', path: expect.stringContaining('cache') });
  });
});

test('this machine is not asked for by a proxy, for which it would be another one', async () => {
  const proxy = await vendorServer((_, response) => response.writeHead(502).end());
  vi.stubEnv('http_proxy', proxy);
  vi.stubEnv('no_proxy', '');
  await expectRight(get({}, { env: { http_proxy: proxy } }));
  vi.unstubAllEnvs();
});

test('a proxy is used where the environment names one, but not for NO_PROXY', async () => {
  const seen: string[] = [];
  const proxy = await vendorServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url?.includes('refused')) response.writeHead(403).end('not through me');
    else serve(request, response);
  });
  server.answer = (request, response) => serve(request, response);
  vi.stubEnv('http_proxy', proxy);
  vi.stubEnv('no_proxy', '127.0.0.1');
  const env = { http_proxy: proxy };
  await expectRight(get({ url: 'http://vendor.invalid/x.tgz' }, { env }));
  expect(seen).toEqual(['http://vendor.invalid/x.tgz']);
  expect(await failureOf(() => get({ url: 'http://vendor.invalid/refused.tgz', sha256: '1'.repeat(64) }, { env }))).toMatchObject({
    code: 'download-failed',
    detail: expect.stringContaining('403'),
  });
  rmSync(join(server.home, 'cache'), { recursive: true });
  await expectRight(get({}, { env }));
  expect(seen).toHaveLength(2);
  vi.unstubAllEnvs();
});
