import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { makeFolder, sample } from '../support.js';
import { noise, tarMember, tarOf } from './archives.js';
import { start, vendorServer } from './vendor-server.js';

const { bundle, deb, name } = await sample();
const folder = makeFolder();

/** What a path sends, with a pause before each further part, before it sends no more, without ending. */
const stored = (...parts: Buffer[]) => gzipSync(Buffer.concat(parts), { level: 0 });
const mebibyte = 1024 * 1024;
const packageFirst = stored(tarOf({ path: `m/${name}`, body: deb }, { path: 'm/z', body: noise(5 * mebibyte) }));
const deviceSecond = stored(
  tarMember({ path: 'm/a', body: noise(10_000) }),
  tarMember({ path: 'm/null', type: 'CharacterDevice' }),
  noise(9000),
);
const beginnings: Record<string, Buffer[]> = {
  '/half': [bundle.subarray(0, bundle.length / 2)],
  // The part that takes the reader past all that it wants to see is small, and the last to come.
  '/package-first': [0, deb.length + 2048, deb.length + mebibyte - 10_000, deb.length + mebibyte + 20_000].map((end, i, ends) =>
    packageFirst.subarray(ends[i - 1] ?? 0, end),
  ),
  '/device': [deviceSecond.subarray(0, 5000), deviceSecond.subarray(5000, 12_000)],
  '/damaged': [gzipSync(gunzipSync(bundle)).subarray(0, 5000), Buffer.alloc(1000, 0xff)],
  '/slow': [bundle.subarray(0, 2000)],
  '/404': [Buffer.from('<html>not here, ')],
};
const url = await vendorServer(async (request, response) => {
  const path = request.url ?? '';
  if (path === '/silent') return;
  response.writeHead(path === '/404' ? 404 : 200);
  for (const part of beginnings[path] ?? []) {
    if (part.length > 0) response.write(part);
    await setTimeout(150);
  }
  // A byte now and then, as over a bad line.
  for (let sent = 2000; path === '/slow' && sent < bundle.length && !response.destroyed; sent++) {
    response.write(bundle.subarray(sent, sent + 1));
    await setTimeout(20);
  }
});

const build = (path: string, out: string, limit: number) =>
  start(['build', '--bundle', url + path, '--kernel', '5.18', '--no-verify', '--json', '--out', out], limit);

describe('Ctrl-C and SIGTERM end a download at once with exit 130 and leave nothing', () => {
  test.concurrent.each([
    ['/half', 'SIGINT'],
    ['/half', 'SIGTERM'],
    ['/slow', 'SIGINT'],
    ['/slow', 'SIGTERM'],
  ] as const)('%s %s', async (path, signal) => {
    const out = join(folder, `${path}-${signal}`);
    const run = build(path, out, 10);
    await run.said('downloading');
    const begin = performance.now();
    run.signal(signal);
    const { status, stdout, stderr } = await run.ended;
    expect((performance.now() - begin) / 1000).toBeLessThan(2);
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 130, schema: 'mft-patch/error@1', code: 'interrupted' });
    expect(stderr).toMatch(/^downloading .*\nmft-patch: interrupted\n {2}.*\n$/);
    expect(existsSync(out)).toBe(false);
  });

  test('when the server has not answered yet', async () => {
    const out = join(folder, 'silent');
    const run = build('/silent', out, 10);
    await setTimeout(1000);
    run.signal('SIGINT');
    expect(await run.ended).toMatchObject({
      status: 130,
      stdout: expect.stringContaining('"interrupted"'),
      stderr: expect.stringContaining('interrupted'),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('a server that sends no more does not keep the program', () => {
  test.concurrent('when it has the package', async () => {
    const out = join(folder, 'first');
    const { status, stdout, stderr } = await build('/package-first', out, 5).ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: `downloading ${url}/package-first\n` });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'mft-patch/build@1' });
  });

  test.concurrent.each([
    ['/device', 'package-unfit'],
    ['/damaged', 'bundle-damaged'],
    ['/404', 'download-failed'],
  ])('when it knows that the bundle is bad: %s', async (path, code) => {
    const out = join(folder, code);
    const { status, stdout, stderr } = await build(path, out, 5).ended;
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: expect.stringContaining(`"${code}"`),
      stderr: expect.stringContaining(`${url}${path}: `),
    });
    expect(existsSync(out)).toBe(false);
  });
});
