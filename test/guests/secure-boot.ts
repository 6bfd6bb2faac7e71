/** Secure Boot in a guest: OVMF with Microsoft's keys starts Debian's shim, that GRUB, and that the kernel, each as it was signed. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../support.js';
import type { Answer } from './guest.js';

const firmware = '/usr/share/OVMF';

/** The programs of the boot, as the packages have them, and where the firmware and they look for them. */
const programs = {
  'BOOTX64.EFI': 'shim/shimx64.efi.signed',
  'mmx64.efi': 'shim/mmx64.efi.signed',
  'grubx64.efi': 'grub/x86_64-efi-signed/grubx64.efi.signed',
};
const packages = 'shim-signed shim-helpers-amd64-signed grub-efi-amd64-signed';

/**
 * Makes the disk that the firmware starts from, and at the first call the flash with its variables.
 * @param folder of the guest, with its vmlinuz and initrd.img
 * @param commandLine of the kernel
 * @returns QEMU's arguments
 */
export function secureBootArguments(folder: string, commandLine: string): string[] {
  const inFolder = { cwd: folder };
  if (!existsSync(join(folder, 'variables.fd'))) {
    copyFileSync(`${firmware}/OVMF_VARS_4M.ms.fd`, join(folder, 'variables.fd'));
    sh(`mkdir signed && cd signed && apt-get download -qq ${packages} && for deb in *.deb; do dpkg-deb -x "$deb" .; done`, inFolder);
  }
  writeFileSync(join(folder, 'grub.cfg'), `linux /vmlinuz ${commandLine}\ninitrd /initrd.img\nboot\n`);
  sh('truncate -s 0 esp && truncate -s 128M esp && mformat -i esp -F :: && mmd -i esp ::EFI ::EFI/BOOT ::EFI/debian', inFolder);
  for (const [name, path] of Object.entries(programs)) sh(`mcopy -i esp 'signed/usr/lib/${path}' ::EFI/BOOT/${name}`, inFolder);
  sh('mcopy -i esp grub.cfg ::EFI/debian/ && mcopy -i esp vmlinuz initrd.img ::', inFolder);
  return [
    ...['-M', 'q35,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...['-drive', `if=pflash,format=raw,unit=0,file=${firmware}/OVMF_CODE_4M.secboot.fd,readonly=on`],
    ...['-drive', 'if=pflash,format=raw,unit=1,file=variables.fd', '-drive', 'if=virtio,format=raw,readonly=on,file=esp'],
  ];
}

const downAndEnter = '\x1b[B\r';

/** What a person answers on the blue screen of shim's MokManager to enrol a key. @param password that mokutil was given */
export function blueScreen(password: string): Answer[] {
  return [
    { shown: 'Press any key to perform MOK management', keys: '\r' },
    { shown: 'Enroll MOK', keys: downAndEnter },
    { shown: 'View key 0', keys: downAndEnter },
    { shown: 'Enroll the key(s)?', keys: downAndEnter },
    { shown: 'Password:', keys: `${password}\r` },
    { shown: 'Reboot', keys: '\r' },
  ];
}
