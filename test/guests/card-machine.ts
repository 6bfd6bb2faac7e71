/** A guest with the program and a bundle, as a machine with a card: what its user types, and what is there of MFT then. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorDocument, InstallDocument } from '../../src/documents/index.js';
import { shellWord } from '../../src/shell-word.js';
import { emptyHome, installPacked } from '../installed.js';
import { makeDirectory, projectRoot, sh } from '../support.js';
import { partsOf } from '../upgrades/in-container.js';
import type { Bundle } from './bundle.js';
import { Guest, type GuestOptions, type Ran } from './guest.js';

/** What is there of MFT. */
export interface State {
  /** Of each package dpkg's letters, its name and version; that of ours without its number. */
  packages: string[];
  /** dkms status. */
  dkms: string[];
  /** The modules that are loaded. */
  loaded: string[];
  /** The names in /dev/mst. */
  devices: string[];
  /** Paths below the directories of dkms, of sources and of modules. */
  files: string[];
}

/** When install is over. */
export const ours = ['ii kernel-mft-dkms 4.15.1-0sample+mftpatch.universal', 'ii mft 4.15.1-0sample'];
export const modules = ['mst_pci', 'mst_pciconf'];
/** Of a machine that has nothing of MFT. */
export const nothing: State = { packages: [], dkms: [], loaded: [], devices: [], files: [] };

const describeState = `
echo '== packages'
dpkg-query -W -f '\${db:Status-Abbrev}\\t\${Package} \${Version}\\n' kernel-mft-dkms mft 2> /dev/null | sed -n '/^[^u]/s/ *\\t/ /p' | sed 's/universal.*/universal/'
echo '== dkms'; dkms status 2> /dev/null
echo '== loaded'; awk '/^mst_pci/ { print $1 }' /proc/modules | sort
echo '== devices'; ls /dev/mst 2> /dev/null
echo '== files'; find /var/lib/dkms /usr/src /lib/modules \\( -name 'kernel-mft*' -o -name 'mst_pci*' \\) -not -path '*/kernel-mft*/*' 2> /dev/null | sort`;

/** Asks the drivers about QEMU's device for teaching, as container/boot.sh does. */
const askDrivers = `
[ -e /opt/ask-driver ] || gcc -static -nostdlib -ffreestanding -fno-stack-protector -O1 -o /opt/ask-driver /in/ask-driver.c
for sysfs in /sys/bus/pci/devices/*; do
	[ "$(cat "$sysfs/vendor" "$sysfs/device" | xargs)" != '0x1234 0x11e8' ] || slot=$(basename "$sysfs" | tr ':.' '  ')
done
set -- $slot
device="$((0x$1)) $((0x$2)) $((0x$3 * 8 + 0x$4))"
/opt/ask-driver /dev/mst/mt4584_pci_cr0 mst_pci $device
/opt/ask-driver /dev/mst/mt4584_pciconf0 mst_pciconf $device`;

/** What the drivers of the sample `flat` answer, the last with the numbers of the device. */
export const goodAnswers = [
  ...['open 0', 'INIT-NULL -14', 'INIT 0', 'PCI_PARAMS 0', 'STOP 0'],
  ...['open 0', 'INIT-NULL -14', 'INIT 0', 'READ4 0 0x11e81234', 'STOP 0'],
];

/** In the guest: a bundle, by the name that it was handed in by, */
export const bundlePath = (name: string) => `/in/${name}.tgz`;
/** and the vendor's package of the modules in it. */
export const packagePath = (name: string) => `/in/${name}.deb`;

export class CardMachine {
  readonly guest: Guest;

  constructor(options: Omit<GuestOptions, 'files'>, bundles: Record<string, Bundle>) {
    const folder = makeDirectory();
    sh(`tar -C '${installPacked(emptyHome())}' -cf app.tar .`, { cwd: folder });
    const files: Record<string, string> = { 'app.tar': join(folder, 'app.tar'), node: process.execPath };
    files['ask-driver.c'] = join(projectRoot, 'container/ask-driver.c');
    for (const [name, { bundle, deb }] of Object.entries(bundles)) {
      files[`${name}.tgz`] = join(folder, `${name}.tgz`);
      files[`${name}.deb`] = join(folder, `${name}.deb`);
      writeFileSync(join(folder, `${name}.tgz`), bundle);
      writeFileSync(join(folder, `${name}.deb`), deb);
    }
    this.guest = new Guest({ ...options, files });
  }

  /** Boots it and installs the program. @returns the kernel's release */
  async boot(): Promise<string> {
    const release = await this.guest.boot();
    await this.guest.sh(`mkdir -p /opt/mft-patch && tar -x -C /opt/mft-patch -f /in/app.tar && chmod -R a+rX /in /opt/mft-patch
      install -m 755 /in/node /usr/local/bin/node
      ln -sf /opt/mft-patch/node_modules/mft-patch/build/mft-patch.cjs /usr/local/bin/mft-patch`);
    return release;
  }

  /** Types a command as the user, who has sudo; prints its output, each line with the seconds since it began. */
  async type(command: string): Promise<Ran> {
    const ran = await this.guest.run(`SECONDS=0
      su - user -c ${shellWord(command)} 2>&1 | while IFS= read -r line; do printf '%4d  %s\\n' "$SECONDS" "$line"; done
      exit "\${PIPESTATUS[0]}"`);
    console.log(`$ ${command}\n${ran.output}$ echo $?\n${ran.exit}\n`);
    return ran;
  }

  /** What a command of the program results in, run by root. */
  async result<Document = InstallDocument>(command: string): Promise<Document & { exit: number }> {
    const { exit, output } = await this.guest.run(`mft-patch ${command} --json 2> /run/stderr`);
    return { ...JSON.parse(output), exit };
  }

  /** The lines of doctor that are at fault. */
  async faults(): Promise<string[]> {
    const { checks } = await this.result<DoctorDocument>('doctor');
    return checks.filter(({ status }) => status === 'fault').map(({ id, text }) => `${id}: ${text}`);
  }

  async state(): Promise<State> {
    const parts = partsOf((await this.guest.run(describeState)).output);
    const lines = (name: string) => (parts[name] ?? '').split('\n').filter((line) => line !== '');
    const [packages, dkms, loaded] = ['packages', 'dkms', 'loaded'].map(lines) as [string[], string[], string[]];
    return { packages, dkms, loaded, devices: lines('devices'), files: lines('files') };
  }

  /** What the drivers answer to each question. */
  async answers(): Promise<string[]> {
    const { output } = await this.guest.run(askDrivers);
    return [...output.matchAll(/^answer (.*)$/gm)].map(([, answer = '']) => answer.replace(/^(PCI_PARAMS 0) 0x\w+ 0x\w+$/, '$1'));
  }
}
