/** Many processes at one cache, and processes that are killed: real ones. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { noise, tarOf } from '../bundle/archives.js';
import { makeDirectory, projectRoot, sample, sh } from '../support.js';
import { vendorServer } from './vendor-server.js';

const { deb, name } = await sample();
const bundle = gzipSync(tarOf({ path: `m/${name}`, body: deb }, { path: 'm/z', body: noise(3_000_000) }), { level: 1 });
const right = createHash('sha256').update(bundle).digest('hex');

let downloads = 0;
let ranges = 0;
const server = await vendorServer(async (request, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0) ranges++;
  else downloads++;
  response.writeHead(start > 0 ? 206 : 200, {
    etag: '"1"',
    'content-length': bundle.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${bundle.length - 1}/${bundle.length}` } : {}),
  });
  for (let offset = start; offset < bundle.length && !response.destroyed; offset += 300_000) {
    response.write(bundle.subarray(offset, offset + 300_000));
    // So slow that it is most of a run, on a busy machine a part of it.
    await setTimeout(60);
  }
  response.end();
});

const folder = makeDirectory();
/** The built program with a catalogue of its own, whose one release the stand-in for the vendor has. */
const program = join(folder, 'program');
for (const part of ['build', 'patches', 'container', 'package.json'])
  cpSync(join(projectRoot, part), join(program, part), { recursive: true });
symlinkSync(join(projectRoot, 'node_modules'), join(program, 'node_modules'));
const release = {
  version: '4.20.1',
  revision: '7',
  arch: 'x86_64',
  url: `${server}/mft.tgz`,
  digests: { sha256: right },
  seenIn: ['here'],
};
writeFileSync(join(program, 'releases.json'), JSON.stringify({ releases: [release] }));

/** Starts `fetch`; killed at a moment, if one is given. */
function fetch(cache: string, moment?: () => Promise<unknown>): Promise<{ status: number | null; stdout: string; stderr: string }> {
  mkdirSync(cache, { recursive: true });
  const args = [join(program, 'build/cli.js'), 'fetch', '--mft', '4.20.1-7', '--arch', 'amd64', '--json', '--quiet', '--cache-dir', cache];
  const child = spawn(process.execPath, args, { cwd: cache, stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { status: null as number | null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  moment?.().then(() => child.kill('SIGKILL'));
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...result, status })));
}

/** When so many bytes of a download are in the cache, or all of it. */
async function isThere(cache: string, bytes: number): Promise<void> {
  const sizes = () => {
    const files = (readdirSync(cache, { recursive: true }) as string[]).filter((file) => /\.(part|tgz)$/.test(file));
    return files.map((file) => statSync(join(cache, file), { throwIfNoEntry: false })?.size ?? 0);
  };
  for (;;) {
    try {
      if (sizes().some((size) => size >= bytes)) return;
    } catch (error) {
      // A directory that was there a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await setTimeout(5);
  }
}

function expectRight({ status, stdout, stderr }: Awaited<ReturnType<typeof fetch>>): void {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { path, sha256 } = JSON.parse(stdout);
  expect(sha256).toBe(right);
  expect(readFileSync(path).equals(bundle)).toBe(true);
}

test('forty processes make one download and forty good results', async () => {
  downloads = 0;
  const cache = join(folder, 'forty');
  const results = await Promise.all(Array.from({ length: 40 }, () => fetch(cache)));
  for (const result of results) expectRight(result);
  expect({ downloads, ranges }).toEqual({ downloads: 1, ranges: 0 });
  expect(readdirSync(join(cache, 'bundles'))).toEqual([`${right}.tgz`]);
  expect([readdirSync(join(cache, 'parts')), readdirSync(join(cache, 'locks'))]).toEqual([[], []]);
});

test('a process killed at any moment leaves a cache that the next one makes whole', { timeout: 900_000 }, async () => {
  // As long as a run takes when three go on at once: machines differ, and so does what else they do.
  const begin = performance.now();
  await Promise.all([1, 2, 3].map((i) => fetch(join(folder, `whole-${i}`))));
  const whole = performance.now() - begin;
  const kills = 40;
  const killed = async (i: number) => {
    const cache = join(folder, `killed-${i}`);
    // From the start of the program to after its end, and from the first byte to the last, in equal steps.
    const bytes = Math.ceil((i / kills) * bundle.length);
    await fetch(cache, () => (i % 2 === 0 ? setTimeout(50 + (i / kills) * whole) : isThere(cache, bytes)));
    for (const file of readdirSync(cache, { recursive: true }) as string[]) {
      if (file.endsWith('.tgz')) expect(readFileSync(join(cache, file)).equals(bundle)).toBe(true);
    }
    expectRight(await fetch(cache));
  };
  ranges = 0;
  // Three at once: what is waited for is mostly the server.
  const queue = Array.from({ length: kills }, (_, i) => i);
  await Promise.all(
    [1, 2, 3].map(async () => {
      for (let i = queue.shift(); i !== undefined; i = queue.shift()) await killed(i);
    }),
  );
  expect(ranges, 'runs that went on where the killed one was').toBeGreaterThan(5);
});

const cannotMount = process.getuid?.() === 0 ? '' : 'not root';
test.runIf(cannotMount === '' || process.env.CI === 'true')(
  'a cache that is read-only or full is exit 5, and the next run with room succeeds',
  async () => {
    const cache = join(folder, 'small');
    mkdirSync(cache);
    const run = async () => {
      const { status, stdout } = await fetch(cache);
      return { status, ...JSON.parse(stdout) };
    };
    try {
      sh(`mount -t tmpfs -o size=1m tmpfs ${cache}`);
      expect(await run()).toMatchObject({
        status: 5,
        code: 'cannot-write',
        path: expect.stringContaining(cache),
        detail: expect.stringContaining('no space'),
      });
      sh(`mount -o remount,size=8m,ro ${cache}`);
      expect(await run()).toMatchObject({
        status: 5,
        code: 'cannot-write',
        path: expect.stringContaining(cache),
        detail: expect.stringContaining('read-only'),
      });
      sh(`mount -o remount,rw ${cache}`);
      expectRight(await fetch(cache));
    } finally {
      sh(`umount -l ${cache}`);
    }
  },
);
