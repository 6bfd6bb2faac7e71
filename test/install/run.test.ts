/** The way there and back on machines that change: each step, what is said and undone where one fails, and that a second run goes on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { install } from '../../src/commands/install.js';
import { uninstall } from '../../src/commands/uninstall.js';
import type { BuildDocument, InstallDocument } from '../../src/documents/index.js';
import { renderText } from '../../src/report/text.js';
import { debians } from '../machine/debians.js';
import { others } from '../machine/others.js';
import { device } from '../machine/parts.js';
import type { Description } from '../machine/stand-in.js';
import { failureOf, makeDirectory, sample, testContext } from '../support.js';
import { installAsked, uninstallAsked } from './asked.js';
import { type Faults, type StandInMachine, standInMachine } from './stand-in-machine.js';

const cacheDir = makeDirectory();
const context = testContext({ cacheDir });
const named = (name: string): Description => debians[name] ?? others[name] ?? fails(name);
function fails(name: string): never {
  throw new Error(`no machine ${name}`);
}

/** Debian 12 without headers and dkms: apt has them. */
const empty: Description = (() => {
  const bare = named('debian-12-bare');
  const { dkms: _, ...rest } = bare;
  const files = Object.fromEntries(Object.entries(bare.files).filter(([path]) => !path.includes('headers') && !path.endsWith('/build')));
  const packages = bare.packages.filter((row) => !/headers|dkms/.test(row));
  return { ...rest, files, packages, archive: ['linux-headers-6.1.0-50-amd64', 'linux-headers-amd64', 'gcc-12'] };
})();

/** A build that writes packages of the right names, without anything in them. */
const built = (status: 'passed' | 'failed' = 'passed') => ({
  ...installAsked,
  releaseSource: async () => ({ kind: 'sample' as const, layout: 'flat' }),
  build: async (_: unknown, { out }: { out: string }) => {
    mkdirSync(out, { recursive: true });
    for (const name of ['kernel-mft-dkms_4.20.1-14+mftpatch.universal2026112601.g1a2b3c4_all.deb', 'mft_4.20.1-14_amd64.deb'])
      writeFileSync(join(out, name), '');
    return {
      verification: { status, kernels: status === 'failed' ? [{ kernel: '6.1', status: 'fails' }] : [] },
    } as unknown as BuildDocument;
  },
});

async function installOn(description: Description, faults: Faults = {}): Promise<{ document: InstallDocument; on: StandInMachine }> {
  const on = standInMachine(description, faults);
  return { document: await install(built(), context, on.world), on };
}
const done = ({ steps }: InstallDocument) => steps.filter(({ status }) => status === 'done').map(({ id }) => id);

