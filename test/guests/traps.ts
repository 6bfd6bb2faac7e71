/** What gets in the way of an installation, for one guest: each begins and ends with nothing of MFT. */
import { expect, test } from 'vitest';
import { bundlePath, type CardMachine, modules, nothing, ours, packagePath } from './card-machine.js';

const install = `mft-patch install ${bundlePath('flat')} --yes`;

/** @param at the guest, when it is there */
export function traps(at: () => CardMachine): void {
  const end = async () => {
    const { exit, output } = await at().guest.run('mft-patch uninstall --yes 2>&1');
    expect({ exit, state: await at().state() }, output).toEqual({ exit: 0, state: nothing });
  };

  test("the headers are missing, and the vendor's package is in without modules", async () => {
    await at().guest.sh("apt-get purge -y $(dpkg -l 'linux-headers-*' | awk '/^ii/ { print $2 }')");
    expect(await at().guest.run(`dpkg -i ${packagePath('flat')}`)).toMatchObject({ exit: 0 });
    expect(await at().state()).toMatchObject({
      packages: ['ii kernel-mft-dkms 4.15.1-0sample'],
      dkms: ['kernel-mft-dkms/4.15.1: added'],
    });
    const ran = await at().type(install);
    expect(ran.exit, ran.output).toBe(0);
    expect(await at().state(), ran.output).toMatchObject({ packages: ours, loaded: modules });
    await end();
  });

  test("another dpkg holds the lock, and prerm of the vendor's package fails", async () => {
    await at().guest.run(`dpkg -i ${packagePath('flat')}`);
    // As after rm -r /usr/src: dkms finds no source, and its exit code ends prerm.
    await at().guest.sh(`rm -r /usr/src/kernel-mft-dkms-4.15.1
      mkdir -p /run/slow/DEBIAN && cd /run && printf 'Package: slow\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@example.org>\\nDescription: takes its time\\n' > slow/DEBIAN/control
      printf '#!/bin/sh\\nsleep 45\\n' > slow/DEBIAN/postinst && chmod 755 slow/DEBIAN/postinst && dpkg-deb -b slow > /dev/null
      setsid dpkg -i slow.deb > /run/slow.log 2>&1 &`);
    const ran = await at().type(install);
    expect(ran.exit, ran.output).toBe(0);
    expect(ran.output).toMatch(/waiting up to 300 s: dpkg: error: .*lock/);
    expect(await at().state(), ran.output).toMatchObject({ packages: ours, loaded: modules });
    await at().guest.sh('apt-get purge -y slow');
    await end();
  });

  test('Ctrl-C while dkms builds: apt goes on by itself, and the next run does the rest', async () => {
    // Not by su, which would end the session at the signal.
    const ran = await at().guest.run(`
      (until [ -e /var/lib/dkms/kernel-mft-dkms/4.15.1/build ]; do sleep 0.2; done; printf '\\003'; sleep 30) |
        script -qec "setpriv --reuid=user --regid=user --init-groups --reset-env ${install}" /dev/null
      code=$?; while pgrep -x 'apt-get|dpkg|dkms'; do sleep 1; done; exit $code`);
    expect(ran.exit, ran.output).toBe(130);
    expect(ran.output).toMatch(/goes on by itself/);
    expect(await at().state(), ran.output).toMatchObject({ packages: ours, loaded: [] });
    const again = await at().type(install);
    expect(again.exit, again.output).toBe(0);
    expect(await at().state(), again.output).toMatchObject({ packages: ours, loaded: modules });
    await end();
  });

  test('a build that fails: all of it was new, and nothing is left; else it names what is, and the way back', async () => {
    await at().guest.sh('cd /usr/src && for place in linux-headers-*-common/include/linux; do mv $place/pci.h $place/pci.h.away; done');
    const fresh = await at().type(install);
    expect(fresh.exit, fresh.output).toBe(1);
    expect(await at().state(), fresh.output).toEqual(nothing);
    await at().guest.run(`dpkg -i ${packagePath('flat')}`);
    const { exit, left, back } = await at().result(`install ${bundlePath('flat')} --yes`);
    expect({ exit, left, back }).toEqual({ exit: 1, left: [expect.stringContaining('half-configured')], back: 'mft-patch uninstall' });
    await end();
    await at().guest.sh('cd /usr/src && for place in linux-headers-*-common/include/linux; do mv $place/pci.h.away $place/pci.h; done');
  });

  test("back to the vendor's package, where that builds", async () => {
    const { exit, output } = await at().type(`mft-patch install ${bundlePath('nnt')} --yes`);
    expect(exit, output).toBe(0);
    const back = await at().type(`mft-patch uninstall --vendor ${bundlePath('nnt')} --yes`);
    expect(back.exit, back.output).toBe(0);
    const packages = ['ii kernel-mft-dkms 4.26.1-0sample', 'ii mft 4.26.1-0sample'];
    expect(await at().state(), back.output).toMatchObject({ packages, dkms: [expect.stringMatching(/installed$/)], loaded: modules });
    await end();
  });
}
