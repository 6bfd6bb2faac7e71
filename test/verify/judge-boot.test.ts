import { describe, expect, test } from 'vitest';
import { judgeBoot } from '../../src/verify/judge-boot.js';

const release = '6.1.0-56-amd64';

/** The facts of container/boot.sh, with a console as it came from Debian 12 unless a change says otherwise. */
function facts(console: string, changes: Record<string, string> = {}): Map<string, string> {
  const serial = console.replaceAll('\n', '\r\n');
  return new Map(
    Object.entries({
      release: `${release}\n`,
      expected: `${release}\n`,
      accel: 'tcg\n',
      limit: '60\n',
      missing: '',
      'qemu.exit': '0\n',
      'qemu.log': '',
      console: serial,
      ...changes,
    }),
  );
}

const init = `[    2.010975] mft-patch: init ${release} 0x00000000feb00000 0x100000 0x11e81234\n`;
const end = `[    2.813029] mft-patch: end
[    2.818849] ACPI: PM: Preparing to enter system sleep state S5
[    2.819392] reboot: Restarting system
[    2.819488] reboot: machine restart
`;
const taint = (name: string) => `[    2.224000] ${name}: loading out-of-tree module taints kernel.
[    2.225000] ${name}: module verification failed: signature and/or required key missing - tainting kernel
`;
/** What the flat drivers answer, and what the NNT ones do. */
const flat: Record<string, string[]> = {
  mst_pci: ['open 0', 'INIT-NULL -14', 'INIT 0', 'PCI_PARAMS 0 0xfeb00000 0x100000', 'STOP 0'],
  mst_pciconf: ['open 0', 'INIT-NULL -14', 'INIT 0', 'READ4 0 0x11e81234', 'STOP 0'],
};
const nnt = ['open 0', 'INIT-NULL -14', 'INIT -22'];
const round = (name: string, answers = flat[name] ?? []) => `[    2.496137] mft-patch: ${name} load
[    2.515839] mft-patch: ${name} loaded
[    2.533599] mft-patch: ${name} device 246 ${name}
${answers.map((line) => `[    2.5] mft-patch: ${name} asks ${line.split(' ')[0]}\n[    2.5] mft-patch: ${name} answer ${line}\n`).join('')}\
[    2.570238] mft-patch: ${name} unload
[    2.605478] mft-patch: ${name} unloaded
`;
const twice = (name: string, answers = flat[name]) => `${taint(name)}${round(name, answers)}${round(name, answers)}`;
const good = `${init}${twice('mst_pci')}${twice('mst_pciconf')}${end}`;

const judge = (console: string, changes: Record<string, string> = {}, modules = ['mst_pci', 'mst_pciconf']) =>
  judgeBoot(facts(console, changes), modules);

