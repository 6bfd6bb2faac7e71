/** Downloads from a server that misbehaves on purpose: either the right bytes come, or a clear error; the cache is never wrong. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Patience } from '../../src/bundle/http.js';
import { type ObtainOptions, obtain } from '../../src/bundle/obtain.js';
import type { WantedBundle } from '../../src/bundle/releases.js';
import { failureOf, makeFolder, sample, testContext } from '../support.js';
import { noise, tarOf } from './archives.js';
import { vendorServer } from './vendor-server.js';

const { deb, name } = await sample();
const bundle = gzipSync(tarOf({ path: 'm/z', body: noise(300_000) }, { path: `m/${name}`, body: deb }));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const right = sha256(bundle);
const wait: Patience = { connect: 400, silence: 300, backoff: 1, retryAfter: 50, retries: 4 };

let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
let requests: IncomingMessage[] = [];
const server = await vendorServer((request, response) => {
  requests.push(request);
  answer(request, response);
});

const folder = makeFolder();
let home = '';
let runs = 0;
beforeEach(() => {
  requests = [];
  home = join(folder, String(runs++));
  mkdirSync(home);
  vi.spyOn(process, 'cwd').mockReturnValue(home);
});
afterEach(() => vi.restoreAllMocks());

const get = (changes: Partial<WantedBundle> = {}, options: ObtainOptions = {}, env: NodeJS.ProcessEnv = {}, offline = false) => {
  const context = testContext({ cacheDir: join(home, 'cache'), offline, env });
  const wanted = { name: 'x.tgz', url: `${server}/x.tgz`, known: true, sha256: right, ...changes };
  return obtain(wanted, options, context, wait).then((got) => ({ ...got, told: context.told }));
};
const unknown = { sha256: undefined } as unknown as Partial<WantedBundle>;
const lock = () => JSON.parse(readFileSync(join(home, 'mft-patch.lock'), 'utf8'));
const cached = () => (existsSync(join(home, 'cache/bundles')) ? readdirSync(join(home, 'cache/bundles')) : []);

/** Answers as a good server does, ranges and all. */
function serve(request: IncomingMessage, response: ServerResponse, content = bundle, etag = '"1"', until = Number.POSITIVE_INFINITY): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range && request.headers['if-range'] === etag ? Number(range[1]) : 0;
  const headers = { etag, 'content-length': content.length - start };
  if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });
  else response.writeHead(200, headers);
  if (until >= content.length) response.end(content.subarray(start));
  else response.write(content.subarray(start, Math.max(until, start)), () => setTimeout(() => response.destroy(), 5));
}

async function expectRight(got: ReturnType<typeof get>): Promise<void> {
  const { path, sha256: digest } = await got;
  expect(digest).toBe(right);
  expect(sha256(readFileSync(path))).toBe(right);
  expect(cached()).toEqual([`${right}.tgz`]);
}

describe('a connection that is cut', () => {
  test('at random bytes, again and again, goes on where it was', async () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let run = 0; run < 300; run++) {
      const cuts = Array.from({ length: 3 }, () => Math.floor(random() * bundle.length)).sort((a, b) => a - b);
      let sent = 0;
      requests = [];
      answer = (request, response) => serve(request, response, bundle, '"1"', cuts[sent++]);
      await expectRight(get());
      expect(requests.length).toBe(4);
      rmSync(join(home, 'cache'), { recursive: true });
    }
  });

  test('is given up after some tries without a byte, and a later run goes on', async () => {
    answer = (request, response) => serve(request, response, bundle, '"1"', 100_000);
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: expect.stringMatching(/broke.*tried 5 times/) });
    expect(cached()).toEqual([]);
    requests = [];
    answer = serve;
    await expectRight(get());
    expect(requests.map(({ headers }) => headers.range)).toEqual([expect.stringMatching(/^bytes=\d+-$/)]);
  });

  test('and content that has changed since are not put together', async () => {
    let first = true;
    answer = (request, response) => {
      serve(request, response, first ? Buffer.from(bundle).fill(7) : bundle, first ? '"old"' : '"new"', first ? 200_000 : undefined);
      first = false;
    };
    await expectRight(get());
    expect(requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      [expect.stringMatching(/^bytes=\d+-$/), '"old"'],
    ]);
  });

  test('by a server without a validator begins anew', async () => {
    let first = true;
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': bundle.length });
      if (first) response.write(bundle.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 5));
      else response.end(bundle);
      first = false;
    };
    await expectRight(get());
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  test.each([
    ['another range', 'bytes 5-9/10', 206],
    ['no range', '', 206],
    ['that there is none', `bytes */${bundle.length}`, 416],
  ])('by a server that then answers with %s begins anew', async (_, range, status) => {
    let tries = 0;
    answer = (request, response) => {
      tries++;
      if (tries === 1) serve(request, response, bundle, '"1"', 200_000);
      else if (tries === 2) response.writeHead(status, { etag: '"1"', 'content-range': range }).end('wrong');
      else serve(request, response);
    };
    await expectRight(get());
    expect(requests[2]?.headers.range).toBeUndefined();
  });
});

