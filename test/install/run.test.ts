/** The way there on machines that change, and that a second run has nothing to do. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { install } from '../../src/commands/install.js';
import type { InstallDocument } from '../../src/documents/index.js';
import { renderText } from '../../src/report/text.js';
import { device } from '../machine/parts.js';
import type { Description } from '../machine/stand-in.js';
import { failureOf, makeDirectory } from '../support.js';
import { installAsked } from './asked.js';
import { built, context, done, empty, installOn, named } from './machines.js';
import { standInMachine } from './stand-in-machine.js';

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
