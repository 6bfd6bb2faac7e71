import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/kernels/target-file.js';
import type { Facts } from '../../src/verify/facts.js';
import { judge as judgeWithin } from '../../src/verify/judge.js';
import { compilerErrors, dkmsErrors, lackingPackages, packageErrors } from '../../src/verify/reasons.js';

const release = '6.1.0-50-amd64';
const target = parseTarget(
  'kernels/debian-12.json',
  JSON.stringify({
    title: 'Debian 12',
    kernel: '6.1',
    image: 'debian:12',
    suites: ['bookworm'],
    headers: 'linux-headers-amd64',
    tried: [],
  }),
);

const limits = { memory: '2g', processes: 2048, disk: '4g' };
const judge = (facts: Facts, to: typeof target) => judgeWithin(facts, to, limits);

/** What a good package leaves behind in its life, but for the changes. */
function facts(changes: Record<string, string> = {}): Map<string, string> {
  const row = (name: string) =>
    `${name}\t/var/lib/dkms/x/${name}.ko\t/lib/modules/${release}/updates/dkms/${name}.ko\t${release} SMP mod_unload\t${name}\n`;
  return new Map(
    Object.entries({
      release: `${release}\n`,
      'install.exit': '0\n',
      'package.status': 'installed\n',
      'dkms.status': `kernel-mft-dkms/4.20.1, ${release}, x86_64: installed\n`,
      modules: row('mst_pci') + row('mst_pciconf'),
      'make.log': 'make: Nothing to be done\n',
      sources: '/usr/src/kernel-mft-dkms-4.20.1\tkernel-mft-dkms\t4.20.1\n',
      symbols: '',
      'symbols.exit': '',
      'kernelHook.exit': '0\n',
      'headers.exit': '0\n',
      'modules.later': row('mst_pci') + row('mst_pciconf'),
      'remove.exit': '0\n',
      left: '',
      ...changes,
    }),
  );
}

