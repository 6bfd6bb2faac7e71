/** A step that fails: what is said and undone, and that a second run goes on. */
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { install } from '../../src/commands/install.js';
import { renderText } from '../../src/report/text.js';
import type { Description } from '../machine/stand-in.js';
import { built, context, done, empty, installOn, named } from './machines.js';
import { type Faults, standInMachine } from './stand-in-machine.js';

describe.each(['another', '/usr/bin/dpkg'])("dpkg's lock, which %s holds", (dpkgLockedBy) => {
  test('is waited for', async () => {
    const on = standInMachine(named('debian-13-half-configured'), { dpkgLockedBy, unlockAfter: 3 });
    expect((await install(built(), context, on.world)).status).toBe('done');
    expect(on.waited).toEqual([5, 5, 5]);
    expect(on.told.filter((text) => text.startsWith('waiting'))).toHaveLength(1);
  });

  test('is waited for where that one is taken for an interrupted one', async () => {
    const machine = named('debian-13-half-configured');
    const files = { ...machine.files, '/var/lib/dpkg/updates/0001': '' };
    const on = standInMachine({ ...machine, files }, { dpkgLockedBy, unlockAfter: 3 });
    const { status, steps } = await install(built(), context, on.world);
    expect([status, steps[1]?.id, steps[1]?.status]).toEqual(['done', 'journal', 'done']);
    expect(on.waited).toEqual([5, 5, 5]);
  });

  test('is not waited for without an end', async () => {
    const on = standInMachine(named('debian-13-half-configured'), { dpkgLockedBy });
    const document = await install(built(), context, on.world);
    expect([document.reason, exitCodeOf(document), document.left]).toEqual([
      `recover: dpkg: error: dpkg frontend lock was locked by ${dpkgLockedBy} process with pid 77`,
      5,
      [],
    ]);
    expect(on.waited.reduce((sum, seconds) => sum + seconds)).toBe(300);
  });
});

test('a kernel that refuses the key: doctor says more about it, and nothing of the source is wrong', async () => {
  const on = standInMachine(named('debian-12-bare'), { rejectsKey: true });
  expect((await install(built(), context, on.world)).next).toMatchObject([{ command: 'mft-patch doctor' }]);
});

