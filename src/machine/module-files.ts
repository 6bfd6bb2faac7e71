/** Our modules as they lie on the disk, for each kernel. */
import { posix } from 'node:path';
import type { Machine } from './machine.js';

/** The modules of the package that mst needs; bf3_livefish and mst_ppc_pci_reset are of single architectures. */
export const moduleNames = ['mst_pci', 'mst_pciconf'] as const;

export interface ModuleFile {
  path: string;
  name: string;
  /** The kernel in whose directory it is. */
  release: string;
  /** Where dkms on Debian and Ubuntu installs, whatever DEST_MODULE_LOCATION says. */
  isOfDkms: boolean;
  /** The release that it was built for; empty if modinfo does not say. */
  builtFor: string;
  /** Who signed it; empty for nobody. */
  signer: string;
}

/** Where modules lie that are not of the kernel's own package. */
const directories = ['updates', 'extra', 'weak-updates'];
const deepest = 3;

/** All files of our modules below /lib/modules. */
export async function readModuleFiles(machine: Machine): Promise<ModuleFile[]> {
  const releases = await machine.names('/lib/modules');
  const tops = releases.flatMap((release) => directories.map((name) => `/lib/modules/${release}/${name}`));
  const paths = (await Promise.all(tops.map((top) => filesBelow(machine, top, deepest)))).flat();
  return Promise.all(paths.map((path) => describe(machine, path)));
}

async function filesBelow(machine: Machine, directory: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await machine.names(directory)) {
    const path = posix.join(directory, name);
    if (/^(mst_pci|mst_pciconf|mst_ppc_pci_reset)\.ko(\.\w+)?$/.test(name)) found.push(path);
    else if (depth > 0 && !name.includes('.ko')) found.push(...(await filesBelow(machine, path, depth - 1)));
  }
  return found;
}

async function describe(machine: Machine, path: string): Promise<ModuleFile> {
  const { stdout } = await machine.run('modinfo', path);
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? '';
  const [, , , release = ''] = path.split('/');
  return {
    path,
    name: posix.basename(path).replace(/\.ko.*$/, ''),
    release,
    isOfDkms: path.startsWith(`/lib/modules/${release}/updates/dkms/`),
    builtFor: field('vermagic').split(' ')[0] ?? '',
    signer: field('signer'),
  };
}
