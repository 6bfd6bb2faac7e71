/** Boots that take minutes: every kernel that CI tests, a module with a fault, podman. */
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { MatrixDocument, VerifyDocument } from '../../src/documents/index.js';
import { altered } from '../containers/own-docker.js';
import { makeDirectory, missing, runCli, sample, writeFiles } from '../support.js';

const folder = makeDirectory();
const cache = join(folder, 'cache');

/** The sample with something put into one of its modules. */
async function changedSample(name: string, edit: string): Promise<string> {
  writeFiles(folder, { 'in.deb': (await sample()).deb });
  return altered(join(folder, 'in.deb'), name, edit);
}

async function verify(deb: string, kernel: string, ...args: string[]) {
  const { status, stdout } = await runCli(['verify', deb, '--kernel', kernel, '--boot', '--json', '--cache-dir', cache, ...args]);
  return { status, verdict: (JSON.parse(stdout) as VerifyDocument).kernels[0] };
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('the drivers of each sample work on each kernel', async () => {
    for (const name of ['flat', 'nnt', 'nnt-4.26']) {
      const targets = ['debian-11', 'debian-12', 'debian-13', 'debian-13-backports', 'debian-sid'];
      const args = ['matrix', '--sample', name, '--boot', '--engine', 'docker', '--kernel', targets.join(), '--json'];
      const { status, stdout, stderr } = await runCli([...args, '--out', join(folder, name), '--cache-dir', cache]);
      const { cells } = JSON.parse(stdout) as MatrixDocument;
      expect(status, `${stdout}${stderr}`).toBe(0);
      expect(cells.map(({ target, patched }) => [target, patched.status, patched.works])).toEqual(
        targets.map((target) => [target, 'builds', 'works']),
      );
      // Drivers that know only NVIDIA's hardware refuse another device; what needs that is not tested, and said.
      const isRefused = expect.arrayContaining([expect.stringMatching(/^mst_pci, mst_pciconf: what follows INIT/)]);
      for (const { patched } of cells) expect(patched.notTested ?? []).toEqual(name === 'flat' ? [] : isRefused);
    }
  }, 3_000_000);

  test('a driver that reads something else than sysfs fails with both values', async () => {
    const handler = "sed -i 's/#ifdef HAVE_UNLOCKED_IOCTL/#if 1/' driver_common.c";
    const deb = await changedSample('misread', `${handler}; sed -i 's/dev->data_reg, &/dev->data_reg + 4, \\&/' mst_pciconf.c`);
    expect(await verify(deb, 'debian-11', '--engine', 'docker')).toMatchObject({
      status: 1,
      verdict: {
        steps: { loads: true, works: false },
        reason: expect.stringMatching(/^mst_pciconf: READ4 answered 0x\w+, expected 0x11e81234$/),
      },
    });
  });

  test('a boot that its memory does not suffice for says nothing of the modules', async () => {
    const { stdout } = await runCli(['build', '--kernel', '6.1', '--sample', '--no-verify', '--json', '--out', join(folder, 'small')]);
    const { status, verdict } = await verify(JSON.parse(stdout).artifacts[0].path, 'debian-12', '--engine', 'docker', '--memory', '150m');
    const reason = 'out of memory: 1 processes were OOM-killed (limit 150m, see --memory)';
    expect({ status, verdict }).toMatchObject({ status: 5, verdict: { status: 'error', reason, steps: { installs: true, loads: false } } });
  });

  test('what does not build is not booted', async () => {
    const deb = await changedSample('broken', 'echo "#error on purpose" >> mst_pci.c');
    const { status, verdict } = await verify(deb, 'debian-11', '--engine', 'docker');
    expect({ status, steps: verdict?.steps, boot: verdict?.boot }).toEqual({
      status: 1,
      steps: { builds: false, installs: false },
      boot: undefined,
    });
  });

  test('a kernel from source is not booted, and the verdict says why', async () => {
    const args = ['--kernel-source', join(inject('folder'), 'linux-source.tar.xz'), '--engine', 'docker'];
    writeFiles(folder, { 'plain.deb': (await sample()).deb });
    const { stdout } = await runCli([
      'build',
      '--deb',
      join(folder, 'plain.deb'),
      '--no-verify',
      '--json',
      '--out',
      join(folder, 'source'),
    ]);
    const { status, verdict } = await verify(JSON.parse(stdout).artifacts[0].path, '6.1', ...args);
    expect(status).toBe(5);
    expect(verdict).toMatchObject({
      status: 'error',
      steps: { builds: true, installs: true, kernelHook: true, removes: true, loads: false },
      reason: expect.stringMatching(/not supported; omit --boot/),
    });
  }, 300_000);

  test('a module with a fault in its init builds, installs, and is found out', async () => {
    const edit = "sed -i 's/return mst_register(&mst_pci);/*(volatile int *)0 = 1; return 0;/' mst_pci.c";
    const { status, verdict } = await verify(await changedSample('oops', edit), 'debian-11', '--engine', 'docker');
    expect({ status, verdict }).toMatchObject({
      status: 1,
      verdict: {
        ...{ status: 'fails', failedStep: 'loads', steps: { builds: true, installs: true, loads: false, works: false } },
        reason: expect.stringMatching(/BUG: kernel NULL pointer|Oops/),
      },
    });
  });
});

describe.skipIf(missing('podman') !== '')(`with podman (${missing('podman') || 'it is there'})`, () => {
  test('the drivers answer as well', async () => {
    const env = { ...process.env, CONTAINERS_CONF: join(inject('folder'), 'containers.conf') };
    const args = [
      'matrix',
      '--sample',
      '--universal',
      '--boot',
      '--engine',
      'podman',
      '--kernels',
      'debian-12',
      '--out',
      join(folder, 'p'),
    ];
    const { status, stdout } = await runCli([...args, '--cache-dir', cache], { env });
    expect(stdout).toMatch(/^6\.1 +debian-12 +builds +works +/m);
    expect(status).toBe(0);
  }, 300_000);
});
