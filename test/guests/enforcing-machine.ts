/** A guest under Secure Boot, whose kernel loads signed modules only: what its user does until it loads ours. */
import { expect } from 'vitest';
import { vendorBundle } from './bundle.js';
import { bundlePath, CardMachine, packagePath } from './card-machine.js';
import { blueScreen } from './secure-boot.js';

const password = 'guest-password';

export async function enforcingMachine(): Promise<CardMachine> {
  const bundles = { flat: await vendorBundle('flat'), nnt: await vendorBundle('nnt-4.26') };
  return new CardMachine({ suite: 'bookworm', secureBoot: true, kernelArguments: 'module.sig_enforce=1' }, bundles);
}

/** The vendor's package, which builds here: the kernel refuses its modules, and doctor says why. */
export async function isRefused(machine: CardMachine): Promise<void> {
  expect(await machine.guest.run(`dpkg -i ${packagePath('nnt')}`)).toMatchObject({ exit: 0 });
  const loading = await machine.type('sudo modprobe mst_pci');
  expect(loading).toMatchObject({ exit: 1, output: expect.stringContaining('Key was rejected by service') });
  await machine.type('mft-patch doctor');
  expect((await machine.faults()).join('\n')).toMatch(/^signing-key: /m);
  await machine.guest.run('mft-patch uninstall --yes');
}

/** What the user types, who answers mokutil at the terminal. */
export async function installs(machine: CardMachine): Promise<void> {
  const command = `mft-patch install ${bundlePath('flat')} --yes`;
  const ran = await machine.guest.run(`mkfifo /run/keys; exec 4<> /run/keys
    (for prompt in 'input password: ' 'input password again: '; do
      until grep -q "$prompt" /run/said; do sleep 0.5; done; echo ${password}
    done; sleep infinity) > /run/keys & typist=$!
    touch /run/said; script -qefc "su user -c '${command}'" /run/said < /run/keys; code=$?; kill $typist; exit $code`);
  console.log(`$ ${command}\n${ran.output}`);
  expect(ran.exit, ran.output).toBe(0);
  expect(ran.output).toMatch(/Enroll MOK/);
}

/** Restarts the machine, answers the blue screen, and lets it start. */
export async function enrols(machine: CardMachine): Promise<void> {
  expect(await machine.guest.sh('mokutil --list-new')).toContain('DKMS module signing key');
  await machine.guest.powerOff();
  await machine.guest.answer(blueScreen(password));
  await machine.boot();
}