describe('the verdict on a boot', () => {
  test('is that they work when every driver was twice loaded, gave the answers of sysfs, and was unloaded', () => {
    const asked = (question: string, answer: string) => ({ question, expected: answer, answer });
    const common = { loaded: 2, unloaded: 2, generation: 'flat' };
    const first = [asked('opening the device', '0'), asked('INIT with a null pointer', 'EFAULT'), asked('INIT on a PCI device', '0')];
    expect(judge(good)).toEqual({
      ...{ status: 'loads', loads: true, works: true, notTested: [], accel: 'tcg' },
      modules: [
        {
          ...{ ...common, name: 'mst_pci', devices: ['246 mst_pci'], answers: ['0', 'EFAULT', '0xfeb00000 0x100000'] },
          questions: [...first, asked('PCI_PARAMS', '0xfeb00000 0x100000'), asked('STOP', '0')],
        },
        {
          ...{ ...common, name: 'mst_pciconf', devices: ['246 mst_pciconf'], answers: ['0', 'EFAULT', '0x11e81234'] },
          questions: [...first, asked('READ4', '0x11e81234'), asked('STOP', '0')],
        },
      ],
    });
  });

  test('is that they work when both refuse a device that is not NVIDIA, and says what that left untested', () => {
    expect(judge(`${init}${twice('mst_pci', nnt)}${twice('mst_pciconf', nnt)}${end}`)).toMatchObject({
      ...{ status: 'loads', loads: true, works: true },
      notTested: ["mst_pci, mst_pciconf: what follows INIT, which needs NVIDIA's hardware"],
      modules: [{ generation: 'nnt', answers: ['0', 'EFAULT', 'EINVAL'] }, { generation: 'nnt' }],
    });
  });

  test('says whether KVM or emulation ran', () => {
    expect(judge(good, { accel: 'kvm\n' }).accel).toBe('kvm');
  });

  test('does not mind what the machine says beside, nor who else has written the line', () => {
    const noise = `[    2.170708] clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x256be3faaaa
[    2.527755] clocksource: timekeeping watchdog on CPU0: hpet wd-wd read-back delay of 118970ns
`;
    const before = '[    0.100000] WARNING: CPU: 0 PID: 0 at arch/x86/kernel/apic.c:1 x+0x1/0x2\n[    0.100001] Call Trace:\n';
    expect(judge(good.replace(init, `${before}${init}${noise}`)).status).toBe('loads');
    expect(judge(good.replaceAll('] mft', '][    T1] mft')).status).toBe('loads');
  });

  test('is neither that they work nor that they fail when the machine has no device to ask about', () => {
    const asked = good.replace(/ 0x0+feb.*/, '').replaceAll(/^.*(INIT|PCI_PARAMS|READ4|STOP)( .*)?$\n/gm, '');
    expect(judge(asked)).toMatchObject({
      ...{ status: 'loads', loads: true, works: false },
      notTested: ['mst_pci, mst_pciconf: INIT and what follows it, which needs a PCI device to ask about'],
    });
  });

  test.each([
    ['registers no device', 'load\nloaded\nunload\nunloaded\n'.repeat(2), 'bf3_livefish: it registers no device without its hardware'],
    [
      'refuses to load',
      "load\nnot-loaded modprobe: ERROR: could not insert 'bf3_livefish': No such device\n",
      'bf3_livefish: it registers no device without its hardware',
    ],
    [
      'has a device',
      'load\nloaded\ndevice 247 fish\nunload\nunloaded\n'.repeat(2),
      'bf3_livefish: what its device must answer is not known',
    ],
  ])('does not blame a driver that %s without its hardware', (_, lines, words) => {
    const livefish = lines.replaceAll(/^/gm, '[    2.7] mft-patch: bf3_livefish ').replace(/^.*bf3_livefish $/m, '');
    const verdict = judge(good.replace(end, livefish + end), {}, ['mst_pci', 'mst_pciconf', 'bf3_livefish']);
    expect(verdict).toMatchObject({ status: 'loads', works: true, notTested: [words] });
  });

  test('is not that it works when there is no driver that can be asked', () => {
    expect(judge(`${init}${twice('fish', [])}${end}`, {}, ['fish'])).toMatchObject({ status: 'loads', loads: true, works: false });
  });
});

