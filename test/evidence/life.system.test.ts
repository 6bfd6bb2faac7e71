/** Packages with a fault that a verdict once missed, or that it once saw where there is none: real dkms, apt and kernels. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { findEngine } from '../../src/containers/engine.js';
import { Images } from '../../src/containers/images.js';
import type { KernelVerdict } from '../../src/documents/index.js';
import { verifyOn } from '../../src/verify/verify.js';
import { makeDirectory, missing, sh, testContext } from '../support.js';
import { after, before, changedPackage, type Edits } from './packages.js';

const folder = makeDirectory();
const settings = { timeout: 1800, memory: '2g', processes: 2048, disk: '4g' };
const conf = 'source/dkms.conf';
const pci = 'source/mst_backward_compatibility/mst_pci/mst_pci_bc.c';

async function verdictOn(target: string, bytes: Buffer, vendorConf?: string): Promise<KernelVerdict> {
  const context = testContext({ offline: true, cacheDir: join(folder, 'cache') });
  const found = (await loadTargets()).find(({ name }) => name === target);
  if (!found) throw new Error(`no target ${target}`);
  const images = new Images(await findEngine({ ...settings, engine: 'docker' }, context), settings);
  const expected = vendorConf === undefined ? {} : { vendorConf: Buffer.from(vendorConf) };
  return verifyOn({ images, target: found, deb: { name: 'evidence.deb', bytes }, boot: false, ...expected }, context);
}

const builds = { status: 'builds', steps: { builds: true, installs: true, kernelHook: true, removes: true } };
const fails = (failedStep: string, words: string | RegExp) => ({
  status: 'fails',
  failedStep,
  reason: typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
});

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test.each<[string, Edits, object]>([
    ['nothing is wrong', {}, builds],
    [
      'a symbol that exists nowhere, with modpost silenced',
      {
        [pci]: after(
          'void mft_patch_no_such_function(void);\nvoid *mst_evidence(void)\n{\n    mft_patch_no_such_function();\n    return NULL;\n}',
        ),
        'source/mst_backward_compatibility/mst_pci/Makefile': before('export KBUILD_MODPOST_WARN = 1'),
      },
      fails('builds', 'mst_pci.ko needs mft_patch_no_such_function, which the kernel does not export'),
    ],
    [
      'a symbol for GPL modules in one that is proprietary, with modpost silenced',
      {
        [pci]: (text) =>
          `${text.replace('MODULE_LICENSE("Dual MIT/GPL")', 'MODULE_LICENSE("Proprietary")')}\nvoid *mst_evidence(void)\n{\n    return (void *)class_unregister;\n}\n`,
        'source/mst_backward_compatibility/mst_pci/Makefile': before('export KBUILD_MODPOST_WARN = 1'),
      },
      fails('builds', /^mst_pci\.ko needs class_unregister, which the kernel exports only to modules under the GPL|GPL-incompatible/),
    ],
    [
      'a module that is another one than dkms built',
      {
        'DEBIAN/postinst': after(
          'for ko in /lib/modules/*/updates/dkms/mst_pci.ko; do strip --strip-debug -R .note.gnu.build-id "$ko"; done',
        ),
      },
      fails('installs', 'WARNING! Diff between built and installed module'),
    ],
    [
      'a module that contains another one',
      {
        'DEBIAN/postinst': after(
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell expands it
          'for ko in /lib/modules/*/updates/dkms/mst_pci.ko /var/lib/dkms/*/*/*/*/module/mst_pci.ko; do cp "${ko%.ko}conf.ko" "$ko"; done',
        ),
      },
      fails('installs', 'mst_pci.ko contains the module mst_pciconf'),
    ],
    [
      'dkms.conf is as dkms takes it: a variable that is not set, a version unlike the directory',
      { [conf]: (text) => `VENDOR="$NO_SUCH_VARIABLE"\n${text.replace('PACKAGE_VERSION="4.22.0"', 'PACKAGE_VERSION="4.22"')}` },
      builds,
    ],
    [
      'the compiler complains, and PACKAGE_VERSION is unlike the directory',
      {
        [conf]: (text) => text.replace('PACKAGE_VERSION="4.22.0"', 'PACKAGE_VERSION="4.22"'),
        [pci]: after('#error this is the fault'),
      },
      fails('builds', 'error: #error this is the fault'),
    ],
    [
      'dkms.conf excludes the kernel',
      { [conf]: after("BUILD_EXCLUSIVE_KERNEL='^5\\.'") },
      fails('builds', /BUILD_EXCLUSIVE.*\n.*dkms\.conf sets BUILD_EXCLUSIVE_KERNEL=\^5/s),
    ],
    [
      'something of it stays behind',
      { 'DEBIAN/postinst': after('touch /usr/src/kernel-mft-dkms-4.22.0/left-behind') },
      fails('removes', 'is left after the purge: /usr/src/kernel-mft-dkms-4.22.0'),
    ],
    [
      'it depends on what the image does not have',
      { 'DEBIAN/control': (text) => text.replace('Depends: ', 'Depends: mft-patch-no-such-package, ') },
      { status: 'error', reason: expect.stringContaining('Depends: mft-patch-no-such-package') },
    ],
  ])('%s', async (_, edits, verdict) => {
    expect(await verdictOn('debian-12', await changedPackage(edits))).toMatchObject(verdict);
  });

  test('dkms.conf promises one module of two', async () => {
    const vendorConf =
      'PACKAGE_NAME=kernel-mft-dkms\nBUILT_MODULE_NAME[0]=mst_pci\nBUILT_MODULE_NAME[1]=mst_pciconf\nDEST_MODULE_LOCATION[0]=/x\n';
    const only = (text: string) => text.replace(/^(BUILT_MODULE_|DEST_MODULE_)\w+\[1\].*\n/gm, '');
    const verdict = await verdictOn('debian-12', await changedPackage({ [conf]: only }), vendorConf);
    expect(verdict).toMatchObject(fails('builds', "dkms.conf does not declare mst_pciconf, and the vendor's does"));
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
