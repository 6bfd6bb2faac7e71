/** `cache ls` and `cache prune`: what is old or incomplete goes, what a running process works with stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { listCache, pruneCache } from '../../src/commands/cache.js';
import { Cache } from '../../src/download/cache.js';
import { bundle, cached, get, right, server, unknown } from '../download/misbehaving.js';
import { projectRoot, testContext } from '../support.js';

const day = 86_400;
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const cacheDir = () => join(server.home, 'cache');
const context = () => testContext({ cacheDir: cacheDir() });
const prune = (olderThan = 0, dryRun = false) => pruneCache({ olderThan, dryRun }, context());
const path = () => join(cacheDir(), 'bundles', `${right}.tgz`);
const holds = () => join(cacheDir(), 'holds');
/** As if it were `seconds` ago that it was last used, by a process that has ended. */
const age = (file: string, seconds: number) =>
  utimesSync(file, new Date(Date.now() - seconds * 1000), new Date(Date.now() - seconds * 1000));

beforeEach(async () => {
  await get({ ...unknown, release: 'MFT 4.21.0-99 x86_64' });
  // This process holds it, as any that has got it from the cache.
  rmSync(holds(), { recursive: true });
});

describe('cache ls', () => {
  test('names what is there, the last used first', async () => {
    age(path(), 5 * day);
    mkdirSync(join(cacheDir(), 'logs'));
    writeFileSync(join(cacheDir(), 'logs/x.log'), 'abc');
    age(join(cacheDir(), 'logs/x.log'), 6 * day);
    writeFileSync(join(cacheDir(), `parts/${'a'.repeat(32)}.part`), '12345');
    writeFileSync(join(cacheDir(), 'mine.txt'), 'x');
    const { directory, files, bytes } = await listCache(context());
    expect([directory, bytes]).toEqual([cacheDir(), bundle.length + 8]);
    expect(files).toMatchObject([
      { kind: 'part', names: [], bytes: 5, inUse: false },
      { kind: 'bundle', path: path(), sha256: right, names: ['MFT 4.21.0-99 x86_64'], bytes: bundle.length, inUse: false },
      { kind: 'log', bytes: 3 },
    ]);
    expect(Date.now() - Date.parse(files[1]?.used ?? '')).toBeGreaterThan(4 * day * 1000);
  });

  test('names verdicts with their logs; prune removes both, and logs that have lost their verdict', async () => {
    const [one, lost] = ['a', 'b'].map((digit) => join(cacheDir(), 'verdicts', digit.repeat(64))) as [string, string];
    mkdirSync(join(cacheDir(), 'verdicts'));
    writeFileSync(`${one}.json`, JSON.stringify({ verdict: { target: 'debian-12', release: '6.1.0', status: 'builds' } }));
    for (const end of ['.log', '.console.log']) writeFileSync(one + end, '12345');
    writeFileSync(`${lost}.log`, '1');
    const found = async () => (await listCache(context())).files.filter(({ kind }) => kind === 'verdict');
    const bytes = statSync(`${one}.json`).size + 10;
    expect(await found()).toMatchObject([{ path: `${one}.json`, names: ['debian-12 (6.1.0) builds'], bytes, inUse: true }]);
    // A run may show it at this moment, and a log is written before its verdict.
    await prune();
    expect(readdirSync(join(cacheDir(), 'verdicts'))).toHaveLength(4);
    for (const file of readdirSync(join(cacheDir(), 'verdicts'))) age(join(cacheDir(), 'verdicts', file), 2 * day);
    expect(await found()).toMatchObject([{ inUse: false }]);
    await prune(day);
    expect(readdirSync(join(cacheDir(), 'verdicts'))).toEqual([]);
  });

  test('of a cache that does not exist is empty', async () => {
    rmSync(cacheDir(), { recursive: true });
    expect((await listCache(context())).files).toEqual([]);
    expect((await prune()).files).toEqual([]);
    expect(existsSync(cacheDir())).toBe(false);
  });
});

