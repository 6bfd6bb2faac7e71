/** The program against real containers: real dpkg, real dkms, real kernel headers. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { cliPath, makeDirectory, missing, runCli, sample, sh } from '../support.js';

const folder = makeDirectory();
const vendor = join(folder, 'vendor.deb');
const cache = join(folder, 'cache');
let patched = '';

beforeAll(async () => {
  writeFileSync(vendor, (await sample()).deb);
  const { stdout } = await runCli(['build', '--kernel', '5.18', '--sample', '--no-verify', '--json', '--out', join(folder, 'dist')]);
  patched = JSON.parse(stdout).artifacts[0].path;
});

async function verify(...args: string[]) {
  const { status, stdout, stderr } = await runCli(['verify', ...args, '--engine', 'docker', '--json', '--cache-dir', cache]);
  return { status, stderr, document: JSON.parse(stdout) };
}

const containers = (pid: number | undefined) => sh(`docker ps --all --format {{.Names}} | grep ^mft-patch-${pid}- || true`).trim();

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test("the vendor's package builds on 5.10, fails on 6.1, and the compiler says why", async () => {
    const { status, document } = await verify(vendor, '--kernel', 'debian-11,6.1');
    expect(status).toBe(1);
    expect(document).toMatchObject({ schema: 'mft-patch/verify@1', package: vendor });
    expect(document.kernels[0]).toMatchObject({
      target: 'debian-11',
      kernel: '5.10',
      status: 'builds',
      steps: { builds: true, installs: true, kernelHook: true, removes: true },
    });
    const failed = document.kernels[1];
    expect(failed).toMatchObject({ target: 'debian-12', kernel: '6.1', status: 'fails', steps: { builds: false, installs: false } });
    expect(failed.reason).toContain("error: implicit declaration of function 'pci_unmap_single'");
    expect(readFileSync(failed.log, 'utf8')).toContain('pci_unmap_single');
  });

  test('the patched package builds, for the very kernel, in the image that is there', async () => {
    const ids = () => sh('docker images --no-trunc --quiet mft-patch/debian-12').trim();
    const before = ids();
    const { status, document, stderr } = await verify(patched, '--kernel', '6.1');
    expect(ids()).toBe(before);
    expect(stderr).not.toMatch(/warning|building the image/);
    expect(status).toBe(0);
    for (const kernel of document.kernels) {
      expect(kernel).toMatchObject({ status: 'builds', release: expect.stringMatching(new RegExp(`^${kernel.kernel}\\.`)) });
      expect(kernel).not.toHaveProperty('reason');
      expect(kernel.modules.map(({ name }: { name: string }) => name)).toEqual(['mst_pci', 'mst_pciconf']);
      for (const { file, vermagic } of kernel.modules) {
        expect(file).toMatch(new RegExp(`^/lib/modules/${kernel.release}/.*\\.ko`));
        expect(vermagic.split(' ')[0]).toBe(kernel.release);
      }
    }
  });

  test('build verifies what it wrote, and puts the verdict into its record', async () => {
    const out = join(folder, 'verified');
    const { status, stdout, stderr } = await runCli([
      'build',
      '--kernel',
      '6.1',
      '--sample',
      '--verify',
      '--out',
      out,
      '--cache-dir',
      cache,
    ]);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('warning') });
    expect(stdout).toMatch(/6\.1 +debian-12 +6\.1\.\S+ +builds +mst_pci, mst_pciconf/);
    const record = JSON.parse(sh(`cat ${out}/*.build.json`));
    expect(record.verification).toMatchObject({ status: 'passed', kernels: [{ target: 'debian-12', status: 'builds' }] });
  });

  test('a kernel that cannot be had is verified on the nearest that takes the same patches, and this is said', async () => {
    const args = ['build', '--kernel', '6.6.30', '--offline', '--sample', '--json', '--out', join(folder, 'near'), '--cache-dir', cache];
    const { status, stdout, stderr } = await runCli(args);
    expect(status).toBe(0);
    expect(stderr).toMatch(/warning: cannot verify on 6\.6\.30 here \(.*--offline.*\); verifying on debian-12 \(6\.1\) instead/);
    const reason = expect.stringContaining('the closest kernel with the same patches');
    expect(JSON.parse(stdout).verification).toMatchObject({ status: 'passed', reason, kernels: [{ target: 'debian-12' }] });
    expect(await runCli([...args, '--verify'])).toMatchObject({ status: 3, stderr: expect.stringContaining('--kernel-source FILE') });
  });

  test('a package that does not build is exit 1 from build as well', async () => {
    const broken = join(folder, 'broken');
    sh(
      `dpkg-deb -R ${vendor} ${broken} && echo '#error broken on purpose' >> ${broken}/usr/src/kernel-mft-dkms-4.15.1/mst_pci.c && dpkg-deb -b ${broken}`,
    );
    const { status, stdout } = await runCli([
      'build',
      '--kernel',
      '6.1',
      '--deb',
      `${broken}.deb`,
      '--out',
      join(folder, 'fails'),
      '--cache-dir',
      cache,
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain('#error broken on purpose');
    expect(stdout).toContain('do not install this package');
  });

  test('a package whose postinst hides the failure is still found out', async () => {
    const liar = join(folder, 'liar');
    sh(`dpkg-deb -R ${vendor} ${liar} && sed -i 's/|| exit 10/|| true/' ${liar}/DEBIAN/postinst && dpkg-deb -b ${liar}`);
    const { status, document } = await verify(`${liar}.deb`, '--kernel', '6.1');
    expect(status).toBe(1);
    expect(document.kernels[0]).toMatchObject({ status: 'fails', reason: expect.stringContaining('pci_unmap_single') });
  });

  test('the container has no network, few capabilities and nothing of the host', async () => {
    const nosy = join(folder, 'nosy');
    sh(`dpkg-deb -R ${vendor} ${nosy}`);
    writeFileSync(
      join(nosy, 'DEBIAN/postinst'),
      '#!/bin/sh\nls /sys/class/net | tr "\\n" " "; echo; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; cut -d" " -f5 /proc/self/mountinfo\n',
    );
    sh(`dpkg-deb -b ${nosy}`);
    const { document } = await verify(`${nosy}.deb`, '--kernel', '6.1');
    const log = readFileSync(document.kernels[0].log, 'utf8');
    expect(log).toMatch(/^lo $/m);
    // CHOWN (bit 0), DAC_OVERRIDE (1), FOWNER (3), SETGID (6), SETUID (7)
    expect(log).toMatch(/CapEff:\t00000000000000cb$/m);
    expect(log).toMatch(/NoNewPrivs:\t1/);
    const mounts = log.split('\n').filter((line) => line.startsWith('/') && !/^\/(proc|sys|dev)/.test(line));
    expect(mounts.sort()).toEqual(['/', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the run with 130 and leaves no container', async (signal) => {
    const child = spawn(process.execPath, [cliPath, 'verify', patched, '--kernel', '6.1', '--cache-dir', cache], { stdio: 'ignore' });
    for (let tries = 0; containers(child.pid) === '' && tries < 100; tries++) await setTimeout(50);
    expect(containers(child.pid)).not.toBe('');
    child.kill(signal);
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    // A busy engine goes on removing them after the end.
    for (let tries = 0; containers(child.pid) !== '' && tries < 1200; tries++) await setTimeout(50);
    expect(containers(child.pid)).toBe('');
  });
});

describe.skipIf(missing('podman') !== '')(`with podman (${missing('podman') || 'it is there'})`, () => {
  test('the verdicts are the same', async () => {
    const env = { ...process.env, CONTAINERS_CONF: join(inject('folder'), 'containers.conf') };
    const run = (deb: string) => runCli(['verify', deb, '--kernel', '6.1', '--engine', 'podman', '--cache-dir', cache], { env });
    expect(await run(patched)).toMatchObject({ status: 0, stdout: expect.stringMatching(/6\.1 +debian-12 +\S+ +builds/) });
    expect(await run(vendor)).toMatchObject({ status: 1, stdout: expect.stringContaining('pci_unmap_single') });
  });
});
