/** What a package leaves behind, and what an interrupted dpkg does. */
import { defaultPackage } from '../default-package.js';
import type { Machine } from './machine.js';

/** The directories of kernel-mft-dkms that dkms and the package make: their paths, as far as they are there. */
export async function readTraces(machine: Machine): Promise<string[]> {
  const tree = `/var/lib/dkms/${defaultPackage}`;
  const hasTree = (await machine.place(tree)) !== undefined;
  const sources = (await machine.names('/usr/src')).filter((name) => name.startsWith(`${defaultPackage}-`));
  return [...(hasTree ? [tree] : []), ...sources.map((name) => `/usr/src/${name}`)];
}

/** Whether dpkg was stopped in its work: then apt refuses everything before `dpkg --configure -a` (dpkg, lib/dpkg/dbmodify.c). */
export async function wasInterrupted(machine: Machine): Promise<boolean> {
  return (await machine.names('/var/lib/dpkg/updates')).some((name) => /^\d+$/.test(name));
}
