/** A guest under UEFI whose kernel loads signed modules only. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeDirectory } from '../support.js';
import { signatureList, withMokList } from '../verify/uefi-variables.js';
import { vendorBundle } from './bundle.js';
import { bundlePath, CardMachine, packagePath } from './card-machine.js';

const firmware = '/usr/share/OVMF';

/** A machine, and the file with its firmware's variables. */
export async function enforcingMachine(): Promise<{ machine: CardMachine; variables: string }> {
  const variables = join(makeDirectory(), 'variables.fd');
  copyFileSync(`${firmware}/OVMF_VARS_4M.fd`, variables);
  const flash = { code: `${firmware}/OVMF_CODE_4M.fd`, variables };
  const bundles = { flat: await vendorBundle('flat'), nnt: await vendorBundle('nnt-4.26') };
  return { machine: new CardMachine({ suite: 'bookworm', flash, kernelArguments: 'module.sig_enforce=1' }, bundles), variables };
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
      until grep -q "$prompt" /run/said; do sleep 0.5; done; echo guest-password
    done; sleep infinity) > /run/keys & typist=$!
    touch /run/said; script -qefc "su user -c '${command}'" /run/said < /run/keys; code=$?; kill $typist; exit $code`);
  console.log(`$ ${command}\n${ran.output}`);
  expect(ran.exit, ran.output).toBe(0);
  expect(ran.output).toMatch(/Enroll MOK/);
}

/**
 * Does what MokManager and shim do at the next boot with what waits for it: the key goes to the list that the kernel reads. They need
 * a screen and a boot loader; the variable is what the kernel sees of them.
 */
export async function enrol(machine: CardMachine, variables: string): Promise<void> {
  expect(await machine.guest.sh('mokutil --list-new')).toContain('DKMS module signing key');
  const key = Buffer.from(await machine.guest.sh('base64 /var/lib/dkms/mok.pub'), 'base64');
  await machine.guest.powerOff();
  writeFileSync(variables, withMokList(readFileSync(`${firmware}/OVMF_VARS_4M.fd`), signatureList(key)));
}
