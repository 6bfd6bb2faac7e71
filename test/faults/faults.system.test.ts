/** A share of what `npm run faults` does in full: kills, failing system calls, signals, builds at the same time. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliPath, makeDirectory, missing, sh } from '../support.js';
import { errors } from './errors.js';
import { pathsOf, traced } from './inject.js';
import { faultsOf, hidden } from './judge.js';
import { kills } from './kills.js';
import { killsAt } from './kills-at.js';
import { signals } from './signals.js';
import { atOnce } from './together.js';

const silent = () => {};

test('fifty builds killed at any moment leave the old output or the new one', { timeout: 900_000 }, async () => {
  const { bad, table } = await kills(50, 2026, silent);
  expect(bad).toEqual([]);
  const during = [...table].filter(([key]) => key.includes('during'));
  expect(
    during.reduce((sum, [, times]) => sum + times, 0),
    'kills while it writes',
  ).toBeGreaterThan(5);
});

describe.skipIf(missing('tools') !== '')('with strace', () => {
  test('so do builds killed at a system call', { timeout: 900_000 }, async () => {
    const { bad, count } = await killsAt(0.1, silent);
    expect(bad).toEqual([]);
    expect(count).toBeGreaterThan(10);
  });

  test('a system call that fails is exit 5 with the path, and nothing is half written', { timeout: 900_000 }, async () => {
    const { bad, count } = await errors(0.025, ['build', 'fetch', 'reports'], silent);
    expect(bad).toEqual([]);
    expect(count).toBeGreaterThan(15);
  });

  test('a file system without links of any kind is written to all the same', async () => {
    const out = join(makeDirectory(), 'out');
    const args = ['build', '--sample', '--no-verify', '--quiet', '--out', out];
    for (const _ of [1, 2]) {
      const { status, stderr } = await traced(args, pathsOf(out, []), '?symlink,?symlinkat,?link,?linkat:error=EPERM');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect([...faultsOf(out), ...hidden(out), ...hidden(dirname(out))]).toEqual([]);
    }
  });
});

test('Ctrl-C, SIGTERM and SIGHUP end repacking and fetching and leave nothing', { timeout: 900_000 }, async () => {
  expect((await signals(15, 2026, ['build --repack-bundle', 'fetch from a slow server'], silent)).bad).toEqual([]);
});

test('builds at the same time into one directory all succeed, also while others are killed', { timeout: 900_000 }, async () => {
  expect((await atOnce(2, 2026, false, silent)).bad).toEqual([]);
});

test('a limit on the size of files is reported as such, and nothing is left', () => {
  const directory = makeDirectory();
  const env = { ...process.env, NODE: process.execPath, CLI: cliPath };
  const output = sh('ulimit -f 2; "$NODE" "$CLI" build --sample --no-verify --json 2> /dev/null || echo "exit $?"', {
    cwd: directory,
    env,
  });
  const [, json = '', status] = /^(.*\n)exit (\d+)\n$/s.exec(output) ?? [];
  expect({ status, ...JSON.parse(json) }).toMatchObject({
    status: '5',
    code: 'cannot-write',
    path: expect.stringMatching(/^dist\/kernel-mft-dkms_/),
    detail: 'file too large',
  });
  expect(readdirSync(directory)).toEqual([]);
});
