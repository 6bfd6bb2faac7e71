import { describe, expect, test } from 'vitest';
import { judgeBoot } from '../../src/verify/judge-boot.js';

const release = '6.1.0-56-amd64';

/** The facts of container/boot.sh, with a console as it came from Debian 12 unless a change says otherwise. */
function facts(console: string, changes: Record<string, string> = {}): Map<string, string> {
  const serial = console.replaceAll('\n', '\r\n');
  return new Map(
    Object.entries({
      release: `${release}\n`,
      limit: '60\n',
      missing: '',
      'qemu.exit': '0\n',
      'qemu.log': '',
      console: serial,
      ...changes,
    }),
  );
}

const init = `[    2.010975] mft-patch: init ${release}\n`;
const end = `[    2.813029] mft-patch: end
[    2.818849] ACPI: PM: Preparing to enter system sleep state S5
[    2.819392] reboot: Restarting system
[    2.819488] reboot: machine restart
`;
const taint = (name: string) => `[    2.224000] ${name}: loading out-of-tree module taints kernel.
[    2.225000] ${name}: module verification failed: signature and/or required key missing - tainting kernel
`;
const round = (name: string) => `[    2.496137] mft-patch: ${name} load
[    2.515839] mft-patch: ${name} loaded
[    2.533599] mft-patch: ${name} device 246 ${name}
[    2.568006] mft-patch: ${name} ioctl ${name} Inappropriate ioctl for device
[    2.570238] mft-patch: ${name} unload
[    2.605478] mft-patch: ${name} unloaded
`;
const twice = (name: string) => `${taint(name)}${round(name)}${round(name)}`;
const good = `${init}${twice('mst_pci')}${twice('mst_pciconf')}${end}`;

const judge = (console: string, changes: Record<string, string> = {}, modules = ['mst_pci', 'mst_pciconf']) =>
  judgeBoot(facts(console, changes), modules);

describe('the verdict on a boot', () => {
  test('is loads when every module was twice loaded, asked and unloaded', () => {
    const module = (name: string) => ({
      name,
      loaded: 2,
      unloaded: 2,
      devices: [`246 ${name}`],
      answers: ['Inappropriate ioctl for device'],
    });
    expect(judge(good)).toEqual({ status: 'loads', loads: true, modules: [module('mst_pci'), module('mst_pciconf')] });
  });

  test('does not mind what the machine says beside, nor who else has written the line', () => {
    const noise = `[    2.170708] clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x256be3faaaa
[    2.527755] clocksource: timekeeping watchdog on CPU0: hpet wd-wd read-back delay of 118970ns
`;
    const before = '[    0.100000] WARNING: CPU: 0 PID: 0 at arch/x86/kernel/apic.c:1 x+0x1/0x2\n[    0.100001] Call Trace:\n';
    expect(judge(good.replace(init, `${before}${init}${noise}`)).status).toBe('loads');
    expect(judge(good.replaceAll('] mft', '][    T1] mft')).status).toBe('loads');
  });

  test('takes a device that cannot be opened without hardware for one that refuses', () => {
    const console = good.replaceAll('Inappropriate ioctl for device', "can't open '/tmp/node': No such device or address");
    expect(judge(console)).toMatchObject({
      status: 'loads',
      modules: [{ answers: ["can't open '/tmp/node': No such device or address"] }, {}],
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
      bad("[ 2.0] mft-patch: bad load\n[ 2.1] mft-patch: bad not-loaded modprobe: ERROR: could not insert 'bad': No such device\n"),
      "bad: cannot be loaded: modprobe: ERROR: could not insert 'bad': No such device",
    ],
    [
      'nothing is live',
      bad('[ 2.0] mft-patch: bad load\n[ 2.1] mft-patch: bad not-loaded \n'),
      'bad: cannot be loaded: it is not in /proc/modules',
    ],
    ['no device is registered', bad(twice('bad').replaceAll(/^.* (device|ioctl) .*\n/gm, '')), 'bad: registered no character device'],
    [
      'no device is registered the second time',
      bad(round('bad') + round('bad').replaceAll(/^.* (device|ioctl) .*\n/gm, '')),
      'bad: registered no character device',
    ],
    ['an ioctl is granted', bad(twice('bad').replaceAll('Inappropriate ioctl for device', 'granted')), 'bad: accepted an unknown ioctl'],
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
    expect(judge(console, {}, ['bad'])).toMatchObject({ status: 'fails', loads: false, reason });
  });

  test('loading, opening or unloading does not come back', () => {
    const hung = (verb: string) => {
      const lines = round('bad').split('\n');
      return `${init}${lines.slice(0, lines.findIndex((line) => line.includes(` bad ${verb}`)) + 1).join('\n')}\n`;
    };
    const late = { 'qemu.exit': '124\n' };
    expect(judge(hung('load'), late, ['bad'])).toMatchObject({ status: 'fails', reason: 'bad: loading it timed out within 60 s' });
    expect(judge(hung('device'), late, ['bad']).reason).toBe('bad: opening its device and the ioctl timed out within 60 s');
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
    ['it is of another kernel', good, { release: '6.1.0-57-amd64' }, `the kernel is ${release}, expected 6.1.0-57-amd64`],
    ['a module needs one of the kernel', good, { missing: 'mst_pci needs vfio\n' }, 'missing from the boot image: mst_pci needs vfio'],
  ])('%s', (_, console, changes, words) => {
    expect(judge(console, changes)).toMatchObject({ status: 'error', loads: false, reason: expect.stringContaining(words) });
  });

  test('no module is asked for', () => {
    expect(judge(good, {}, [])).toMatchObject({ status: 'error', loads: false });
  });

  test('but a machine that does not power off after its work has said enough', () => {
    expect(judge(good, { 'qemu.exit': '124' }).status).toBe('loads');
  });
});
