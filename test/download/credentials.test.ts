/** Secrets reach the server that they are for, and nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parseNetrc } from '../../src/download/netrc.js';
import { failureOf } from '../support.js';
import { bundle, expectRight, get, right, serve, server, unknown } from './misbehaving.js';
import { vendorServer } from './vendor-server.js';

const sent = () => server.requests.map(({ headers }) => headers.authorization);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const netrc = (text: string) => writeFileSync(join(server.home, '.netrc'), text);
const port = new URL(server.url).port;

describe('user and password', () => {
  test('of the URL are sent as a header, and not shown', async () => {
    const { url } = await get({ url: `http://bob:p%40ss@127.0.0.1:${port}/x.tgz` });
    expect([sent(), url]).toEqual([[basic('bob:p@ss')], `${server.url}/x.tgz`]);
  });

  test('come from .netrc, by the host, also for a mirror', async () => {
    netrc('machine other login a password b\nmachine 127.0.0.1\n  login joe\n  password "s 3"\n');
    await get();
    await get({ url: 'https://vendor.invalid/y.tgz', sha256: null }, { mirror: `${server.url}/m` });
    expect(sent()).toEqual([basic('joe:s 3'), basic('joe:s 3')]);
  });

  test('come from the file that $NETRC names, which must be there', async () => {
    const path = join(server.home, 'mine');
    expect(await failureOf(() => get({}, { env: { NETRC: path } }))).toMatchObject({ code: 'no-input', path });
    writeFileSync(path, 'default login any password one');
    await get({}, { env: { NETRC: path } });
    expect(sent()).toEqual([basic('any:one')]);
  });

  test('of the URL go before those of .netrc, which may have the password of a user', async () => {
    netrc('machine 127.0.0.1 login joe password one\nmachine 127.0.0.1 login amy password two');
    await get({ url: `http://bob:b@127.0.0.1:${port}/1` });
    await get({ url: `http://amy@127.0.0.1:${port}/2`, sha256: null });
    expect(sent()).toEqual([basic('bob:b'), basic('amy:two')]);
  });

  test('do not follow a redirect to another origin', async () => {
    const seen: (string | undefined)[] = [];
    const other = await vendorServer((request, response) => {
      seen.push(request.headers.authorization);
      serve(request, response);
    });
    server.answer = (request, response) =>
      request.url === '/x' ? response.writeHead(302, { location: '/y' }).end() : response.writeHead(302, { location: `${other}/z` }).end();
    await get({ url: `http://bob:b@127.0.0.1:${port}/x` });
    expect([sent(), seen]).toEqual([[basic('bob:b'), basic('bob:b')], [undefined]]);
  });

  test('that are missing are asked for', async () => {
    server.answer = (_, response) => response.writeHead(401).end();
    expect(await failureOf(() => get())).toMatchObject({ detail: expect.stringContaining('401'), hint: expect.stringContaining('.netrc') });
  });
});

test.each([
  ['machine a login b password c', [{ machine: 'a', login: 'b', password: 'c' }]],
  ['machine A.example\n\tlogin b\n\tpassword c # d', [{ machine: 'a.example', login: 'b', password: 'c' }]],
  ['# machine x login x password x\nmachine a login b account d password c', [{ machine: 'a', login: 'b', password: 'c' }]],
  [
    'machine a macdef init\nmachine x login y password z\n\nlogin b password "c \\"d\\\\"',
    [{ machine: 'a', login: 'b', password: 'c "d\\' }],
  ],
  ['macdef init\nmachine x login y password z', []],
  ['machine a login b\nmachine c password d\nmachine', []],
  ['default login b password c', [{ login: 'b', password: 'c' }]],
  ['login b password c', []],
])('.netrc %j', (text, logins) => {
  expect(parseNetrc(text)).toEqual(logins);
});

describe('a secret in a URL', () => {
  const secret = 'S3cret';
  const place = (path: string) => `http://bob:${secret}@127.0.0.1:${port}/${path}?file=x.tgz&token=${secret}`;
  const shown = (path: string) => `${server.url}/${path}?file=x.tgz`;
  /** Everything that was written in the test's directory. */
  const written = () =>
    (readdirSync(server.home, { recursive: true, withFileTypes: true }) as { name: string; parentPath: string; isFile(): boolean }[])
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name + readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');

  test('is in no file, message, step or result', async () => {
    const got = await get({ ...unknown, url: place('x') });
    expect(server.requests.map(({ url }) => url)).toEqual([`/x?file=x.tgz&token=${secret}`]);
    expect(got.url).toBe(shown('x'));
    expect(JSON.stringify(got) + written()).not.toContain(secret);
    expect(JSON.parse(readFileSync(join(server.home, 'mft-patch.lock'), 'utf8')).files).toEqual({ [shown('x')]: { sha256: right } });
  });

  test.each<[string, () => void]>([
    ['a server that has no such file', () => (server.answer = (_, response) => response.writeHead(404).end())],
    ['a connection that breaks off', () => (server.answer = (_, response) => response.destroy())],
    [
      'a redirect to nowhere',
      () => (server.answer = (_, response) => response.writeHead(302, { location: `ftp://u:${secret}@h/?token=${secret}` }).end()),
    ],
    ['another file', () => (server.answer = (_, response) => response.end('other'))],
    [
      'a server that does not end',
      () => (server.answer = (_, response) => response.writeHead(200, { 'content-length': '99999999999' }).end()),
    ],
  ])('is not told by %s', async (_, prepare) => {
    prepare();
    const failure = await failureOf(() => get({ url: place('x') }));
    expect(JSON.stringify(failure)).not.toContain(secret);
    expect(JSON.stringify(failure)).toContain(shown('x'));
  });

  test('lets no file answer for another one that it alone tells apart', async () => {
    await get({ ...unknown, url: `${server.url}/d?key=one` });
    await expectRight(get({ ...unknown, url: `${server.url}/d?key=again` }));
    server.answer = (_, response) => response.end(Buffer.concat([bundle, Buffer.alloc(512)]));
    expect(await failureOf(() => get({ ...unknown, url: `${server.url}/d?key=two` }))).toMatchObject({ code: 'digest-mismatch' });
    expect(server.requests).toHaveLength(3);
  });
});

test('a proxy that is none is exit 2, and its password is not shown', async () => {
  const proxy = 'http://bob:S3cret@[bad';
  vi.stubEnv('https_proxy', proxy);
  const failure = await failureOf(() => get({ url: 'https://vendor.invalid/x.tgz' }, { env: { https_proxy: proxy } }));
  vi.unstubAllEnvs();
  expect(failure).toMatchObject({ code: 'usage', detail: expect.stringContaining('proxy') });
  expect(JSON.stringify(failure)).not.toContain('S3cret');
});