describe('a driver that loads does not work when', () => {
  const answered = (change: (answers: string[]) => string[], name = 'mst_pci') => `${init}${twice(name, change(flat[name] ?? []))}${end}`;
  const instead = (answer: string) => (answers: string[]) =>
    answers.map((line) => (line.split(' ')[0] === answer.split(' ')[0] ? answer : line));
  test.each([
    [
      'it has no ioctl handler',
      answered(() => ['open 0', 'INIT-NULL -25', 'INIT -25']),
      'mst_pci: INIT with a null pointer answered ENOTTY, expected EFAULT: the driver has no ioctl handler for this kernel',
    ],
    ['it grants what it cannot know', answered(instead('INIT-NULL 0')), 'mst_pci: INIT with a null pointer answered 0, expected EFAULT'],
    [
      'it does not find the device',
      answered(() => ['open 0', 'INIT-NULL -14', 'INIT -6']),
      'mst_pci: INIT on a PCI device answered ENXIO, expected 0 or EINVAL',
    ],
    [
      'it reports another BAR',
      answered(instead('PCI_PARAMS 0 0xfeb00000 0x1000')),
      'mst_pci: PCI_PARAMS answered 0xfeb00000 0x1000, expected 0xfeb00000 0x100000',
    ],
    ['it cannot read', answered(instead('READ4 -5'), 'mst_pciconf'), 'mst_pciconf: READ4 answered EIO, expected 0x11e81234'],
    [
      'it reads something else',
      answered(instead('READ4 0 0xffffffff'), 'mst_pciconf'),
      'mst_pciconf: READ4 answered 0xffffffff, expected 0x11e81234',
    ],
    ['it answers by what is no errno', answered(instead('STOP -524')), 'mst_pci: STOP answered errno 524, expected 0'],
    ['the console is garbled', answered(instead('STOP x')), 'mst_pci: STOP answered x, expected 0'],
    ['it does not stop', answered(instead('STOP -22')), 'mst_pci: STOP answered EINVAL, expected 0'],
    ['its device cannot be opened', answered(() => ['open -6']), 'mst_pci: opening the device answered ENXIO, expected 0'],
    [
      'only the second round is wrong',
      `${init}${round('mst_pci')}${round('mst_pci', ['open 0', 'INIT-NULL -25', 'INIT -25'])}${end}`,
      'mst_pci: INIT with a null pointer answered ENOTTY, expected EFAULT: the driver has no ioctl handler for this kernel',
    ],
    [
      'it answers differently after a reload',
      `${init}${round('mst_pci')}${round('mst_pci', nnt)}${end}`,
      'mst_pci: INIT on a PCI device answered first 0, then EINVAL',
    ],
    [
      'a question ends the program that asks',
      `${init}${round('mst_pci')}${round('mst_pci').replace(/^.*answer STOP.*\n/m, '')}${end}`,
      'mst_pci: a question was not answered',
    ],
  ])('%s', (_, console, reason) => {
    const modules = console.includes(' mst_pciconf ') ? ['mst_pciconf'] : ['mst_pci'];
    expect(judge(console, {}, modules)).toMatchObject({ status: 'fails', loads: true, works: false, reason });
  });

  test('the two are not of one generation', () => {
    const verdict = judge(`${init}${twice('mst_pci')}${twice('mst_pciconf', nnt)}${end}`);
    expect(verdict).toMatchObject({ status: 'fails', loads: true, reason: 'mst_pci answers as flat, mst_pciconf answers as nnt' });
  });

  test('the kernel names a fault while it answers, or it does not answer in time', () => {
    const until = `${init}${round('mst_pci').split(/^.*answer STOP.*\n/m)[0]}`;
    expect(judge(`${until}[ 2.6] BUG: kernel NULL pointer dereference\n`, {}, ['mst_pci'])).toMatchObject({
      ...{ status: 'fails', loads: true, works: false, reason: 'BUG: kernel NULL pointer dereference' },
    });
    expect(judge(until, { 'qemu.exit': '124\n' }, ['mst_pci'])).toMatchObject({
      ...{ status: 'fails', loads: true, works: false, reason: 'mst_pci: STOP timed out within 60 s' },
    });
  });
});

