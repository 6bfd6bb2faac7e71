/** The way back on machines that change. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { uninstall } from '../../src/commands/uninstall.js';
import { makeDirectory, sample } from '../support.js';
import { uninstallAsked } from './asked.js';
import { context, named } from './machines.js';
import { type Faults, standInMachine } from './stand-in-machine.js';

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
    // 4.26.1 needs livefish-remove on 6.12, but for a module that amd64 does not build.
    const later = { ...asked, vendor: { ...asked.vendor, path: join(place, 'later.tgz') }, dryRun: true };
    writeFileSync(later.vendor.path, (await sample('nnt-4.26', '4.26.1-3')).bundle);
    const half = named('debian-13-half-configured');
    const onArm = await uninstall(later, context, standInMachine({ ...half, processor: 'aarch64' }).world);
    expect(onArm.reason).toBe("the vendor's 4.26.1-3 does not work on 6.12.57+deb13-amd64 without livefish-remove");
    const onAmd = await uninstall(later, context, standInMachine(half).world);
    expect(onAmd.steps).toMatchObject([{ id: 'vendor' }]);
    const old = await uninstall({ ...asked, dryRun: true }, context, standInMachine(named('debian-11')).world);
    expect(old.steps).toMatchObject([{ id: 'vendor', commands: [expect.stringContaining('--allow-downgrades')] }]);
  });
});