describe('install', () => {
  test.each<[string, Description, string[]]>([
    ['from nothing', empty, ['build', 'headers', 'install', 'start']],
    ['with headers', named('debian-12-bare'), ['build', 'install', 'start']],
    [
      "from the vendor's package, half-configured",
      named('debian-13-half-configured'),
      ['build', 'recover', 'install', 'configure', 'start'],
    ],
    [
      "from the vendor's package without headers",
      {
        ...named('debian-12-first-report'),
        release: '6.1.0-50-amd64',
        files: { ...empty.files, ...named('debian-12-first-report').files },
        archive: ['linux-headers-6.1.0-50-amd64', 'gcc-12'],
      },
      ['build', 'recover', 'headers', 'install', 'start'],
    ],
    [
      'after dpkg was interrupted',
      { ...named('debian-12-bare'), files: { ...named('debian-12-bare').files, '/var/lib/dpkg/updates/0001': '' } },
      ['build', 'journal', 'install', 'start'],
    ],
    ["where apt's lists are old", { ...empty, archive: ['gcc-12'] }, ['build', 'lists', 'headers', 'install', 'start']],
  ])('goes all the way %s', async (_, description, ids) => {
    const { document, on } = await installOn(description);
    expect({ steps: done(document), reason: document.reason, status: document.status }).toEqual({
      steps: ids,
      reason: undefined,
      status: 'done',
    });
    expect(exitCodeOf(document)).toBe(0);
    expect(document.next.map(({ command }) => command)).toContain('mlxconfig -d /dev/mst/mt4115_pciconf0 query');
    // There is nothing left for a second run, which asks nobody.
    const again = await install({ ...installAsked, yes: false }, context, on.world);
    expect(again.status).toBe('nothing');
  });

  test('makes the key, signs, asks for the enrolment, and leaves the rest for after the reboot', async () => {
    const { document, on } = await installOn(named('secure-boot-no-key'));
    expect(document).toMatchObject({ status: 'reboot', steps: [{ id: 'key' }, { id: 'modules' }, { id: 'enrol' }] });
    expect(on.ran.at(-1)).toBe('mokutil --import /var/lib/dkms/mok.pub');
    expect(document.next[0]).toMatchObject({ command: 'reboot', note: expect.stringContaining('Enroll MOK') });
    expect((await install(built(), context, on.world)).status).toBe('reboot');
    // The blue screen was answered.
    on.state.programs = { ...on.state.programs, 'mokutil --test-key /var/lib/dkms/mok.pub': 'mok.pub is already enrolled\n' };
    expect(await install(built(), context, on.world)).toMatchObject({ status: 'done', steps: [{ id: 'start' }] });
  });

  test('takes packages that were built elsewhere, and not twice', async () => {
    const directory = join(makeDirectory(), 'a b');
    await built().build(undefined, { out: directory });
    const on = standInMachine(named('debian-12-bare'));
    expect(await install({ ...installAsked, built: directory }, context, on.world)).toMatchObject({
      status: 'done',
      steps: [{ id: 'install' }, { id: 'start' }],
    });
    expect(on.ran[0]).toContain(`'${directory}/kernel-mft-dkms_`);
    expect((await install({ ...installAsked, built: directory }, context, on.world)).status).toBe('nothing');
    expect(await failureOf(() => install({ ...installAsked, built: makeDirectory() }, context, on.world))).toMatchObject({
      code: 'no-input',
    });
  });

  test('builds as a user, and has root do the rest with what was built', async () => {
    const on = standInMachine(named('debian-12-bare'));
    const asked: string[][] = [];
    const world = {
      ...on.world,
      uid: 1000,
      run: () => fails('a user runs nothing'),
      asRoot: async (args: string[]) => {
        asked.push(args);
        return install({ ...installAsked, built: args.at(-1) }, context, on.world);
      },
    };
    const document = await install(built(), context, world);
    expect(asked).toEqual([['install', '--yes', '--built', join(cacheDir, 'install')]]);
    expect(done(document)).toEqual(['build', 'install', 'start']);
    // What comes next is for that user to type.
    expect(renderText(document)).toContain('$ sudo mst status -v');
  });

  test('has root ask again where a user does not see the key that modules are signed with', async () => {
    const on = standInMachine(named('ubuntu-24.04-lockdown'));
    const asked: string[][] = [];
    const asRoot = async (args: string[]) => {
      asked.push(args);
      return install({ ...installAsked, built: args.at(-1) }, context, on.world);
    };
    const request = { ...built(), source: { kind: 'sample' as const, layout: 'flat' } };
    await install({ ...request, yes: false, confirm: async () => true }, context, { ...on.world, uid: 1000, asRoot });
    await install(request, context, { ...on.world, uid: 1000, asRoot });
    expect(asked.map((args) => args.includes('--yes'))).toEqual([false, true]);
  });

  test('looks at all again when it is done, and prints what no step cures', async () => {
    const bare = named('debian-12-bare');
    const on = standInMachine({ ...bare, files: { ...bare.files, ...device('02:00.0', '01ff') } });
    for (const status of ['done', 'nothing']) {
      const document = await install(built(), context, on.world);
      expect(document).toMatchObject({ status, faults: [{ id: 'cards' }], next: [{ command: expect.stringContaining('flint -d') }] });
      expect([exitCodeOf(document), renderText(document)]).toEqual([1, expect.stringContaining('flash recovery')]);
    }
  });

  test('installs a source that is named where no card is', async () => {
    const description = named('no-card');
    const asked = { ...built(), source: { kind: 'sample' as const, layout: 'flat' } };
    const on = standInMachine(description);
    const document = await install(asked, context, on.world);
    expect([document.status, document.faults, exitCodeOf(document)]).toEqual(['done', [], 0]);
    // It is built again, since nobody knows what comes of a source; the same package is not installed again.
    const again = await install(asked, context, on.world);
    expect([again.status, done(again), again.faults]).toEqual(['nothing', ['build'], []]);
  });

  test('asks once, and does nothing without an answer', async () => {
    const on = standInMachine(named('debian-12-bare'));
    expect(await failureOf(() => install({ ...built(), yes: false }, context, on.world))).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--yes'),
    });
    const shown: InstallDocument[] = [];
    const confirm = async (plan: InstallDocument) => shown.push(plan) > 1;
    expect(await failureOf(() => install({ ...built(), yes: false, confirm }, context, on.world))).toMatchObject({ code: 'usage' });
    expect([on.ran, shown.map(({ steps }) => steps.map(({ id }) => id))]).toEqual([[], [['build', 'install', 'start']]]);
    expect((await install({ ...built(), yes: false, confirm }, context, on.world)).status).toBe('done');
  });

  test('does not install what fails in a container', async () => {
    const on = standInMachine(named('debian-12-bare'));
    const document = await install(built('failed'), context, on.world);
    expect(document).toMatchObject({
      status: 'failed',
      fault: 'package',
      left: [],
      steps: [{ status: 'failed' }, { status: 'not-done' }, { status: 'not-done' }],
    });
    expect([on.ran, exitCodeOf(document)]).toEqual([[], 1]);
  });

  test('is over between two commands when the user interrupts, not within one', async () => {
    const on = standInMachine(named('debian-12-bare'), { interruptAt: /^apt-get .*install/ });
    await expect(install(built(), context, on.world)).rejects.toThrow('interrupted');
    expect(on.ran).toHaveLength(1);
    expect(on.state.packages.join()).toContain('mft 4.20.1-14');
  });
});

