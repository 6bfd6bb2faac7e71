/** What is published is on the disk before and after: the order of calls. `npm run faults -- power` cuts the power. */
import type * as FileSystem from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { BuildDocument } from '../../src/documents/index.js';
import { Cache } from '../../src/download/cache.js';
import { pinDigest } from '../../src/download/lockfile.js';
import { writePackage, writeRecord } from '../../src/output/output-directory.js';
import { sha256 } from '../../src/system/digest.js';
import { withLock } from '../../src/system/lock.js';
import { writeAtomic } from '../../src/system/stage.js';
import { makeDirectory, testContext, writeFiles } from '../support.js';

/** What was done, in its order: `write`, `sync`, `make` and `remove` with a path, `rename` with two. */
let calls: string[][] = [];

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const log = (...call: string[]) => calls.push(call.map((part, index) => (index === 0 ? part : resolve(part))));
  const open: typeof real.open = async (path, ...rest) => {
    const file = await real.open(path, ...rest);
    const sync = file.sync.bind(file);
    file.sync = () => sync().then(() => void log('sync', String(path)));
    return file;
  };
  const writeFile = async (path: string, data: string, options?: { flush?: boolean }) => {
    await real.writeFile(path, data, options);
    log('write', path);
    if (options?.flush) log('sync', path);
  };
  const rename = async (from: string, to: string) => {
    await real.rename(from, to);
    log('rename', from, to);
  };
  const rm = async (path: string, options: object) => {
    await real.rm(path, options);
    log('remove', path);
  };
  return { ...real, open, writeFile, rename, rm };
});

const context = testContext();
/** Locks and claims need not survive. */
const isLock = (path: string) => /\.mft-patch(~\w+)?(\/[^/]*)?$/.test(path);

/**
 * Judges the calls that publish something in a directory, by what fsync(2) asks for: a file is flushed after it was written
 * and before it gets its name; the directory is flushed after that, before the next name in it changes, and at the end.
 *
 * @returns the names that were published, in their order
 */
function names(directory: string): string[] {
  const dirty = new Set<string>();
  const found: string[] = [];
  for (const [call = '', path = '', to = ''] of calls) {
    if (call === 'write' && !isLock(path)) dirty.add(path);
    if (call === 'sync') dirty.delete(path);
    if (call !== 'rename' || isLock(to) || dirname(to) !== directory) continue;
    expect([...dirty].filter((one) => one === path || one.startsWith(`${path}/`))).toEqual([]);
    expect(dirty.has(directory), `${directory} before ${to}`).toBe(false);
    dirty.add(directory);
    found.push(to);
  }
  expect(dirty.has(directory), `${directory} at the end`).toBe(false);
  return found.map((path) => path.slice(directory.length + 1));
}

beforeEach(() => {
  calls = [];
});

const deb = (content: string) => ({ name: 'x.deb', bytes: Buffer.from(content) });
const document = { input: { path: 'sample:x' }, patches: [], artifacts: [], verification: { kernels: [] } } as unknown as BuildDocument;

test('a new output directory', async () => {
  const parent = makeDirectory();
  await writePackage(join(parent, 'a/out'), { deb: deb('one'), document }, context);
  expect(names(join(parent, 'a'))).toEqual(['out']);
  // The directory that was made for it has a name, too.
  expect(calls).toContainEqual(['sync', parent]);
});

test('an output over an older one', async () => {
  const out = makeDirectory();
  await writePackage(out, { deb: deb('one'), document }, context);
  expect(names(out)).toEqual(['x.deb', 'x.build.json', 'SHA256SUMS']);
  calls = [];
  const whole = await writePackage(out, { deb: deb('two'), document }, context);
  // What is withdrawn is gone for good before the bytes change.
  expect(names(out)).toEqual(['SHA256SUMS', 'x.deb', 'x.build.json', 'SHA256SUMS']);
  const [removed, moved] = [['remove', join(out, 'x.build.json')], 'x.deb'];
  const rest = calls.slice(calls.findIndex((call) => call.join() === removed.join()) + 1);
  expect(rest.findIndex((call) => call.join() === `sync,${out}`)).toBeLessThan(rest.findIndex((call) => call[2]?.endsWith(moved)));
  calls = [];
  await writeRecord(out, { name: 'x.deb', document: whole }, context);
  expect(names(out)).toEqual(['x.build.json']);
});

test('reports and mft-patch.lock', async () => {
  const folder = makeDirectory();
  await writeAtomic(join(folder, 'report.json'), 'text', context);
  const pinned = { identity: 'MFT 4.20.1-14 x86_64', url: 'https://x', sha256: 'a'.repeat(64) };
  await pinDigest(pinned, { ...context, lockfile: join(folder, 'mft-patch.lock') });
  expect(names(folder)).toEqual(['report.json', 'mft-patch.lock']);
});

test('what comes into the cache', async () => {
  const folder = makeDirectory();
  const cache = new Cache(folder);
  writeFiles(folder, { 'parts/k.part': 'content' });
  await cache.locked('k', context, (lock) => cache.put(cache.part('k'), { key: 'k', sha256: sha256('content'), lock }));
  expect(names(join(folder, 'bundles'))).toEqual([`${sha256('content')}.tgz`]);
  expect(names(join(folder, 'urls'))).toEqual(['k']);
});

test('nothing is published under a lock that was lost', async () => {
  const folder = makeDirectory();
  const path = join(folder, 'report.json');
  const lost = withLock(join(folder, '.mft-patch'), context, async (lock) => {
    const { rename } = await vi.importActual<typeof FileSystem>('node:fs/promises');
    await rename(join(folder, '.mft-patch'), join(folder, 'elsewhere'));
    await writeAtomic(path, 'text', context, lock);
  });
  await expect(lost).rejects.toMatchObject({ failure: { code: 'cannot-write' } });
  expect(names(folder)).toEqual([]);
});