describe('a server that', () => {
  test.each([500, 502, 503, 429, 408])('answers %i is asked again', async (status) => {
    let tries = 0;
    answer = (request, response) => {
      if (tries++ < 3) response.writeHead(status, { 'retry-after': '0' }).end('later');
      else serve(request, response);
    };
    await expectRight(get());
    expect(tries).toBe(4);
  });

  test.each([404, 403, 401, 410])('answers %i is asked once', async (status) => {
    answer = (_, response) => response.writeHead(status).end('no');
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: expect.stringContaining(`answers ${status}`) });
    expect(requests).toHaveLength(1);
  });

  test('asks for patience gets it', async () => {
    const times: number[] = [];
    answer = (request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '3600' }).end();
      else serve(request, response);
    };
    await expectRight(get());
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(40);
  });

  test.each([
    ['never answers', () => {}, 'no answer within 0.4 s'],
    ['falls silent', (_: IncomingMessage, response: ServerResponse) => response.writeHead(200).write('x'), 'nothing came for 0.3 s'],
    ['closes at once', (request: IncomingMessage) => request.socket.destroy(), 'hang up'],
  ] as const)('%s is given up', async (_, misbehave, words) => {
    answer = misbehave as typeof answer;
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: expect.stringContaining(words) });
    expect(requests.length).toBe(5);
    expect(cached()).toEqual([]);
  });

  test('drips slowly is not given up', async () => {
    answer = async (_, response) => {
      response.writeHead(200, { 'content-length': bundle.length });
      for (let i = 0; i < 5; i++) {
        response.write(bundle.subarray(i * 1000, (i + 1) * 1000));
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      response.end(bundle.subarray(5000));
    };
    await expectRight(get());
  });

  test('redirects in a circle, or for ever, is left', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/x.tgz' }).end();
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: 'more than 10 redirects' });
  });

  test('promises fewer bytes than the file has is found out', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': bundle.length - 10 }).end(bundle.subarray(0, -10));
    expect(await failureOf(() => get())).toMatchObject({ code: 'digest-mismatch', expected: right });
    expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'bundle-damaged' });
    expect(cached()).toEqual([]);
    expect(existsSync(join(home, 'mft-patch.lock'))).toBe(false);
  });
});

