/** Drivers that build, load and register their devices, and with which `mst start` cannot work: only asking them shows it. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { VerifyDocument } from '../../src/documents/index.js';
import { altered } from '../containers/own-docker.js';
import { makeDirectory, missing, runCli, sample, writeFiles } from '../support.js';

const folder = makeDirectory();

/** The vendor's package, whose guard leaves the ioctl handler out from Linux 5.9 on, after an edit of its source. */
async function verdictOf(name: string, edit: string) {
  writeFiles(folder, { 'vendor.deb': (await sample()).deb });
  const deb = altered(join(folder, 'vendor.deb'), name, edit);
  const args = ['verify', deb, '--kernel', 'debian-11', '--boot', '--json', '--engine', 'docker', '--cache-dir', join(folder, 'cache')];
  const { status, stdout } = await runCli(args);
  return { status, verdict: (JSON.parse(stdout) as VerifyDocument).kernels[0] };
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('a driver without an ioctl handler loads, and fails when it is asked', async () => {
    const { status, verdict } = await verdictOf('dead', 'true');
    const words = 'INIT with a null pointer answered ENOTTY, expected EFAULT: the driver has no ioctl handler for this kernel';
    expect({ status, verdict }).toMatchObject({
      status: 1,
      verdict: {
        ...{ status: 'fails', failedStep: 'works', steps: { builds: true, installs: true, loads: true, works: false } },
        reason: `mst_pci: ${words}\nmst_pciconf: ${words}`,
        boot: { status: 'fails', loads: true, works: false, modules: [{ answers: ['0', 'ENOTTY'] }, { answers: ['0', 'ENOTTY'] }] },
      },
    });
  }, 300_000);
});