describe('cache prune', () => {
  test('removes what was not used for longer, and what only pointed to it', async () => {
    age(path(), 31 * day);
    expect((await prune(32 * day)).files).toEqual([]);
    expect(cached()).toHaveLength(1);
    expect(await prune(30 * day)).toMatchObject({ dryRun: false, files: [{ sha256: right }], kept: [], bytes: bundle.length });
    const left = ['bundles', 'urls', 'names', 'parts', 'locks', 'holds'].flatMap((name) =>
      existsSync(join(cacheDir(), name)) ? readdirSync(join(cacheDir(), name)) : [],
    );
    expect(left).toEqual([]);
  });

  test('--dry-run only says so', async () => {
    expect(await prune(0, true)).toMatchObject({ dryRun: true, files: [{ sha256: right }], kept: [] });
    expect(cached()).toHaveLength(1);
  });

  test('keeps what was used again', async () => {
    age(path(), 31 * day);
    await get();
    rmSync(holds(), { recursive: true, force: true });
    expect((await prune(30 * day)).files).toEqual([]);
  });

  test('removes what is incomplete, but not what is being downloaded', async () => {
    const stale = join(cacheDir(), `parts/${'a'.repeat(32)}.part`);
    for (const end of ['', '.json', '.url']) writeFileSync(stale + end, '1');
    symlinkSync('1 nowhere 1234', join(cacheDir(), 'locks', 'b'.repeat(32)));
    lutimesSync(join(cacheDir(), 'locks', 'b'.repeat(32)), 0, 0);
    server.answer = (_, response) => {
      // With a validator, so that a part is kept.
      response.writeHead(200, { 'content-length': bundle.length, etag: '"1"' });
      response.write(bundle.subarray(0, 100_000));
    };
    const running = new AbortController();
    const other = { ...testContext({ cacheDir: cacheDir(), offline: false }), signal: running.signal };
    const part = new Cache(cacheDir()).part(Cache.key(`${server.url}/other.tgz`));
    const { fetchToCache } = await import('../../src/download/fetch-to-cache.js');
    const file = { name: 'other.tgz', url: `${server.url}/other.tgz`, sha256: '1'.repeat(64) };
    const download = fetchToCache(file, { requireDigest: false, readOnly: true }, other).catch(() => {});
    while (!existsSync(part)) await new Promise((resolve) => setTimeout(resolve, 5));
    // A limit of time that is collected as garbage never ends: prune would wait until the download gives up, and take its part.
    const collecting = setInterval(collectGarbage, 20);
    const { files, kept } = await prune().finally(() => clearInterval(collecting));
    expect(files.map((file) => file.path).sort()).toEqual([path(), stale].sort());
    expect(kept).toMatchObject([{ kind: 'part', path: part, inUse: true }]);
    expect(readdirSync(join(cacheDir(), 'parts')).sort()).toEqual([`${part}`, `${part}.json`].map((name) => name.replace(/^.*\//, '')));
    await vi.waitFor(() => expect(statSync(part).size).toBeGreaterThan(0));
    running.abort();
    await download;
    expect((await prune()).files).toMatchObject([{ path: part }]);
    expect(readdirSync(join(cacheDir(), 'parts'))).toEqual([]);
  });

  test('leaves alone what is not ours', async () => {
    const foreign = ['bundles/mine.tgz', 'parts/mine', 'urls/mine', 'mine'].map((name) => join(cacheDir(), name));
    for (const file of foreign) writeFileSync(file, 'mine');
    await prune();
    expect(foreign.filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('what a process holds', () => {
  /** Another process that has got the bundle from the cache. */
  async function holder() {
    const script = `import(${JSON.stringify(join(projectRoot, 'build/download/holds.js'))})
      .then(({ hold }) => hold(${JSON.stringify(cacheDir())}, '${right}')).then(() => { console.log('held'); setInterval(() => {}, 1e6); });
      process.on('SIGTERM', () => process.exit());`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await once(child, 'exit');
    };
    return { child, end };
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)('stays, also while it is stopped, until it has ended by %s', async (signal) => {
    const { child, end } = await holder();
    child.kill('SIGSTOP');
    expect(await prune()).toMatchObject({ files: [], kept: [{ sha256: right, inUse: true }] });
    child.kill('SIGCONT');
    await end(signal);
    expect(existsSync(holds()) && readdirSync(holds()).length).toBe(signal === 'SIGKILL' ? 1 : 0);
    expect(await prune()).toMatchObject({ files: [{ sha256: right }] });
    expect(readdirSync(holds())).toEqual([]);
  });

  test('that cannot be seen from here stays for a week', async () => {
    mkdirSync(holds());
    const hold = join(holds(), `${right}.other`);
    symlinkSync(`another-boot 4026531836 ${process.pid} 1`, hold);
    expect((await prune()).files).toEqual([]);
    const weekAgo = new Date(Date.now() - 8 * day * 1000);
    lutimesSync(hold, weekAgo, weekAgo);
    expect((await prune()).files).toHaveLength(1);
  });

  test('does not count for another process that has got its number', async () => {
    const { child, end } = await holder();
    await end('SIGKILL');
    const [name = ''] = readdirSync(holds());
    const [boot, namespace] = name.slice(65).split('.');
    symlinkSync(`${boot} ${namespace} ${process.pid} 1`, join(holds(), `${right}.x`));
    expect(child.pid).not.toBe(process.pid);
    expect((await prune()).files).toHaveLength(1);
  });

  test('is taken back by a process that wants what is put aside at this moment', async () => {
    const { renameSync } = await import('node:fs');
    renameSync(path(), `${path()}.pruned`);
    expect((await listCache(context())).files).toMatchObject([{ kind: 'bundle', sha256: right }]);
    server.requests = [];
    expect((await get()).path).toBe(path());
    expect(server.requests).toEqual([]);
    expect(cached()).toEqual([`${right}.tgz`]);
  });

  test('that was held just before it would be removed is kept', async () => {
    const { listCacheFiles, removeCacheFile } = await import('../../src/download/cache-files.js');
    const [file] = await listCacheFiles(context());
    const { end } = await holder();
    expect(file?.inUse).toBe(false);
    if (file) expect(await removeCacheFile(file, context())).toBe(false);
    expect(cached()).toEqual([`${right}.tgz`]);
    await end('SIGTERM');
    if (file) expect(await removeCacheFile(file, context())).toBe(true);
    expect(cached()).toEqual([]);
  });
});