describe('a boot in which the kernel names a fault fails with its words', () => {
  test.each([
    [
      'an unknown symbol',
      `[    2.836307] bad: Unknown symbol mft_patch_gone (err -2)
[    2.859463] mft-patch: bad not-loaded modprobe: ERROR: could not insert 'bad': Unknown symbol in module, or unknown parameter (see dmesg)
${end}`,
      'bad: Unknown symbol mft_patch_gone (err -2)',
    ],
    [
      'another version magic',
      `[    2.374053] bad: version magic '${release} XMP preempt mod_unload modversions ' should be '${release} SMP preempt mod_unload modversions '
[    2.381324] mft-patch: bad not-loaded modprobe: ERROR: could not insert 'bad': Exec format error
${end}`,
      `bad: version magic '${release} XMP preempt mod_unload modversions ' should be '${release} SMP preempt mod_unload modversions '`,
    ],
    [
      'another version of a symbol',
      `[    2.374053] bad: disagrees about version of symbol module_layout\n${end}`,
      'bad: disagrees about version of symbol module_layout',
    ],
    [
      'an oops, which ends the machine',
      `[    2.961180] BUG: kernel NULL pointer dereference, address: 0000000000000000
[    2.961965] #PF: supervisor read access in kernel mode
[    2.962158] PGD 1f6ae067 P4D 0 
[    2.962311] Oops: 0000 [#1] PREEMPT SMP NOPTI
[    2.962468] CPU: 0 PID: 84 Comm: modprobe Tainted: G           OE      ${release} #1  Debian 6.1.192-2
[    2.962819] RIP: 0010:x_init+0xc/0x1000 [bad]
[    2.965000] Call Trace:
[    2.965500]  <TASK>
[    2.966444]  do_init_module+0x4a/0x1f0
[    2.973818] RIP: 0033:0x7ffbc717a829
[    2.975383] ---[ end trace 0000000000000000 ]---
[    2.975458] RIP: 0010:x_init+0xc/0x1000 [bad]
[    2.976458] Kernel panic - not syncing: Fatal exception
`,
      `BUG: kernel NULL pointer dereference, address: 0000000000000000
Oops: 0000 [#1] PREEMPT SMP NOPTI
RIP: 0010:x_init+0xc/0x1000 [bad]
Kernel panic - not syncing: Fatal exception`,
    ],
    [
      'a warning of 7.3, although the module then works',
      `[    2.979006] ------------[ cut here ]------------
[    2.979142] WARNING: bad.c:8 at x_init+0x9/0xff0 [bad], CPU#0: modprobe/95
[    2.979842] Modules linked in: bad(OE+)
[    2.981512] RIP: 0010:x_init+0x9/0xff0 [bad]
[    2.983500] Call Trace:
${round('bad')}${round('bad')}${end}`,
      'WARNING: bad.c:8 at x_init+0x9/0xff0 [bad], CPU#0: modprobe/95\nRIP: 0010:x_init+0x9/0xff0 [bad]',
    ],
    [
      'a panic',
      `[    2.756174] Kernel panic - not syncing: the module says so\n[    2.759054] Call Trace:\n`,
      'Kernel panic - not syncing: the module says so',
    ],
    [
      'a trace of no named kind',
      `[    2.756174] sysfs: cannot create duplicate filename '/class/mst'
[    2.758605] CPU: 0 PID: 84 Comm: modprobe Tainted: G           OE      ${release} #1  Debian 6.1.192-2
[    2.759054] Call Trace:
${round('bad')}${round('bad')}${end}`,
      `sysfs: cannot create duplicate filename '/class/mst'
CPU: 0 PID: 84 Comm: modprobe Tainted: G           OE      ${release} #1  Debian 6.1.192-2
Call Trace:`,
    ],
  ])('%s', (_, console, reason) => {
    const load = '[    2.046826] mft-patch: bad load\n';
    expect(judge(`${init}${load}${taint('bad')}${console}`, {}, ['bad'])).toMatchObject({ status: 'fails', loads: false, reason });
  });
});

