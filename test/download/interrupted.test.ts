import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { cliPath, makeDirectory, sample } from '../support.js';
import { start, vendorServer } from './vendor-server.js';

const { bundle } = await sample();
const folder = makeDirectory();

/** What a path sends before it sends no more, without ending. */
const beginnings: Record<string, Buffer[]> = {
  '/half': [bundle.subarray(0, bundle.length / 2)],
  '/slow': [bundle.subarray(0, 2000)],
  '/kept': [bundle.subarray(0, 2000)],
};
let onSilent = () => {};
const silent = new Promise<void>((resolve) => {
  onSilent = resolve;
});
const url = await vendorServer(async (request, response) => {
  const path = request.url ?? '';
  if (path === '/silent') return onSilent();
  response.writeHead(200, path === '/kept' ? { etag: '"1"' } : {});
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
  start(
    ['build', '--bundle', url + path, '--kernel', '5.18', '--no-verify', '--json', '--out', out, '--cache-dir', `${out}.cache`],
    limit,
    cliPath,
    folder,
  );

describe('Ctrl-C, SIGTERM and SIGHUP end a download at once with exit 130 and leave nothing', () => {
  test.concurrent.each([
    ['/half', 'SIGINT'],
    ['/half', 'SIGTERM'],
    ['/slow', 'SIGINT'],
    ['/slow', 'SIGTERM'],
    ['/slow', 'SIGHUP'],
  ] as const)('%s %s', async (path, signal) => {
    const out = join(folder, `${path}-${signal}`);
    const run = build(path, out, 60);
    await run.said('downloading');
    run.signal(signal);
    const { status, stdout, stderr } = await run.ended;
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 130, schema: 'mft-patch/error@1', code: 'interrupted' });
    expect(stderr).toMatch(/^downloading .*\nmft-patch: interrupted\n {2}.*\n$/);
    expect(existsSync(out)).toBe(false);
    // The server gave nothing by which it could be continued.
    expect(readdirSync(join(`${out}.cache`, 'parts'))).toEqual([]);
  });

  test('but for a part that the next run continues, which is said', async () => {
    const out = join(folder, 'kept');
    const run = build('/kept', out, 60);
    await run.said('downloading');
    run.signal('SIGHUP');
    const { status, stdout } = await run.ended;
    const [part = ''] = readdirSync(join(`${out}.cache`, 'parts')).filter((name) => name.endsWith('.part'));
    const kept = join(`${out}.cache`, 'parts', part);
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 130,
      code: 'interrupted',
      kept,
      hint: expect.stringContaining(kept),
    });
    expect(readFileSync(kept).equals(bundle.subarray(0, 2000))).toBe(true);
  });

  test('when the server has not answered yet', async () => {
    const out = join(folder, 'silent');
    const run = build('/silent', out, 60);
    await silent;
    run.signal('SIGINT');
    expect(await run.ended).toMatchObject({
      status: 130,
      stdout: expect.stringContaining('"interrupted"'),
      stderr: expect.stringContaining('interrupted'),
    });
    expect(existsSync(out)).toBe(false);
  });
});
