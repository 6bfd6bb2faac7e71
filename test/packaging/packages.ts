/** Packages as a vendor could have made them: the sample's, taken apart, changed and put together by dpkg-deb. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, sample, sh } from '../support.js';

export const source = 'usr/src/kernel-mft-dkms-4.15.1';

/**
 * Puts the sample's package together again after shell commands changed it in its unpacked folder.
 * @returns the package's path
 */
export async function changedPackage(commands: string, options = '-Zgzip'): Promise<string> {
  const folder = makeDirectory();
  const { deb, name } = await sample();
  writeFileSync(join(folder, 'sample.deb'), deb);
  sh(`dpkg-deb -R sample.deb x && cd x && ${commands}`, { cwd: folder });
  sh(`dpkg-deb --nocheck ${options} -b x '${name}'`, { cwd: folder });
  return join(folder, name);
}
