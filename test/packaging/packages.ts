/** Packages as a vendor could have made them: the sample's, taken apart, changed and put together by dpkg-deb. */
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, projectRoot, sample, sh } from '../support.js';

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

/**
 * A copy of the program with its data, after shell commands changed that.
 * @returns its cli.js
 */
export function changedProgram(commands: string): string {
  const program = makeDirectory();
  for (const part of ['build', 'patches', 'kernels', 'samples', 'container', 'Dockerfile', 'releases.json', 'package.json'])
    cpSync(join(projectRoot, part), join(program, part), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(program, 'node_modules'));
  sh(commands, { cwd: program });
  return join(program, 'build/cli.js');
}
