import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSample, packSample } from '../../src/bundle/sample.js';
import { loadPatches, loadTargets } from '../../src/catalogue.js';
import { kernelOf } from '../../src/cli/values.js';
import { build } from '../../src/commands/build.js';
import { plan } from '../../src/commands/plan.js';
import { renderText } from '../../src/report/text.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, runCli, sample, testContext } from '../support.js';

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
    expect(table[0]).toMatch(/^PATCH +STATUS +WHERE OR WHY$/);
    expect(table[1]).toMatch(/^postinst-arch +applied +common\.postinst:38 /);
    expect(table[2]).toMatch(/^dma-unmap +applied +mst_pciconf\.c:\d+ /);
    expect(table[4]).toMatch(/^kernel-variable +not-needed +MFT 4\.15\.1 does not match >=4\.21\.0 <4\.23\.0$/);
    expect(table).toHaveLength(1 + (await loadPatches(testContext())).length);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('as JSON', async () => {
    const { status, stdout, stderr } = await runCli(['plan', '--bundle', 'vendor.tgz', '--kernel', 'debian-11', '--json'], { cwd: folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'reading vendor.tgz\n' });
    const kernel = (await loadTargets(testContext())).find(({ name }) => name === 'debian-11')?.kernel;
    const patches = await loadPatches(testContext());
    const selected: Record<string, string> = {
      'postinst-arch': 'every kernel needs it; MFT 4.15.1 matches *',
      'dma-unmap': `${kernel} is below >=5.18; the fix is good on older kernels, too; MFT 4.15.1 matches <4.21.0`,
      'unlocked-ioctl': `${kernel} matches >=5.9; MFT 4.15.1 matches <4.16.0`,
    };
    const others: Record<string, string> = {
      'werror-flat': "not applied: only include/config/auto.conf in the kernel's headers shows whether it needs the fix",
    };
    expect(JSON.parse(stdout)).toStrictEqual({
      schema: 'mft-patch/plan@1',
      basis: 'package',
      mft: { version: '4.15.1', revision: '0sample' },
      kernel: { requested: 'debian-11', version: `${kernel}.0` },
      patches: patches.map(({ id, sha256, mft }) => ({
        id,
        sha256,
        ...(selected[id] === undefined
          ? { status: 'not-selected', result: 'not-needed', hunks: [] }
          : { status: 'selected', result: 'applied', hunks: expect.any(Array) }),
        reason: selected[id] ?? others[id] ?? `MFT 4.15.1 does not match ${mft.raw}`,
      })),
    });
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });
});

describe('plan says what build does', () => {
  const request = { maxKernel: undefined, modules: undefined, provenance: false, verify: 'no' as const };
  const settings = { timeout: 1, memory: '0', processes: 0, disk: '0' };
  const extras = { withUserland: false, repackBundle: false };

  test.each([
    ['flat', undefined],
    ['flat', '6.1'],
    ['nnt', undefined],
    ['nnt', '7.3'],
    ['nnt-4.26', undefined],
    ['nnt-4.26', '6.12'],
  ])('of the sample %s for %s', async (layout, version) => {
    const source = { kind: 'sample' as const, layout };
    const kernel = await kernelOf(version === undefined ? {} : { kernel: [version] }, testContext());
    const planned = await plan({ source, kernel }, testContext());
    const built = await build({ ...request, source, kernel, settings, extras, out: join(makeDirectory(), 'dist') }, testContext());
    expect(planned.patches.map(({ status, result, ...patch }) => ({ ...patch, status: result }))).toEqual(built.patches);
    const rows = (text: string) => text.split('\n\n')[1];
    expect(rows(renderText(planned))).toEqual(rows(renderText(built)));
  });

  test('where a patch does not apply, too', async () => {
    const files = await loadSample('flat');
    const source =
      files
        .get('source/mst_pciconf.c')
        ?.toString('latin1')
        .replace('pci_unmap_single(dev->pci_dev, dev', 'pci_unmap_single(dev->pci_dev,  dev') ?? '';
    const { bytes } = packSample(new Map([...files, ['source/mst_pciconf.c', Buffer.from(source, 'latin1')]]));
    const path = join(makeDirectory(), 'b.tgz');
    writeFileSync(path, bytes);
    const kernel = await kernelOf({ kernel: ['6.1'] }, testContext());
    const bundle = { kind: 'bundle' as const, path };
    const failure = await failureOf(() => plan({ source: bundle, kernel }, testContext()));
    expect(failure).toMatchObject({ code: 'patch-does-not-apply', patch: 'dma-unmap' });
    const out = join(makeDirectory(), 'dist');
    expect(await failureOf(() => build({ ...request, source: bundle, kernel, settings, extras, out }, testContext()))).toEqual(failure);
  });

  test('by the version alone for a release: without a download, and offline', async () => {
    const cwd = makeDirectory();
    const env = { ...process.env, HOME: cwd, MFT_PATCH_MIRROR: 'http://127.0.0.1:9' };
    const line = 'plan --mft 4.22.0-417 --arch x86_64 --kernel 6.1 --offline';
    const { stdout } = await cli(line, { cwd, env }).succeeds(/^MFT 4\.22\.0-417 for kernel 6\.1\n\nPATCH +PLAN +WHY\n/);
    expect(stdout).toMatch(/kernel-variable +apply /);
    expect(stdout).toMatch(/the source of this release was not looked at/);
    const { patches } = await cli(line, { cwd, env }).prints({ basis: 'versions', mft: { version: '4.22.0', revision: '417' } });
    expect(patches[0]).not.toHaveProperty('result');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('the catalogues', () => {
  test('of patches', async () => {
    const patches = await loadPatches(testContext());
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
    const targets = await loadTargets(testContext());
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
        kernels: targets.map(({ name, title, kernel, rolling, image, suites, headers, tried, untried, releases, archives }) => ({
          ...{ target: name, title, kernel, rolling, image, suites, headers, tried },
          ...(untried && { untried }),
          ...(releases && { releases }),
          ...(archives && { archives: archives.map(({ uri, suite, components }) => `${uri} ${suite} ${components.join(' ')}`) }),
        })),
      },
    });
  });
});
