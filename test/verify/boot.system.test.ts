/** The modules on the kernels that they were built for: real kernels in QEMU, in the containers of the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { MatrixDocument, VerifyDocument } from '../../src/documents/index.js';
import { makeDirectory, missing, runCli, sample, sh, writeFiles } from '../support.js';

const folder = makeDirectory();
const cache = join(folder, 'cache');
const source = 'usr/src/kernel-mft-dkms-4.15.1';

/** The sample with something put into one of its modules. */
async function changedSample(name: string, edit: string): Promise<string> {
  writeFiles(folder, { [`${name}/in.deb`]: (await sample()).deb });
  sh(`dpkg-deb -R in.deb x && cd x/${source} && ${edit} && cd - && rm -f x/DEBIAN/md5sums && dpkg-deb -b x out.deb`, {
    cwd: join(folder, name),
  });
  return join(folder, name, 'out.deb');
}

async function verify(deb: string, kernel: string, ...args: string[]) {
  const { status, stdout } = await runCli(['verify', deb, '--kernel', kernel, '--boot', '--json', '--cache-dir', cache, ...args]);
  return { status, verdict: (JSON.parse(stdout) as VerifyDocument).kernels[0] };
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('the patched modules load, answer and unload, twice, on each kernel', async () => {
    const targets = ['debian-11', 'debian-12', 'debian-13', 'debian-13-backports'];
    const args = ['matrix', '--sample', '--universal', '--boot', '--engine', 'docker', '--kernels', targets.join(), '--json'];
    const { status, stdout, stderr } = await runCli([...args, '--out', join(folder, 'matrix'), '--cache-dir', cache]);
    const { cells } = JSON.parse(stdout) as MatrixDocument;
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(cells.map(({ target, patched }) => [target, patched.status, patched.loads])).toEqual(
      targets.map((target) => [target, 'builds', 'loads']),
    );
    const record = JSON.parse(readFileSync((cells[0]?.patched.artifact ?? '').replace(/\.deb$/, '.build.json'), 'utf8'));
    for (const { steps, boot, release } of record.verification.kernels as VerifyDocument['kernels']) {
      expect(steps).toEqual({ builds: true, installs: true, kernelHook: true, removes: true, loads: true });
      expect(boot?.modules.map(({ name, loaded, unloaded }) => [name, loaded, unloaded])).toEqual([
        ['mst_pci', 2, 2],
        ['mst_pciconf', 2, 2],
      ]);
      for (const module of boot?.modules ?? []) {
        expect(module.devices[0]).toMatch(new RegExp(`^\\d+ ${module.name}$`));
        expect(module.answers).toEqual(['Inappropriate ioctl for device']);
      }
      expect(readFileSync(boot?.console ?? '', 'utf8')).toContain(`mft-patch: init ${release}`);
    }
  }, 600_000);

  test('a boot that its memory does not suffice for says nothing of the modules', async () => {
    const { stdout } = await runCli(['build', '--kernel', '6.1', '--sample', '--no-verify', '--json', '--out', join(folder, 'small')]);
    const { status, verdict } = await verify(JSON.parse(stdout).artifacts[0].path, 'debian-12', '--engine', 'docker', '--memory', '150m');
    const reason = 'out of memory: 1 processes were OOM-killed (limit 150m, see --memory)';
    expect({ status, verdict }).toMatchObject({ status: 5, verdict: { status: 'error', reason, steps: { installs: true, loads: false } } });
  });

  // Each builds and installs without a complaint; only the booted kernel finds it out.
  test.each([
    [
      'a symbol that the kernel does not export',
      `echo 'extern int mft_patch_no_such_symbol(void); int mft_patch_user(void) { return mft_patch_no_such_symbol(); }' >> mst_pci.c && sed -i 's/M=/KBUILD_MODPOST_WARN=1 M=/' Makefile`,
      /Unknown symbol mft_patch_no_such_symbol/,
    ],
    [
      'a fault in its init',
      `sed -i 's/return mst_register(&mst_pci);/*(volatile int *)0 = 1; return 0;/' mst_pci.c`,
      /BUG: kernel NULL pointer|Oops/,
    ],
    [
      'no device',
      `sed -i 's/return mst_register(&mst_pci);/return 0;/; s/mst_unregister(&mst_pci);//' mst_pci.c`,
      /registered no character device/,
    ],
  ])('a module with %s is found out', async (name, edit, words) => {
    const { status, verdict } = await verify(await changedSample(name.replaceAll(' ', '-'), edit), 'debian-11', '--engine', 'docker');
    expect(status).toBe(1);
    expect(verdict).toMatchObject({
      status: 'fails',
      steps: { builds: true, installs: true, kernelHook: true, removes: true, loads: false },
      reason: expect.stringMatching(words),
    });
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

  test('the image that is booted is not the one that packages are installed in', () => {
    const labels = sh(`docker images --format '{{.Repository}}' | grep ^mft-patch/debian-11 | sort -u`).trim().split('\n');
    expect(labels).toEqual(['mft-patch/debian-11', 'mft-patch/debian-11-boot']);
    const plain = sh(
      `docker images --quiet mft-patch/debian-11 | xargs -n 1 -I{} docker run --rm --network none {} sh -c 'ls /boot; which qemu-system-x86_64 busybox || true'`,
    );
    expect(plain.trim()).toBe('');
  });
});

describe.skipIf(missing('podman') !== '')(`with podman (${missing('podman') || 'it is there'})`, () => {
  test('the modules load as well', async () => {
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
    expect(stdout).toMatch(/^6\.1 +debian-12 +builds +loads +dma-unmap$/m);
    expect(status).toBe(0);
  }, 300_000);
});