describe('the verdict on an installation', () => {
  test('is builds when everything is as promised', () => {
    expect(judge(facts(), target)).toEqual({
      release,
      status: 'builds',
      steps: { builds: true, installs: true, kernelHook: true, removes: true },
      modules: ['mst_pci', 'mst_pciconf'].map((name) => ({
        name,
        file: `/lib/modules/${release}/updates/dkms/${name}.ko`,
        vermagic: `${release} SMP mod_unload`,
      })),
      patches: [],
    });
  });

  test('takes the words of dkms 2.8 and of 3.2, and compressed modules', () => {
    const status = `kernel-mft-dkms, 4.20.1, ${release}, x86_64: installed (original_module exists)`;
    expect(judge(facts({ 'dkms.status': status }), target).status).toBe('builds');
    const modules = `mst_pci\t\t/lib/modules/${release}/mst_pci.ko.xz\t${release} SMP\n`;
    expect(judge(facts({ modules, 'modules.later': modules }), target).status).toBe('builds');
  });

  // Each line is a way in which an exit code of 0 has been wrong.
  test.each([
    ['dkms has only built it', { 'dkms.status': `kernel-mft-dkms/4.20.1, ${release}, x86_64: built` }, 'x86_64: built'],
    [
      'dkms has installed it for another kernel',
      { 'dkms.status': 'kernel-mft-dkms/4.20.1, 6.1.0-49-amd64, x86_64: installed' },
      "dkms status is 'kernel-mft-dkms/4.20.1, 6.1.0-49-amd64, x86_64: installed'",
    ],
    ['dkms says nothing', { 'dkms.status': '' }, "dkms status is 'empty'"],
    ['no module is promised', { modules: '' }, 'declares no module'],
    ['a module is missing', { modules: `mst_pci\t/var/lib/dkms/mst_pci.ko\t\t\n` }, 'mst_pci.ko is missing under'],
    [
      'a module is for another kernel',
      { modules: `mst_pci\tx\t/lib/modules/mst_pci.ko\t6.1.0-49-amd64 SMP\n` },
      "vermagic '6.1.0-49-amd64 SMP'",
    ],
    ['a module has a longer release', { modules: `mst_pci\tx\t/lib/modules/mst_pci.ko\t${release}x SMP\n` }, 'vermagic'],
    ['dpkg has not configured it', { 'package.status': 'half-configured' }, "'half-configured'"],
    ['dpkg fails', { 'install.exit': '1' }, 'exited with status 1'],
  ])('is fails when %s', (_, change, words) => {
    expect(judge(facts(change), target)).toMatchObject({
      status: 'fails',
      steps: { installs: false },
      reason: expect.stringContaining(words),
    });
  });

  test('says first what the compiler said', () => {
    const log = "a.c:1:1: error: implicit declaration of function 'pci_unmap_single'\ncc1: some warnings\n";
    const verdict = judge(facts({ 'make.log': log, modules: 'mst_pciconf\t\t\t\n', 'install.exit': '1' }), target);
    expect(verdict).toMatchObject({ status: 'fails', steps: { builds: false, installs: false } });
    expect(verdict.reason).toBe("a.c:1:1: error: implicit declaration of function 'pci_unmap_single'");
  });

  test("passes over the noise of the vendor's Makefile, which builds that succeed print, too", () => {
    const log = '/bin/sh: 1: Syntax error: Unterminated quoted string\nmst_pciconf.c:588:13: error: no such function\n';
    const failed = { 'make.log': log, modules: 'mst_pciconf\t\t\t\n', 'install.exit': '1' };
    expect(judge(facts(failed), target).reason).toBe('mst_pciconf.c:588:13: error: no such function');
  });

  test('says what dpkg said where nothing was compiled, not what follows from it', () => {
    const log = [
      "dpkg-deb: error: archive '/verify/package.deb' uses unknown compression for member 'control.tar.zst', giving up",
      'dpkg: error processing archive /verify/package.deb (--install):',
      ' dpkg-deb --control subprocess returned error exit status 2',
      'Errors were encountered while processing:',
      ' /verify/package.deb',
    ].join('\n');
    const failed = { 'install.log': log, 'make.log': '', modules: '', 'dkms.status': '', 'package.status': '', 'install.exit': '1' };
    const verdict = judge(facts(failed), target);
    expect(verdict).toMatchObject({ status: 'fails', reason: log.split('\n')[0] });
  });

  test('does not take a log that mentions errors for a failure', () => {
    expect(judge(facts({ 'make.log': 'CC error: handling.o\n' }), target).status).toBe('builds');
  });

  test.each([
    ['memory', { oom: '2\n' }, 'out of memory: 2 processes were OOM-killed (limit 2g, see --memory)'],
    ['processes', { 'refused-forks': '9\n' }, 'process limit reached (2048, see --processes)'],
    ['disk', { 'install.log': 'cp: error writing x: No space left on device' }, "no space left on the container's disk"],
    ['disk, in the build', { 'make.log': 'No space left on device' }, "no space left on the container's disk"],
  ])('is error when it failed for lack of %s, which says nothing of the package', (_, change, words) => {
    const failed = { ...change, modules: 'mst_pci\t\t\t\n', 'install.exit': '1' };
    expect(judge(facts(failed), target)).toMatchObject({ status: 'error', reason: expect.stringContaining(words) });
    // What was installed all the same is good.
    expect(judge(facts(change), target).status).toBe('builds');
  });

  test('names no limit where there is none', () => {
    const failed = facts({ oom: '1', modules: 'mst_pci\t\t\t\n' });
    const { reason } = judgeWithin(failed, target, { ...limits, memory: '0' });
    expect(reason).toBe('out of memory: 1 processes were OOM-killed');
  });

  test('names our patches of those that dkms applies by its dkms.conf, whatever a log says', () => {
    const patches = 'own.patch\nmft-patch-a.patch\nmft-patch-b.patch\n';
    expect(judge(facts({ patches, 'install.log': 'applying patch mft-patch-c.patch...' }), target).patches).toEqual(['a', 'b']);
  });

  test.each([
    [
      'kernelHook',
      { 'kernelHook.exit': '11', 'kernelHook.log': 'Error! Bad return status\nConsult make.log\n' },
      '/etc/kernel/postinst.d/dkms exited with status 11\nError! Bad return status Consult make.log',
    ],
    ['kernelHook', { 'modules.later': `mst_pci\t\t/lib/modules/x\t\t\n` }, 'mst_pciconf.ko was removed'],
    ['kernelHook', { 'headers.exit': '1' }, 'dpkg-reconfigure of the headers exited with status 1'],
    ['removes', { 'remove.exit': '1', 'remove.log': 'E: no\n' }, 'apt-get remove exited with status 1\nE: no'],
    ['removes', { left: '/var/lib/dkms/x\n' }, 'is left after the purge: /var/lib/dkms/x'],
    ['builds', { symbols: 'mst_pci\tunknown\tgone\n' }, 'mst_pci.ko needs gone, which the kernel does not export'],
    ['builds', { symbols: 'mst_pci\tnamespace\tgone\n' }, 'mst_pci.ko needs gone, whose namespace the module does not import'],
    ['builds', { 'vendor-modules': 'mst_pci\nmst_pciconf\nmst_third\n' }, "dkms.conf does not declare mst_third, and the vendor's does"],
  ])('is fails at %s by %j', (failedStep, change, reason) => {
    expect(judge(facts(change as Record<string, string>), target)).toMatchObject({ status: 'fails', failedStep, reason });
  });

  test('names CONFIG_WERROR where the build fails with it', () => {
    const failed = { werror: 'yes', 'make.log': 'a.c:1: error: no previous prototype', modules: 'mst_pci\t\t\t\t\n' };
    expect(judge(facts(failed), target).reason).toBe(
      "a.c:1: error: no previous prototype\nthe kernel's configuration has CONFIG_WERROR=y: warnings are errors",
    );
  });

  test('reports symbols as not tested where the kernel names none', () => {
    expect(judge(facts({ 'symbols.exit': 'no Module.symvers\n' }), target)).toMatchObject({
      status: 'builds',
      notTested: ['symbols: the headers have no Module.symvers'],
    });
  });

  test('takes a newer kernel where the suite moves on, and only there', () => {
    const newer = facts({ release: '6.2.1-amd64' });
    expect(judge(newer, target)).toMatchObject({ status: 'error', reason: expect.stringContaining('expected 6.1') });
    expect(judge(newer, { ...target, rolling: true }).status).toBe('fails');
    expect(judge(newer, { ...target, rolling: true, kernel: '6.10' }).status).toBe('error');
    expect(judge(newer, { ...target, kernel: '' }).status).toBe('fails');
  });

  test('is error when the image holds another kernel than the target promises', () => {
    const verdict = judge(facts({ release: '6.12.9-amd64' }), target);
    expect(verdict).toMatchObject({ status: 'error', reason: expect.stringContaining('6.12.9-amd64') });
    expect(judge(facts({ release: '6.10.0-amd64' }), target).status).toBe('error');
  });
});