describe('a boot without a fault of the kernel fails as well when', () => {
  const bad = (lines: string) => `${init}${lines}${end}`;
  test.each([
    [
      'init of the module refuses',
      bad(
        "[ 2.0] mft-patch: mst_pci load\n[ 2.1] mft-patch: mst_pci not-loaded modprobe: ERROR: could not insert 'mst_pci': No such device\n",
      ),
      "mst_pci: cannot be loaded: modprobe: ERROR: could not insert 'mst_pci': No such device",
    ],
    [
      'nothing is live',
      bad('[ 2.0] mft-patch: bad load\n[ 2.1] mft-patch: bad not-loaded \n'),
      'bad: cannot be loaded: it is not in /proc/modules',
    ],
    ['no device is registered', bad(twice('mst_pci', []).replaceAll(/^.* device .*\n/gm, '')), 'mst_pci: registered no character device'],
    [
      'no device is registered the second time',
      bad(round('mst_pci') + round('mst_pci', []).replaceAll(/^.* device .*\n/gm, '')),
      'mst_pci: registered no character device',
    ],
    [
      'it stays',
      bad(
        round('bad').replace(
          /bad unloaded$/m,
          "bad not-unloaded modprobe: ERROR: ../libkmod/libkmod-module.c:799 kmod_module_remove_module() could not remove 'bad'",
        ),
      ),
      "bad: cannot be unloaded: modprobe: ERROR: ../libkmod/libkmod-module.c:799 kmod_module_remove_module() could not remove 'bad'",
    ],
    [
      'its device stays',
      bad(`${round('bad')}[ 2.9] mft-patch: bad device-left 246 bad\n${round('bad')}`),
      'bad: left a device behind: 246 bad',
    ],
    ['it was never tried', bad(twice('mst_pci')), 'bad: was not loaded'],
  ])('%s', (_, console, reason) => {
    const module = reason.split(':')[0] ?? '';
    expect(judge(console, {}, [module])).toMatchObject({ status: 'fails', loads: false, works: false, reason });
  });

  test('loading or unloading does not come back', () => {
    const hung = (verb: string) => {
      const lines = round('bad').split('\n');
      return `${init}${lines.slice(0, lines.findIndex((line) => line.includes(` bad ${verb}`)) + 1).join('\n')}\n`;
    };
    const late = { 'qemu.exit': '124\n' };
    expect(judge(hung('load'), late, ['bad'])).toMatchObject({ status: 'fails', reason: 'bad: loading it timed out within 60 s' });
    expect(judge(hung('unload'), {}, ['bad']).reason).toBe('bad: unloading it timed out');
  });
});

describe('a boot says nothing of the modules when', () => {
  test.each([
    [
      'QEMU does not start',
      '',
      { 'qemu.exit': '1', 'qemu.log': "could not load kernel '/boot/vmlinuz': No such file" },
      "could not load kernel '",
    ],
    ['the kernel is silent until the time is over', '', { 'qemu.exit': '124' }, 'did not reach init within 60 s: its console is empty'],
    [
      'the kernel panics before',
      '[    1.9] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n[    1.9] Call Trace:\n[    1.9]  <TASK>\n[    1.9]  panic+0x118/0x2f4\n[    1.9]  </TASK>\n',
      {},
      'did not reach init: Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    ],
    ['it ends between two steps', `${init}${round('mst_pci')}`, { 'qemu.exit': '124' }, 'the boot did not end within 60 s'],
    [
      'it is of another kernel',
      good,
      { release: '6.1.0-57-amd64', expected: '6.1.0-57-amd64' },
      `the kernel is ${release}, expected 6.1.0-57-amd64`,
    ],
    [
      'the boot image was made for another kernel',
      '',
      { release: '6.1.0-50-amd64' },
      `the boot image contains the kernel 6.1.0-50-amd64, but the modules are for ${release}`,
    ],
    ['nobody asked a driver', `${init}${twice('mst_pci', [])}${twice('mst_pciconf')}${end}`, {}, 'mst_pci: ask-driver did not run'],
    ['a module needs one of the kernel', good, { missing: 'mst_pci needs vfio\n' }, 'missing from the boot image: mst_pci needs vfio'],
  ])('%s', (_, console, changes, words) => {
    expect(judge(console, changes)).toMatchObject({ status: 'error', works: false, reason: expect.stringContaining(words) });
  });

  test('there is no compiler for the program that asks', () => {
    const facts = new Map([
      ['release', release],
      ['expected', release],
      ['gcc.log', 'gcc: command not found\n'],
    ]);
    expect(judgeBoot(facts, ['mst_pci'])).toMatchObject({
      ...{ status: 'error', loads: false, reason: 'the boot image cannot compile ask-driver.c: gcc: command not found' },
    });
  });

  test('no module is asked for', () => {
    expect(judge(good, {}, [])).toMatchObject({ status: 'error', loads: false });
  });

  test('but a machine that does not power off after its work has said enough', () => {
    expect(judge(good, { 'qemu.exit': '124' }).status).toBe('loads');
  });
});
