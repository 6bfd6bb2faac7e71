import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPatches, loadTargets } from '../../src/catalogue.js';
import { makeDirectory, runCli, sample } from '../support.js';

const folder = makeDirectory();
const { bundle } = await sample();
writeFileSync(join(folder, 'vendor.tgz'), bundle);

describe('plan', () => {
  test('shows each patch with its reason, and writes nothing', async () => {
    const cwd = join(folder, 'empty');
    mkdirSync(cwd);
    const { status, stdout, stderr } = await runCli(['plan', '--sample', '--kernel', '5.18'], { cwd, env: { ...process.env, HOME: cwd } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [heading, blank, ...table] = stdout.trimEnd().split('\n');
    expect([heading, blank]).toEqual(['MFT 4.15.1-0sample for kernel 5.18', '']);
    expect(table[0]).toMatch(/^PATCH +PLAN +WHY$/);
    expect(table[1]).toMatch(/^postinst-arch +apply +every kernel needs it; MFT 4\.15\.1 matches \*$/);
    expect(table[2]).toMatch(/^dma-unmap +apply +5\.18 matches >=5\.18; MFT 4\.15\.1 matches <4\.21\.0$/);
    expect(table[4]).toMatch(/^kernel-variable +leave +MFT 4\.15\.1 does not match >=4\.21\.0 <4\.23\.0$/);
    expect(table).toHaveLength(1 + (await loadPatches()).length);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('as JSON', async () => {
    const { status, stdout, stderr } = await runCli(['plan', '--bundle', 'vendor.tgz', '--kernel', 'debian-11', '--json'], { cwd: folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'reading vendor.tgz\n' });
    const kernel = (await loadTargets()).find(({ name }) => name === 'debian-11')?.kernel;
    const patches = await loadPatches();
    const selected: Record<string, string> = {
      'postinst-arch': 'every kernel needs it; MFT 4.15.1 matches *',
      'unlocked-ioctl': `${kernel} matches >=5.9; MFT 4.15.1 matches <4.16.0`,
    };
    const others: Record<string, string> = {
      'dma-unmap': `${kernel} does not match >=5.18`,
      'werror-flat': "not applied: only include/config/auto.conf in the kernel's headers shows whether it needs the fix",
    };
    expect(JSON.parse(stdout)).toStrictEqual({
      schema: 'mft-patch/plan@1',
      mft: { version: '4.15.1', revision: '0sample' },
      kernel: { requested: 'debian-11', version: `${kernel}.0` },
      patches: patches.map(({ id, sha256, mft }) => ({
        id,
        sha256,
        status: selected[id] === undefined ? 'not-selected' : 'selected',
        reason: selected[id] ?? others[id] ?? `MFT 4.15.1 does not match ${mft.raw}`,
      })),
    });
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });
});

describe('the catalogues', () => {
  test('of patches', async () => {
    const patches = await loadPatches();
    const [text, json] = [await runCli(['patches']), await runCli(['patches', '--json'])];
    expect(text).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^PATCH +KERNEL +MFT +WHAT\n/) });
    expect(text.stdout.match(/^dma-unmap +>=5\.18 +<4\.21\.0 +Unmap /m)).not.toBeNull();
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(1 + patches.length);
    expect({ ...json, stdout: JSON.parse(json.stdout) }).toStrictEqual({
      status: 0,
      stderr: '',
      stdout: {
        schema: 'mft-patch/patches@1',
        patches: patches.map(({ id, sha256, description, applies, kernel, mft, symptom, lastUpdate }) => ({
          id,
          sha256,
          description,
          applies,
          kernel: kernel.raw,
          mft: mft.raw,
          symptom,
          lastUpdate,
        })),
      },
    });
  });

  test('of kernels', async () => {
    const targets = await loadTargets();
    const [text, json] = [await runCli(['kernels']), await runCli(['kernels', '--json'])];
    expect(text).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^TARGET +KERNEL +TESTED BY CI +TITLE\n/) });
    const lines = text.stdout.trimEnd().split('\n');
    expect(lines.slice(1).map((line) => line.split(/ {2,}/))).toEqual(
      targets.map(({ name, kernel, rolling, tried, title }) => [
        name,
        rolling ? `${kernel} or later` : kernel,
        tried.length > 0 ? tried.join(', ') : '-',
        title,
      ]),
    );
    // Both marks are there, else the columns above tell nothing.
    expect(text.stdout).toMatch(/^debian-12 +6\.1 +docker, podman +Debian 12 /m);
    expect(text.stdout).toMatch(/^debian-12-backports +6\.12 or later +docker +Debian 12 /m);
    expect(text.stdout).toMatch(/^debian-2022-07 +5\.18 +- +Debian/m);
    expect({ ...json, stdout: JSON.parse(json.stdout) }).toStrictEqual({
      status: 0,
      stderr: '',
      stdout: {
        schema: 'mft-patch/kernels@1',
        kernels: targets.map(({ name, title, kernel, rolling, image, suites, headers, tried }) => {
          return { target: name, title, kernel, rolling, image, suites, headers, tried };
        }),
      },
    });
  });
});
