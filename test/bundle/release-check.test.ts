/** What comes is compared with what was asked for, before anything is recorded. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isSameRelease } from '../../src/bundle/release-check.js';
import { cli } from '../cli.js';
import { vendorServer } from '../download/vendor-server.js';
import { makeDirectory, sample } from '../support.js';

const { bundle } = await sample();

describe('a package is of a release', () => {
  test.each([
    ['4.20.1-14', '4.20.1-14'],
    ['4.36.0.1031-1', '4.36.0-1031'],
    ['4.36.0-1031', '4.36.0.1031-1'],
    ['4.26.1.3-1', '4.26.1.3-1'],
    ['4.26.1.3-2', '4.26.1-3'],
    ['0:4.20.1-14', '4.20.1-14'],
  ])('%s of %s', (version, release) => expect(isSameRelease(version, release)).toBe(true));

  test.each([
    ['4.15.1-9', '4.99.0-1'],
    ['4.20.1-14', '4.20.1-15'],
    ['4.20.1-14', '4.20.11-4'],
    ['4.20.1-14', '4.20.1.14.1-1'],
    ['4.36.0.1031-1', '4.36.0-1'],
    ['4.36.0.1031-1', '4.36.0-1033'],
    ['4.15.1-0sample', '4.15.1-0'],
    ['4.15.1-0sample', '4.15.1-9'],
    ['4.15.1', '4.15.1-9'],
    ['', '4.15.1-9'],
  ])('but %j not of %s', (version, release) => expect(isSameRelease(version, release)).toBe(false));
});

describe('a mirror that serves another release under the name of the one that was asked for', async () => {
  const mirror = await vendorServer((_, response) => response.end(bundle));
  const wanted = ['--mft', '4.99.0-1', '--arch', 'x86_64', '--mirror', mirror];
  const url = `${mirror}/mft-4.99.0-1-x86_64-deb.tgz`;
  const failure = { code: 'package-unfit', path: url, detail: 'holds MFT 4.15.1-0sample, not 4.99.0-1' };

  test.each(['fetch', 'build --no-verify'])('is refused by %s, and nothing is recorded', async (command) => {
    const cwd = makeDirectory();
    const run = (...args: string[]) => cli([...command.split(' '), ...args, '--cache-dir', 'cache', '--quiet'], { cwd });
    await run(...wanted).fails(3, failure, /^warning: .*\n$/);
    expect(existsSync(join(cwd, 'mft-patch.lock'))).toBe(false);
    expect(existsSync(join(cwd, 'dist'))).toBe(false);
  });

  test('is refused from the cache, too, where a request for the URL alone had put it', async () => {
    const cwd = makeDirectory();
    const run = (...args: string[]) => cli([...args, '--cache-dir', 'cache', '--quiet'], { cwd });
    await run('plan', '--bundle', url).prints({});
    await run('fetch', ...wanted).fails(3, failure, /^warning: .*\n$/);
    expect(existsSync(join(cwd, 'mft-patch.lock'))).toBe(false);
  });

  test('is refused by build although --sha256 vouches for it', async () => {
    const cwd = makeDirectory();
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha256').update(bundle).digest('hex');
    const line = ['build', '--no-verify', ...wanted, '--sha256', digest, '--cache-dir', 'cache', '--quiet'];
    await cli(line, { cwd }).fails(3, failure, /^warning: .*\n$/);
    expect(existsSync(join(cwd, 'dist'))).toBe(false);
  });

  test('is taken where only the URL was named', async () => {
    const cwd = makeDirectory();
    const line = ['build', '--no-verify', '--bundle', url, '--cache-dir', 'cache', '--quiet'];
    await cli(line, { cwd }).prints({ mft: { version: '4.15.1' } }, /^warning: .*\n$/);
    const { files } = JSON.parse(readFileSync(join(cwd, 'mft-patch.lock'), 'utf8'));
    expect(Object.keys(files)).toEqual([url]);
  });
});
