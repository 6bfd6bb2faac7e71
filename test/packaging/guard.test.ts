/** The guard in packages: against kernels after --max-kernel, and in a package for one kernel against those that need other patches. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliPath, makeDirectory, runCli, sh } from '../support.js';
import { changedPackage, changedProgram, source } from './packages.js';

const folder = makeDirectory();
let count = 0;

/** One whose fixes are not good on older kernels: the project's all are. */
const program = changedProgram("sed -i 's/^Good-On-Older: yes/Good-On-Older: no/' patches/dma-unmap.patch patches/ccflags.patch");

function build(...args: string[]) {
  return buildWith(cliPath, ...args);
}

async function buildWith(program: string, ...args: string[]) {
  const out = join(folder, `out${count++}`);
  const { status, stdout } = await runCli(['build', '--no-verify', '--json', '--out', out, ...args], { program });
  const document = JSON.parse(stdout);
  const path: string = document.artifacts?.[0]?.path ?? '';
  return { status, document, path, record: path.replace(/\.deb$/, '.build.json'), name: path.replace(/^.*\//, '') };
}

/** A file of the package. */
function confOf(path: string, file = 'usr/src/*/dkms.conf'): string {
  return sh(`rm -rf x && dpkg-deb -R ${path} x && cd x && cat ${file}`, { cwd: folder });
}

const guard = '# mft-patch guard';
const bounds = (conf: string) => conf.match(/^# {3}kernels .*$/gm) ?? [];

describe('the package for all kernels', () => {
  test('has no guard unless asked for', async () => {
    const { path, document } = await build('--sample');
    expect(confOf(path)).not.toContain(guard);
    expect(document.maxKernel).toBeUndefined();
  });

  test('with --max-kernel dkms builds no later kernel by itself', async () => {
    const [without, { path, name, document }] = [await build('--sample'), await build('--sample', '--max-kernel', '7.3')];
    const conf = confOf(path);
    sh('cd x && md5sum --check --quiet DEBIAN/md5sums', { cwd: folder });
    expect(bounds(conf)).toEqual(['#   kernels later than 7.3']);
    expect(conf).toContain('dkms install kernel-mft-dkms/4.15.1 -k RELEASE\n');
    expect(document.maxKernel).toBe('7.3');
    expect(name).toMatch(/\+mftpatch\.universal\d{10}\.k7\.3\.g[0-9a-f]{7}_all\.deb$/);
    const changelog = confOf(path, 'usr/share/doc/*/changelog.Debian.gz | gunzip').replace(/\s+/g, ' ');
    expect(changelog).toContain('dkms does not build by itself for kernels later than 7.3.');
    const versions = [without, await build('--sample', '--max-kernel', '6.12'), await build('--sample', '--max-kernel', '7.10')];
    const order = [versions[0]?.name, versions[1]?.name, name, versions[2]?.name].map((text) => text?.split('_')[1]);
    for (const [i, version] of order.slice(1).entries()) sh(`dpkg --compare-versions ${version} gt ${order[i]}`);
  });

  test('an AUTOINSTALL in another form is refused, but only with --max-kernel', async () => {
    const deb = await changedPackage(`sed -i 's/^AUTOINSTALL.*/A=1; AUTOINSTALL=yes/' ${source}/dkms.conf`);
    expect((await build('--deb', deb)).status).toBe(0);
    const { status, document } = await build('--deb', deb, '--max-kernel', '7.3');
    expect({ status, ...document }).toMatchObject({ status: 3, code: 'package-unfit', hint: expect.stringContaining('--max-kernel') });
  });
});

describe('the package for one kernel', () => {
  test.each([
    ['flat', '5.10', ['#   kernels >=5.18, which need dma-unmap'], /local\.before5\.18\.g[0-9a-f]{7}_/],
    ['flat', '6.1', ['#   kernels other than >=5.18, which do not take dma-unmap'], /local\.from5\.18\.g[0-9a-f]{7}_/],
    ['nnt', '6.12', ['#   kernels >=6.15, which need ccflags'], /local\.before6\.15\.g[0-9a-f]{7}_/],
    ['nnt', '7.3', ['#   kernels other than >=6.15, which do not take ccflags'], /local\.from6\.15\.g[0-9a-f]{7}_/],
  ])('%s for %s guards against %j', async (sample, kernel, words, version) => {
    const { path, name, document } = await buildWith(program, '--sample', sample, '--kernel', kernel);
    expect(bounds(confOf(path))).toEqual(words);
    expect(name).toMatch(version);
    const guards = document.patches.flatMap(({ guard }: { guard?: string }) => (guard ? [`#   ${guard}`] : []));
    expect(guards).toEqual(words);
    const changelog = confOf(path, 'usr/share/doc/*/changelog.Debian.gz | gunzip').replace(/\s+/g, ' ');
    expect(changelog).toContain(`* Baked package, not for ${guards.join().replace('#   ', '')}: the patches are applied to the sources.`);
  });

  test.each(['5.10', '7.3'])(
    "of the project's patches none keeps one for %s from any kernel, and the package is the same",
    async (kernel) => {
      const { path, name } = await build('--sample', '--kernel', kernel);
      expect(confOf(path)).not.toContain(guard);
      expect(name).toBe((await build('--sample', '--kernel', '6.1')).name);
    },
  );

  test('and against later ones, with --max-kernel', async () => {
    const { path, name } = await buildWith(program, '--sample', '--kernel', '5.10', '--max-kernel', '5.16');
    expect(bounds(confOf(path))).toEqual(['#   kernels >=5.18, which need dma-unmap', '#   kernels later than 5.16']);
    expect(name).toMatch(/\.baked\d{10}\.local\.before5\.18\.k5\.16\.g/);
  });

  test('not against a fault that the sources do not have', async () => {
    const deb = await changedPackage(`sed -i 's/pci_unmap_single(dev->pci_dev/dma_unmap_single(dev->dma/' ${source}/mst_pciconf.c`);
    const { path } = await buildWith(program, '--deb', deb, '--kernel', '5.10');
    expect(confOf(path)).not.toContain(guard);
  });
});

describe('rebuild', () => {
  test.each([
    ['--sample', '--max-kernel', '7.3'],
    ['--sample', '--kernel', '5.10'],
    ['--sample', 'nnt', '--kernel', '6.12', '--max-kernel', '7.0.1'],
  ])('makes the same bytes of %s %s %s', async (...args) => {
    const { record } = await build(...args);
    const { status, stdout } = await runCli(['rebuild', record, '--json']);
    expect({ exit: status, ...JSON.parse(stdout) }).toMatchObject({ status: 'equal', exit: 0, differences: [] });
  });

  test('names a patch that dkms.conf guards with and that has changed; and takes no other --max-kernel', async () => {
    const { record } = await buildWith(program, '--sample', '--kernel', '5.10');
    const document = JSON.parse(readFileSync(record, 'utf8'));
    const index = document.patches.findIndex(({ guard }: { guard?: string }) => guard !== undefined);
    document.patches[index].sha256 = '0'.repeat(64);
    writeFileSync(record, JSON.stringify(document));
    const { status, stdout } = await runCli(['rebuild', record, '--json']);
    expect({ exit: status, ...JSON.parse(stdout) }).toMatchObject({ exit: 1, differences: [{ of: 'patches' }] });
    writeFileSync(record, JSON.stringify({ ...document, maxKernel: '7.3-rc1' }));
    expect(await runCli(['rebuild', record])).toMatchObject({ status: 2, stdout: '' });
  });
});

test('the text of a build says up to which kernel dkms builds by itself', async () => {
  const { stdout } = await runCli(['build', '--no-verify', '--sample', '--max-kernel', '7.3', '--out', join(folder, 'words')]);
  expect(stdout).toContain('\nWith a new kernel dkms builds it by itself up to Linux 7.3.\n');
  const baked = await runCli(['build', '--no-verify', '--sample', '--kernel', '5.10', '--out', join(folder, 'words')], { program });
  expect(baked.stdout).toContain('\nWith a new kernel dkms builds it by itself, except for:\n  kernels >=5.18, which need dma-unmap\n');
});
