/** Packages with a fault that a verdict once missed, or that it once saw where there is none: real dkms, apt and kernels. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { findEngine } from '../../src/containers/engine.js';
import { Images } from '../../src/containers/images.js';
import type { KernelVerdict } from '../../src/documents/index.js';
import { verifyIn, verifyOn } from '../../src/verify/verify.js';
import { imageOf } from '../containers/own-docker.js';
import { makeDirectory, missing, sh, testContext } from '../support.js';
import { cases, conf, fails, pci } from './cases.js';
import { before, changedPackage } from './packages.js';

const folder = makeDirectory();
const settings = { timeout: 1800, memory: '2g', processes: 2048, disk: '4g' };

/** @param vendorConf what the vendor's package declares; `image` stands in for the target's own */
async function verdictOn(
  target: string,
  bytes: Buffer,
  { vendorConf, image }: { vendorConf?: string; image?: string } = {},
): Promise<KernelVerdict> {
  const context = testContext({ offline: true, cacheDir: join(folder, 'cache') });
  const found = (await loadTargets(testContext())).find(({ name }) => name === target);
  if (!found) throw new Error(`no target ${target}`);
  const images = new Images(await findEngine({ ...settings, engine: 'docker' }, context), settings);
  const expected = vendorConf === undefined ? {} : { vendorConf: Buffer.from(vendorConf) };
  const verification = { images, target: found, deb: { name: 'evidence.deb', bytes }, boot: false, ...expected };
  if (image === undefined) return verifyOn(verification, context);
  return verifyIn({ ...(await images.ensure(found, context)), tag: image }, verification, context);
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test.each(cases)('%s', async (_, edits, verdict) => {
    expect(await verdictOn('debian-12', await changedPackage(edits))).toMatchObject(verdict);
  });

  // The status is dkms's own, 11, or 1 where its dkms_autoinstaller passes on only that it failed (3.2.2).
  test("Debian's name of the architecture, on Debian 13: the next kernel's hook breaks apt", async () => {
    expect(await verdictOn('debian-13', await changedPackage({}))).toMatchObject(fails('kernelHook', /exited with status (1|11)\nError! /));
  });

  test('dkms.conf promises one module of two', async () => {
    const vendorConf =
      'PACKAGE_NAME=kernel-mft-dkms\nBUILT_MODULE_NAME[0]=mst_pci\nBUILT_MODULE_NAME[1]=mst_pciconf\nDEST_MODULE_LOCATION[0]=/x\n';
    const only = (text: string) => text.replace(/^(BUILT_MODULE_|DEST_MODULE_)\w+\[1\].*\n/gm, '');
    const verdict = await verdictOn('debian-12', await changedPackage({ [conf]: only }), { vendorConf });
    expect(verdict).toMatchObject(fails('builds', "dkms.conf does not declare mst_pciconf, and the vendor's does"));
  });

  test('it builds for the kernel of the machine, and not for another one that is there', async () => {
    const name = `mft-patch-test-two-kernels-${process.pid}`;
    // Debian 12's own kernel beside the one of its backports.
    const older = "$(apt-cache search --names-only '^linux-headers-6[.]1[.]0-[0-9]+-amd64$' | sort -V | tail -n 1 | cut -d ' ' -f 1)";
    const install = `apt-get update && apt-get install -y --no-install-recommends ${older}`;
    const dockerfile = `FROM ${await imageOf('debian-12-backports')}\nRUN ${install}\n`;
    sh(`docker build --tag ${name} - > log 2>&1 <<'END'\n${dockerfile}END`, { cwd: folder });
    try {
      const only = '#include <linux/version.h>\n#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)\n#error not for this kernel\n#endif';
      const good = await changedPackage({}, 'nnt-4.26');
      const bad = await changedPackage({ [pci]: before(only) }, 'nnt-4.26');
      expect(await verdictOn('debian-12-backports', good, { image: name })).toMatchObject({ status: 'builds' });
      const verdict = await verdictOn('debian-12-backports', bad, { image: name });
      expect(verdict).toMatchObject(fails('kernelHook', 'dkms build -k for another kernel'));
    } finally {
      sh(`docker image rm ${name} > log 2>&1`, { cwd: folder });
    }
  });

  test('a second dkms source is never built', async () => {
    writeFileSync(join(folder, 'one.deb'), await changedPackage({}));
    const second = 'PACKAGE_NAME=other\\nPACKAGE_VERSION=1.0\\nBUILT_MODULE_NAME[0]=other\\nDEST_MODULE_LOCATION[0]=/updates/dkms\\n';
    sh(
      `dpkg-deb -R one.deb two && mkdir two/usr/src/other-1.0 && printf '${second}' > two/usr/src/other-1.0/dkms.conf && dpkg-deb -b two two.deb`,
      {
        cwd: folder,
      },
    );
    expect(await verdictOn('debian-12', readFileSync(join(folder, 'two.deb')))).toMatchObject(fails('builds', 'other.ko was not built'));
  });

  test('members that dpkg of Debian 11 cannot read', async () => {
    writeFileSync(join(folder, 'gzip.deb'), await changedPackage({}));
    sh('dpkg-deb -R gzip.deb x && dpkg-deb -Zzstd -b x zstd.deb', { cwd: folder });
    const verdict = await verdictOn('debian-11', readFileSync(join(folder, 'zstd.deb')));
    expect(verdict).toMatchObject(fails('builds', /unknown compression.*zst/));
  });

  test('it is for another architecture', async () => {
    const deb = await changedPackage({ 'DEBIAN/control': (text) => text.replace('Architecture: all', 'Architecture: arm64') });
    expect(await verdictOn('debian-12', deb)).toMatchObject({ status: 'error', reason: expect.stringMatching(/arm64/) });
  });
});