describe('trust', () => {
  beforeEach(() => {
    answer = (request, response) => serve(request, response);
  });

  test('a wrong digest is exit 3 with both, and nothing is kept', async () => {
    const expected = '0'.repeat(64);
    expect(await failureOf(() => get({ sha256: expected }))).toMatchObject({ code: 'digest-mismatch', expected, actual: right });
    expect(await failureOf(() => get(unknown, { sha256: expected }))).toMatchObject({ code: 'digest-mismatch', expected, actual: right });
    expect(cached()).toEqual([]);
    expect(readdirSync(join(home, 'cache/parts'))).toEqual([]);
  });

  test('without one the first download is noted, and must match from then on', async () => {
    const { told } = await get(unknown);
    expect(told.warnings.join()).toContain(right);
    expect(lock()).toEqual({ version: 1, bundles: { 'x.tgz': { url: `${server}/x.tgz`, sha256: right } } });
    expect((await get(unknown)).told.warnings).toEqual([]);
    answer = (_, response) => response.end(gzipSync(tarOf({ path: `m/${name}`, body: deb })));
    rmSync(join(home, 'cache'), { recursive: true });
    expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'digest-mismatch', expected: right });
  });

  test('an MD5 is checked, and proves nothing', async () => {
    const md5 = createHash('md5').update(bundle).digest('hex');
    await get({ ...unknown, md5 });
    expect(lock().bundles['x.tgz'].sha256).toBe(right);
    rmSync(join(home, 'mft-patch.lock'));
    rmSync(join(home, 'cache'), { recursive: true });
    const wrong = { ...unknown, md5: '0'.repeat(32) };
    expect(await failureOf(() => get(wrong))).toMatchObject({ code: 'digest-mismatch', algorithm: 'MD5', actual: md5 });
    expect(await failureOf(() => get({ ...unknown, md5 }, { requireDigest: true }))).toMatchObject({ code: 'digest-unknown' });
  });

  test('without one nothing is taken over http, and no connection made', async () => {
    const url = 'http://mirror.invalid/x.tgz';
    expect(await failureOf(() => get({ ...unknown, url }))).toMatchObject({
      code: 'digest-unknown',
      detail: expect.stringContaining('not https'),
    });
  });

  test.each(['0', 'g'.repeat(64), '', right.slice(1)])('--sha256 %j is no digest', async (text) => {
    expect(await failureOf(() => get({}, { sha256: text }))).toMatchObject({ code: 'usage' });
  });

  test('a lock file that is none is said to be', async () => {
    for (const text of ['{', '[]', '{"version":2,"bundles":{}}', '{"version":1,"bundles":{"x.tgz":{"sha256":"1"}}}']) {
      writeFileSync(join(home, 'mft-patch.lock'), text);
      expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'bad-catalogue', file: join(home, 'mft-patch.lock') });
    }
  });
});

describe('the cache', () => {
  beforeEach(() => {
    answer = (request, response) => serve(request, response);
  });

  test('is asked first, also offline', async () => {
    await get();
    await expectRight(get({}, {}, {}, true));
    expect(requests).toHaveLength(1);
    const failure = await failureOf(() => get({ url: `${server}/other.tgz`, sha256: '1'.repeat(64) }, {}, {}, true));
    expect(failure).toMatchObject({ code: 'download-failed', url: `${server}/other.tgz`, detail: expect.stringContaining('--offline') });
  });

  test('a damaged entry is thrown out and fetched anew', async () => {
    const { path } = await get();
    writeFileSync(path, Buffer.from(bundle).fill(1, 1000, 1001));
    const again = get();
    expect((await again).told.warnings.join()).toContain('damaged');
    await expectRight(again);
    expect(requests).toHaveLength(2);
  });

  test('of a mirror holds its own', async () => {
    for (const [options, env] of [
      [{ mirror: `${server}/mirror/` }, {}],
      [{}, { MFT_PATCH_MIRROR: `${server}/mirror` }],
    ] as const) {
      await expectRight(get({ url: 'https://vendor.invalid/MFT/x.tgz' }, options, env));
    }
    expect(requests.map(({ url }) => url)).toEqual(['/mirror/x.tgz']);
    expect(await failureOf(() => get({}, { mirror: 'ftp://x' }))).toMatchObject({ code: 'usage' });
  });

  test('folder that is a file is exit 5', async () => {
    writeFileSync(join(home, 'cache'), 'mine');
    expect(await failureOf(() => get())).toMatchObject({ code: 'cannot-write', path: expect.stringContaining('cache') });
  });
});

test('a proxy is used where the environment names one, but not for NO_PROXY', async () => {
  const seen: string[] = [];
  const proxy = await vendorServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url?.includes('refused')) response.writeHead(403).end('not through me');
    else serve(request, response);
  });
  answer = (request, response) => serve(request, response);
  vi.stubEnv('http_proxy', proxy);
  vi.stubEnv('no_proxy', '127.0.0.1');
  const env = { http_proxy: proxy };
  await expectRight(get({ url: 'http://vendor.invalid/x.tgz' }, {}, env));
  expect(seen).toEqual(['http://vendor.invalid/x.tgz']);
  expect(await failureOf(() => get({ url: 'http://vendor.invalid/refused.tgz', sha256: '1'.repeat(64) }, {}, env))).toMatchObject({
    code: 'download-failed',
    detail: expect.stringContaining('403'),
  });
  rmSync(join(home, 'cache'), { recursive: true });
  await expectRight(get({}, {}, env));
  expect(seen).toHaveLength(2);
  vi.unstubAllEnvs();
});
