/** Boots that take minutes: every kernel that CI tests, a module with a fault, podman. */
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { MatrixDocument, VerifyDocument } from '../../src/documents/index.js';
import { altered } from '../containers/own-docker.js';
import { makeDirectory, missing, runCli, sample, writeFiles } from '../support.js';

const folder = makeDirectory();
const cache = join(folder, 'cache');

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
    }
  }, 3_000_000);

  test('a module with a fault in its init builds, installs, and is found out', async () => {
    const edit = "sed -i 's/return mst_register(&mst_pci);/*(volatile int *)0 = 1; return 0;/' mst_pci.c";
    writeFiles(folder, { 'in.deb': (await sample()).deb });
    const deb = altered(join(folder, 'in.deb'), 'oops', edit);
    const run = await runCli(['verify', deb, '--kernel', 'debian-11', '--boot', '--json', '--cache-dir', cache, '--engine', 'docker']);
    const { status, verdict } = { status: run.status, verdict: (JSON.parse(run.stdout) as VerifyDocument).kernels[0] };
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
