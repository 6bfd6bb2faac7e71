/** Policy holds for every hop of a download, and so do its limits. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askVendor } from '../../src/download/ask-vendor.js';
import { Cache } from '../../src/download/cache.js';
import { failureOf, testContext } from '../support.js';
import { bundle, cut, expectRight, get, impatient, serve, server, unknown } from './misbehaving.js';

const redirect = (location: string) => {
  server.answer = (_, response) => response.writeHead(302, { location }).end();
};
const parts = () => readdirSync(join(server.home, 'cache/parts'));

describe('a redirect', () => {
  test.each(['http://elsewhere.invalid/x.tgz', '//elsewhere.invalid/x.tgz', 'HTTP://127.0.0.1.elsewhere.invalid/'])(
    'from this machine to %s is refused where no digest is known, and no connection is made',
    async (location) => {
      redirect(location);
      expect(await failureOf(() => get(unknown))).toEqual({
        code: 'digest-unknown',
        path: `${server.url}/x.tgz`,
        detail: expect.stringMatching('redirects to http://.*elsewhere.invalid/.*not https; refusing'),
      });
      expect(existsSync(join(server.home, 'mft-patch.lock'))).toBe(false);
    },
  );

  test('and one more on the way is refused, too', async () => {
    server.answer = (request, response) =>
      response.writeHead(302, { location: request.url === '/x.tgz' ? `${server.url}/y` : 'http://elsewhere.invalid/x.tgz' }).end();
    expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'digest-unknown' });
  });

  test('is followed to plain http where a digest vouches for the file', async () => {
    redirect('http://elsewhere.invalid/x.tgz');
    // There is no such host: that it is asked for is enough.
    expect(await failureOf(() => get({}, { retry: { ...impatient, retries: 0 } }))).toMatchObject({
      code: 'download-failed',
      detail: expect.stringContaining('elsewhere.invalid'),
    });
  });

  test.each([
    ['ftp://127.0.0.1/x', 'not http or https'],
    ['file:///etc/passwd', 'not http or https'],
    ['http://[bad/', 'invalid URL'],
    ['http://127.0.0.1:99999/', 'invalid URL'],
    ['http://', 'invalid URL'],
  ])('to %s is exit 3 at once', async (location, words) => {
    redirect(location);
    expect(await failureOf(() => get())).toEqual({
      code: 'download-failed',
      url: `${server.url}/x.tgz`,
      detail: expect.stringContaining(words),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('without a Location is exit 3 at once', async () => {
    server.answer = (_, response) => response.writeHead(302).end();
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: expect.stringContaining('without a Location') });
    expect(server.requests).toHaveLength(1);
  });

  test("of the vendor's page to plain http is refused: a digest is worth as much as its way", async () => {
    redirect('http://elsewhere.invalid/page');
    const file = { name: 'mft-4.20.1-14-x86_64-deb.tgz', url: 'https://vendor.invalid/x.tgz' };
    expect(await failureOf(() => askVendor(file, testContext(), `${server.url}/page`))).toMatchObject({ code: 'digest-unknown' });
  });
});

test('what came in part from elsewhere is not continued where nothing but the way vouches', async () => {
  const half = { until: bundle.length / 2 };
  server.answer = (request, response) => serve(request, response, half);
  await failureOf(() => get({}, { retry: { ...impatient, retries: 0 } }));
  expect(parts()).toHaveLength(2);
  server.answer = (request, response) => serve(request, response);
  server.requests = [];
  await expectRight(get(unknown));
  expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
});

test('a part with a validator that no server can have sent is begun anew', async () => {
  server.answer = (request, response) => serve(request, response, { until: bundle.length / 2 });
  await failureOf(() => get({}, { retry: { ...impatient, retries: 0 } }));
  const part = new Cache(join(server.home, 'cache')).part(Cache.key(`${server.url}/x.tgz`));
  writeFileSync(`${part}.json`, JSON.stringify({ validator: 'a\nb', isGuarded: true }));
  server.answer = (request, response) => serve(request, response);
  await expectRight(get());
});

describe('a download that is too long', () => {
  const limit = 100_000;

  test('by its Content-Length is refused before it begins', async () => {
    const failure = await failureOf(() => get({}, { limit }));
    expect(failure).toEqual({
      code: 'download-failed',
      url: `${server.url}/x.tgz`,
      detail: `is ${bundle.length} bytes; the limit is ${limit}`,
    });
    expect(server.requests).toHaveLength(1);
    expect(parts()).toEqual([]);
  });

  test('and does not say so is ended at the limit, and nothing of it is kept', async () => {
    server.answer = (_, response) => {
      const more = () => response.destroyed || response.write(bundle, () => setImmediate(more));
      more();
    };
    expect(await failureOf(() => get({}, { limit }))).toMatchObject({
      code: 'download-failed',
      detail: `is more than ${limit} bytes, the limit`,
    });
    expect(server.requests).toHaveLength(1);
    expect(parts()).toEqual([]);
  });

  test('by the Content-Range of what is left is refused', async () => {
    server.answer = (request, response) => serve(request, response, { until: 1000 });
    await failureOf(() => get({}, { retry: { ...impatient, retries: 0 } }));
    server.answer = ({ headers }, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
      response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${start}-99999999999/100000000000` });
      response.write('x', () => cut(response, start));
    };
    expect(await failureOf(() => get({}, { limit }))).toMatchObject({ detail: expect.stringMatching('^is 100000000000 bytes') });
  });

  test('is as long as it may be', async () => {
    await expectRight(get({}, { limit: bundle.length }));
  });
});
