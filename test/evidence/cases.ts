/** What is done to a package, and the verdict that it must get. */
import { expect } from 'vitest';
import { after, before, type Edits } from './packages.js';

export const conf = 'source/dkms.conf';
export const pci = 'source/mst_backward_compatibility/mst_pci/mst_pci_bc.c';

const builds = { status: 'builds', steps: { builds: true, installs: true, kernelHook: true, removes: true } };

/** A verdict that ends at a step, with these words in its reason. */
export const fails = (failedStep: string, words: string | RegExp) => ({
  status: 'fails',
  failedStep,
  reason: typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
});

export const cases: [title: string, edits: Edits, verdict: object][] = [
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
];