test('the first words of compiler, make and modpost are found', () => {
  const log = [
    'warning: something',
    'mst_pci_bc.c:6:10: fatal error: nnt_ioctl.h: No such file or directory',
    'mst_pci_bc.c:6:10: fatal error: nnt_ioctl.h: No such file or directory',
    'ERROR: modpost: "gone" [mst_pci.ko] undefined!',
    "make: *** No rule to make target 'x'.  Stop.",
    'b.c:1: error: fourth',
  ].join('\n');
  expect(compilerErrors(log)).toEqual([
    'mst_pci_bc.c:6:10: fatal error: nnt_ioctl.h: No such file or directory',
    'ERROR: modpost: "gone" [mst_pci.ko] undefined!',
    "make: *** No rule to make target 'x'.  Stop.",
  ]);
});

test('the first words of dkms, dpkg and apt are found', () => {
  expect(dkmsErrors('x\nError! Bad return status for module build.\nConsult /var/lib/dkms/make.log for more information.\n\ny')).toEqual([
    'Error! Bad return status for module build. Consult /var/lib/dkms/make.log for more information.',
  ]);
  expect(
    packageErrors('dpkg: error processing archive x\ndpkg-deb: error: unknown compression\nE: Sub-process /usr/bin/dpkg\nE: no'),
  ).toEqual(['dpkg-deb: error: unknown compression', 'E: no']);
  expect(
    lackingPackages(
      ' kernel-mft-dkms : Depends: gone but it is not installable\n package architecture (arm64) does not match system (amd64)',
    ),
  ).toEqual(['Depends: gone but it is not installable', 'package architecture (arm64) does not match system (amd64)']);
});