describe("dpkg's lock", () => {
  test('is waited for', async () => {
    const on = standInMachine(named('debian-13-half-configured'), { isDpkgLocked: true, unlockAfter: 3 });
    expect((await install(built(), context, on.world)).status).toBe('done');
    expect(on.waited).toEqual([5, 5, 5]);
    expect(on.told.filter((text) => text.startsWith('waiting'))).toHaveLength(1);
  });

  test('is not waited for without an end', async () => {
    const on = standInMachine(named('debian-13-half-configured'), { isDpkgLocked: true });
    const document = await install(built(), context, on.world);
    expect([document.reason, exitCodeOf(document), document.left]).toEqual([
      'recover: dpkg: error: dpkg frontend lock was locked by another process with pid 77',
      5,
      [],
    ]);
    expect(on.waited.reduce((sum, seconds) => sum + seconds)).toBe(300);
  });
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

  test('keeps what went well before it, and names it', async () => {
    const { document } = await installOn(empty, { buildFails: true });
    expect(done(document)).toEqual(['build', 'headers']);
    expect(document.left.join()).toContain('linux-headers-6.1.0-50-amd64: 1 (was: not installed)');
    expect(document.back).toMatch(/^apt-get purge .*linux-headers-6\.1\.0-50-amd64/);
    expect(document.back).not.toContain('mft');
  });
});

describe('uninstall', () => {
  test('leaves nothing, and a second time has nothing to do', async () => {
    const on = standInMachine(named('leftover-ofed'));
    const document = await uninstall(uninstallAsked, context, on.world);
    expect(document).toMatchObject({ status: 'done', steps: [{ id: 'stop' }, { id: 'remove' }, { id: 'sweep' }] });
    expect(Object.keys({ ...on.state.files, ...on.state.modules }).filter((path) => /mst_pci|kernel-mft/.test(path))).toEqual([]);
    expect(on.state.packages.join()).toContain('mlnx-ofed-kernel-dkms');
    expect((await uninstall(uninstallAsked, context, on.world)).status).toBe('nothing');
  });

  test('goes on where dpkg was interrupted, which apt does not', async () => {
    const working = named('debian-12-working');
    const on = standInMachine({ ...working, files: { ...working.files, '/var/lib/dpkg/updates/0001': '' } });
    expect(await uninstall(uninstallAsked, context, on.world)).toMatchObject({ status: 'done' });
    expect(on.ran).toContain('dpkg --purge --force-remove-reinstreq kernel-mft-dkms mft');
  });

  test('removes what dkms finds no source of, before prerm asks dkms', async () => {
    const working = named('debian-12-working');
    const status = 'kernel-mft-dkms/4.20.1: broken\n';
    const on = standInMachine({ ...working, dkms: { version: '3.0.10', status } });
    await uninstall(uninstallAsked, context, on.world);
    expect(on.ran.indexOf('rm -rf /var/lib/dkms/kernel-mft-dkms/4.20.1')).toBe(on.ran.findIndex((line) => line.includes('purge')) - 1);
  });

  test.each<[string, Faults, string]>([
    ['a program uses the modules', { isInUse: true }, 'stop: mst_pci, mst_pciconf: in use by a program'],
    ['apt would remove more', { removes: 'doca-tools' }, 'remove: apt would remove doca-tools; nothing was done'],
    [
      'there is a lock',
      { isLocked: true },
      'remove: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (unattended-upgr)',
    ],
  ])('stops where %s', async (_, faults, reason) => {
    const on = standInMachine(named('debian-12-working'), faults);
    const document = await uninstall(uninstallAsked, context, on.world);
    expect([document.reason, exitCodeOf(document)]).toEqual([reason, 5]);
    expect(on.state.packages).toContain('ii  mft 4.20.1-14');
  });

  test("refuses the vendor's package where it does not build, and takes it where it does", async () => {
    const place = makeDirectory();
    const { bundle } = await sample('flat', '4.20.1-14');
    writeFileSync(join(place, 'vendor.tgz'), bundle);
    const asked = {
      ...uninstallAsked,
      vendor: { kind: 'bundle' as const, path: join(place, 'vendor.tgz') },
    };
    const refused = await uninstall(asked, context, standInMachine(named('debian-12-working')).world);
    expect(refused).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('does not work on 6.1.0-50-amd64 without dma-unmap'),
    });
    expect(exitCodeOf(refused)).toBe(1);
    const old = await uninstall({ ...asked, dryRun: true }, context, standInMachine(named('debian-11')).world);
    expect(old.steps).toMatchObject([{ id: 'vendor', commands: [expect.stringContaining('--allow-downgrades')] }]);
  });
});
