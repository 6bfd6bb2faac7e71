/**
 * install and uninstall on whole systems: guests of Debian 12 and 13 in QEMU without KVM, one at a time. Making their disks takes
 * minutes, and so does each scene. They have no card, so the source is named, and QEMU's device for teaching is asked by the drivers.
 */
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { vendorBundle } from './bundle.js';
import { bundlePath, CardMachine, goodAnswers, modules, nothing, ours, packagePath } from './card-machine.js';
import type { Suite } from './disk.js';
import { enforcingMachine, enrols, installs, isRefused } from './enforcing-machine.js';
import { expectWhole, followGuide } from './guide.js';
import { traps } from './traps.js';

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 });

const noCard = 'cards: no device of Mellanox (15b3) is on the PCI bus';
const suites: { name: string; suite: Suite }[] = [
  { name: 'Debian 12', suite: 'bookworm' },
  { name: 'Debian 13', suite: 'trixie' },
];

/** Everything is there that install brings, the drivers answer, and doctor names what a guest does not have. */
async function works(machine: CardMachine, releases: string[]): Promise<void> {
  const state = await machine.state();
  expect(state).toMatchObject({ packages: ours, loaded: modules, devices: ['mt4584_pci_cr0', 'mt4584_pciconf0'] });
  expect(state.dkms).toEqual(releases.map((release) => expect.stringContaining(`kernel-mft-dkms/4.15.1, ${release}, x86_64: installed`)));
  expect(await machine.answers()).toEqual(goodAnswers);
  expect(await machine.faults()).toEqual([noCard]);
}

describe.skipIf(inject('noGuest') !== '').each(suites)('$name', ({ suite }) => {
  let machine: CardMachine;
  let kernel: string;

  beforeAll(async () => {
    machine = new CardMachine({ suite }, { flat: await vendorBundle('flat'), nnt: await vendorBundle('nnt-4.26') });
    kernel = await machine.boot();
    return () => machine.guest.powerOff();
  });

  const leavesNothing = async () => {
    const ran = await machine.type('mft-patch uninstall --yes');
    expect(ran.exit, ran.output).toBe(0);
    expect(await machine.state()).toEqual(nothing);
  };

  test("goes from the vendor's package, half-configured, to drivers that answer, and has nothing to do then", async () => {
    expect(await machine.type(`sudo dpkg -i ${packagePath('flat')}`)).toMatchObject({ exit: 1 });
    expect((await machine.state()).packages).toEqual(['iF kernel-mft-dkms 4.15.1-0sample']);
    const ran = await machine.type(`mft-patch install ${bundlePath('flat')} --yes`);
    expect(ran.exit, ran.output).toBe(0);
    await works(machine, [kernel]);
    const before = await machine.guest.sh('cat /var/log/dpkg.log');
    expect(await machine.result(`install ${bundlePath('flat')} --yes`)).toMatchObject({ exit: 0, status: 'nothing' });
    expect(await machine.guest.sh('cat /var/log/dpkg.log')).toBe(before);
  });

  test('leaves nothing when it goes back', leavesNothing);

  describe('where something is in the way', () => traps(() => machine));

  test('follows the kernel of an upgrade across a reboot, and leaves nothing of both', async () => {
    expect(await machine.result(`install ${bundlePath('flat')} --yes`)).toMatchObject({ exit: 0, status: 'done' });
    await machine.guest.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -t ${suite}-backports \\
      linux-image-amd64 linux-headers-amd64`);
    const next = await machine.guest.reboot();
    expect(next).not.toBe(kernel);
    expect(await machine.faults()).toEqual([noCard]);
    const ran = await machine.type('sudo mst start');
    expect(ran.exit, ran.output).toBe(0);
    await works(machine, [kernel, next]);
    await leavesNothing();
  });
});

describe.skipIf(inject('noGuest') !== '')('Debian 12 under Secure Boot, whose kernel loads signed modules only', () => {
  test('refuses what nobody signed, and loads what is signed with a key that it trusts', async () => {
    const machine = await enforcingMachine();
    try {
      const kernel = await machine.boot();
      await isRefused(machine);
      await installs(machine);
      expect(await machine.result(`install ${bundlePath('flat')} --yes`)).toMatchObject({ exit: 0, status: 'reboot' });
      await enrols(machine);
      const ran = await machine.type(`mft-patch install ${bundlePath('flat')} --yes`);
      expect(ran.exit, ran.output).toBe(0);
      await works(machine, [kernel]);
      expect(await machine.guest.sh('modinfo -F signer mst_pci')).toContain('DKMS module signing key');
    } finally {
      await machine.guest.powerOff();
    }
  });
});

describe('docs/guide.md', () => {
  test('has no command that is not typed here', expectWhole);

  test.skipIf(inject('noGuest') !== '')('is followed from top to bottom on Debian 12', async () => {
    const machine = new CardMachine({ suite: 'bookworm' }, { flat: await vendorBundle('flat') });
    try {
      await machine.boot();
      await followGuide(machine);
    } finally {
      await machine.guest.powerOff();
    }
  });
});