describe('a step that fails', () => {
  test.each<[string, Description, Faults, { step: string; reason: string; exit: number; left: string[]; back?: string }]>([
    [
      'a lock',
      named('debian-12-bare'),
      { isLocked: true },
      {
        step: 'install',
        reason: 'install: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (unattended-upgr)',
        exit: 5,
        left: [],
      },
    ],
    [
      'a package that apt would remove',
      named('debian-12-bare'),
      { removes: 'gimp' },
      { step: 'install', reason: 'install: apt would remove gimp; nothing was done', exit: 5, left: [] },
    ],
    [
      'a build that fails, all of it new',
      named('debian-12-bare'),
      { buildFails: true },
      { step: 'install', reason: 'install: Bad return status for module build on kernel: 6.1.0-50-amd64 (x86_64)', exit: 1, left: [] },
    ],
    [
      'headers that apt does not know',
      empty,
      { unknown: ['linux-headers-6.1.0-50-amd64'] },
      { step: 'headers', reason: 'headers: Unable to locate package linux-headers-6.1.0-50-amd64', exit: 5, left: [] },
    ],
    [
      'the same after its lists were fetched',
      { ...empty, archive: [] },
      { unknown: ['linux-headers-6.1.0-50-amd64'] },
      { step: 'lists', reason: 'lists: apt still does not know linux-headers-6.1.0-50-amd64', exit: 5, left: [] },
    ],
    [
      'a package that dpkg does not unpack',
      named('debian-13-half-configured'),
      { unpackFails: true },
      { step: 'recover', reason: 'recover: dpkg: error processing archive x.deb (--unpack):', exit: 5, left: [] },
    ],
    [
      'dkms that exits 0 and builds nothing',
      named('debian-12-bare'),
      { buildsNothing: true },
      {
        step: 'install',
        reason: 'install: modules: not built for 6.1.0-50-amd64: dkms has the source alone',
        exit: 1,
        left: [
          `kernel-mft-dkms: 4.20.1-14+mftpatch.universal2026112601.g1a2b3c4 (was: not installed)`,
          'mft: 4.20.1-14 (was: not installed)',
          'dkms has 4.20.1 added',
        ],
        back: 'apt-get purge kernel-mft-dkms mft',
      },
    ],
    [
      'a kernel that refuses the modules',
      named('debian-12-bare'),
      { rejectsKey: true },
      {
        step: 'start',
        reason: 'start: Loading MST PCI module - modprobe: ERROR: could not insert mst_pci: Key was rejected by service',
        exit: 1,
        left: expect.arrayContaining(['mft: 4.20.1-14 (was: not installed)']),
        back: 'apt-get purge kernel-mft-dkms mft',
      },
    ],
    [
      'a build that fails in the place of another package',
      named('debian-13-half-configured'),
      { buildFails: true },
      {
        step: 'install',
        reason: 'install: Bad return status for module build on kernel: 6.12.57+deb13-amd64 (x86_64)',
        exit: 1,
        left: ['kernel-mft-dkms: 4.20.1-14+mftpatch.universal2026112601.g1a2b3c4, half-configured (was: 4.20.1-14, half-configured)'],
        back: 'mft-patch uninstall',
      },
    ],
    [
      'an enrolment without a terminal',
      named('secure-boot-not-enrolled'),
      { hasNoTerminal: true },
      { step: 'enrol', reason: 'enrol: it asks for a password, and stdin is not a terminal', exit: 5, left: [] },
    ],
  ])('%s', async (_, description, faults, { step, reason, exit, left, back }) => {
    const { document, on } = await installOn(description, faults);
    expect(document.steps.find(({ status }) => status === 'failed')?.id).toBe(step);
    expect({ reason: document.reason, exit: exitCodeOf(document), left: document.left, back: document.back }).toEqual({
      reason,
      exit,
      left,
      back,
    });
    expect(renderText(document)).toContain(Array.isArray(left) && left.length === 0 ? 'as they were' : 'Otherwise than before');
    if (back === undefined && left.length === 0) expect([...on.state.packages].sort()).toEqual([...description.packages].sort());
    // The cause is gone: the same command goes on to the end.
    for (const name of Object.keys(faults) as (keyof Faults)[]) delete faults[name];
    expect(['done', 'reboot']).toContain((await install(built(), context, on.world)).status);
  });

  test("is over in the second run, tools and all, where the vendor's package was half-configured", async () => {
    const half = named('debian-13-half-configured');
    const faults: Faults = { buildFails: true };
    const on = standInMachine({ ...half, packages: half.packages.filter((row) => !/ mft /.test(row)) }, faults);
    expect(await install(built(), context, on.world)).toMatchObject({ status: 'failed', back: 'mft-patch uninstall' });
    // apt stops at the first package that fails.
    on.state.packages = on.state.packages.filter((row) => !/ mft /.test(row));
    faults.buildFails = false;
    expect(await install(built(), context, on.world)).toMatchObject({ status: 'done', faults: [] });
    expect(on.state.packages).toContain('ii  mft 4.20.1-14');
  });

  test('keeps what went well before it, and names it', async () => {
    const { document } = await installOn(empty, { buildFails: true });
    expect(done(document)).toEqual(['build', 'headers']);
    expect(document.left.join()).toContain('linux-headers-6.1.0-50-amd64: 1 (was: not installed)');
    expect(document.back).toMatch(/^apt-get purge .*linux-headers-6\.1\.0-50-amd64/);
    expect(document.back).not.toContain('mft');
  });
});
