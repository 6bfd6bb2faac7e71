import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, runCli, sample, sh, writeFiles } from '../support.js';

const folder = makeDirectory();
const root = 'mft-4.15.1-0sample-x86_64-deb';
const tools = createHash('shake256', { outputLength: 700_000 }).update('tools').digest();
const build = (...args: string[]) => runCli(['build', '--kernel', '5.18', '--no-verify', '--json', '--quiet', ...args], { cwd: folder });

describe.skipIf(missing('tools') !== '')('what lies beside the package', () => {
  beforeAll(async () => {
    const { deb, name } = await sample();
    writeFiles(folder, {
      [`${root}/DEBS/mft_4.15.1-0sample_amd64.deb`]: tools,
      [`${root}/DEBS/mft-oem_4.15.1-0sample_amd64.deb`]: 'oem',
      [`${root}/SDEBS/${name}`]: deb,
      [`${root}/${'long/'.repeat(30)}${'name'.repeat(30)}`]: 'x',
      [`${root}/install.sh`]: '#!/bin/sh\n',
    });
    sh(
      `ln -s SDEBS/${name} ${root}/link; ln ${root}/install.sh ${root}/hard; chmod 4751 ${root}/install.sh; tar czf ${root}.tgz --owner=7 ${root}`,
      { cwd: folder },
    );
  });

  test('--with-userland is the tools package, as it is', async () => {
    const { status, stdout, stderr } = await build('--bundle', `${root}.tgz`, '--out', 'with', '--with-userland');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, 'with/mft_4.15.1-0sample_amd64.deb')).equals(tools)).toBe(true);
    expect(readdirSync(join(folder, 'with'))).toHaveLength(4);
    const { artifacts } = JSON.parse(stdout);
    expect(artifacts.map(({ path }: { path: string }) => path)).toEqual([
      expect.stringContaining('kernel-mft-dkms'),
      'with/mft_4.15.1-0sample_amd64.deb',
    ]);
    expect(sh('cd with && sha256sum -c SHA256SUMS', { cwd: folder })).toContain('mft_4.15.1-0sample_amd64.deb: OK');
  });

  test.each(['gnu', 'pax', 'ustar'])('--repack-bundle changes the package in it, and nothing else (%s)', async (format) => {
    const bundle = `${format}/${root}.tgz`;
    sh(`mkdir ${format}; tar czf ${bundle} --format=${format} ${format === 'ustar' ? '--exclude=namename*' : ''} --owner=7 ${root}`, {
      cwd: folder,
    });
    const { status, stdout } = await build('--bundle', bundle, '--out', `re-${format}`, '--repack-bundle');
    expect(status).toBe(0);
    const [deb, again] = JSON.parse(stdout).artifacts.map(({ path }: { path: string }) => path);
    expect(again).toBe(`re-${format}/${root}.tgz`);
    const listing = (file: string) => sh(`tar tvzf ${file} --full-time --numeric-owner`, { cwd: folder }).split('\n');
    const [before, after] = [listing(bundle), listing(again)];
    const changed = after.filter((line, i) => line !== before[i]);
    // The package's size may have changed, nothing else.
    expect(after.length).toBe(before.length);
    for (const line of changed) expect(line).toContain('/SDEBS/kernel-mft-dkms_4.15.1-0sample_all.deb');
    sh(`mkdir old-${format} new-${format}; tar xzf ${bundle} -C old-${format}; tar xzf ${again} -C new-${format}`, { cwd: folder });
    const differing = sh(`diff -rq --no-dereference old-${format} new-${format} || true`, { cwd: folder });
    // The package, and the symbolic link to it is the same link.
    expect(differing.trim().split('\n')).toEqual([expect.stringContaining('kernel-mft-dkms_4.15.1-0sample_all.deb differ')]);
    expect(sh(`cmp new-${format}/${root}/SDEBS/*.deb ${deb} && echo same`, { cwd: folder })).toBe('same\n');
    // What comes out is a bundle again, and its package is seen to be patched.
    expect(JSON.parse((await build('--bundle', again, '--out', 'twice')).stdout)).toMatchObject({ code: 'package-unfit' });
  });

  test('needs a bundle, and one with the tools', async () => {
    expect(await build('--sample', '--out', 'bad', '--with-userland')).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('requires a bundle'),
    });
    sh(`tar czf no-tools.tgz ${root}/SDEBS`, { cwd: folder });
    const { status, stdout } = await build('--bundle', 'no-tools.tgz', '--out', 'bad', '--with-userland');
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 3, code: 'package-unfit' });
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  test('of a bundle that is cut behind the package is refused', async () => {
    sh(`tar cf two.tar ${root}/SDEBS; head -c 3000000 /dev/urandom > ${root}/z; tar rf two.tar ${root}/z; gzip -1 < two.tar > two.tgz`, {
      cwd: folder,
    });
    const whole = readFileSync(join(folder, 'two.tgz'));
    writeFileSync(join(folder, 'cut.tgz'), whole.subarray(0, whole.length - 500_000));
    const { status, stdout } = await build('--bundle', 'cut.tgz', '--out', 'bad', '--repack-bundle');
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 3, code: 'bundle-damaged' });
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });
});
