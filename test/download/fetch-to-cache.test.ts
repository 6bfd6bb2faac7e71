/** Downloads from a server that misbehaves on purpose: either the right bytes come, or a clear error; the cache is never wrong. */
import { existsSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../support.js';
import { type Answer, bundle, cached, cut, expectRight, get, impatient, right, serve, server, unknown } from './misbehaving.js';

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
      server.requests = [];
      server.answer = (request, response) => serve(request, response, { until: cuts[sent++] ?? Number.POSITIVE_INFINITY });
      await expectRight(get());
      expect(server.requests.length).toBe(4);
      rmSync(join(server.home, 'cache'), { recursive: true });
    }
  });

  test('is given up after some tries without a byte, and a later run goes on', async () => {
    server.answer = (request, response) => serve(request, response, { until: 100_000 });
    expect(await failureOf(() => get())).toMatchObject({
      code: 'download-failed',
      detail: expect.stringMatching(/^connection lost: .*\(tried 5 times\)$/),
    });
    expect(cached()).toEqual([]);
    server.requests = [];
    server.answer = (request, response) => serve(request, response);
    await expectRight(get());
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([expect.stringMatching(/^bytes=\d+-$/)]);
  });

  test('and content that has changed since are not put together', async () => {
    let first = true;
    server.answer = (request, response) => {
      if (first) serve(request, response, { content: Buffer.from(bundle).fill(7), etag: '"old"', until: 200_000 });
      else serve(request, response, { etag: '"new"' });
      first = false;
    };
    await expectRight(get());
    expect(server.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      [expect.stringMatching(/^bytes=\d+-$/), '"old"'],
    ]);
  });

  test('by a server without a validator begins anew', async () => {
    let first = true;
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': bundle.length });
      if (first) response.write(bundle.subarray(0, 200_000), () => cut(response, 0));
      else response.end(bundle);
      first = false;
    };
    await expectRight(get());
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  test.each([
    ['another range', 'bytes 5-9/10', 206],
    ['no range', '', 206],
    ['that there is none', `bytes */${bundle.length}`, 416],
  ])('by a server that then answers with %s begins anew', async (_, range, status) => {
    let tries = 0;
    server.answer = (request, response) => {
      tries++;
      if (tries === 1) serve(request, response, { until: 200_000 });
      else if (tries === 2) response.writeHead(status, { etag: '"1"', 'content-range': range }).end('wrong');
      else serve(request, response);
    };
    await expectRight(get());
    expect(server.requests[2]?.headers.range).toBeUndefined();
  });

  test.each([
    ['as many bytes from another place', (have: number) => [100, Buffer.alloc(bundle.length - have)] as const],
    ['fewer bytes than its range has', (have: number) => [have, bundle.subarray(have, have + 1000)] as const],
  ])('by a server that then sends %s is put right', async (_, second) => {
    let tries = 0;
    server.answer = (request, response) => {
      tries++;
      if (tries === 1) return serve(request, response, { until: 200_000 });
      if (tries > 2) return serve(request, response);
      const have = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      const [start, body] = second(have);
      const headers = {
        etag: '"1"',
        'content-length': body.length,
        'content-range': `bytes ${start}-${bundle.length - 1}/${bundle.length}`,
      };
      response.writeHead(206, headers).end(body);
    };
    await expectRight(get());
    expect(tries).toBe(3);
  });
});

describe('a server that', () => {
  test.each([500, 502, 503, 429, 408])('answers %i is asked again', async (status) => {
    let tries = 0;
    server.answer = (request, response) => {
      if (tries++ < 3) response.writeHead(status, { 'retry-after': '0' }).end('later');
      else serve(request, response);
    };
    await expectRight(get());
    expect(tries).toBe(4);
  });

  test.each([404, 403, 401, 410])('answers %i is asked once', async (status) => {
    server.answer = (_, response) => response.writeHead(status).end('no');
    expect(await failureOf(() => get())).toMatchObject({
      code: 'download-failed',
      detail: expect.stringContaining(`the server returned ${status}`),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('asks for patience gets it', async () => {
    const times: number[] = [];
    server.answer = (request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '3600' }).end();
      else serve(request, response);
    };
    await expectRight(get());
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(40);
  });

  test.each([
    ['never answers', () => {}, 'no response within 0.4 s'],
    ['falls silent', (_: IncomingMessage, response: ServerResponse) => response.writeHead(200).write('x'), 'no data received for 0.3 s'],
    ['closes at once', (request: IncomingMessage) => request.socket.destroy(), 'hang up'],
  ] as const)('%s is given up', async (_, misbehave, words) => {
    server.answer = misbehave as Answer;
    expect(await failureOf(() => get({}, { retry: impatient }))).toMatchObject({
      code: 'download-failed',
      detail: expect.stringContaining(words),
    });
    expect(server.requests.length).toBe(5);
    expect(cached()).toEqual([]);
  });

  test('drips slowly is not given up', async () => {
    server.answer = async (_, response) => {
      response.writeHead(200, { 'content-length': bundle.length });
      for (let i = 0; i < 5; i++) {
        response.write(bundle.subarray(i * 1000, (i + 1) * 1000));
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      response.end(bundle.subarray(5000));
    };
    // All of it takes longer than a silence may.
    await expectRight(get({}, { retry: { ...impatient, connect: 20_000, silence: 600 } }));
  });

  test('redirects in a circle, or for ever, is left', async () => {
    server.answer = (_, response) => response.writeHead(302, { location: '/x.tgz' }).end();
    expect(await failureOf(() => get())).toMatchObject({ code: 'download-failed', detail: 'more than 10 redirects' });
  });

  test('promises fewer bytes than the file has is found out', async () => {
    server.answer = (_, response) => response.writeHead(200, { 'content-length': bundle.length - 10 }).end(bundle.subarray(0, -10));
    expect(await failureOf(() => get())).toMatchObject({ code: 'digest-mismatch', expected: right });
    expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'bundle-damaged' });
    expect(cached()).toEqual([]);
    expect(existsSync(join(server.home, 'mft-patch.lock'))).toBe(false);
  });
});
