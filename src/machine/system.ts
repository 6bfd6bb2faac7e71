/** What a machine runs. */
import { MftPatchError } from '../errors.js';
import { debianArch } from '../kernels/arch.js';
import { type KernelRelease, parseKernelRelease } from '../kernels/release.js';
import { osName, osReleaseField } from '../system/os-release.js';
import type { Machine } from './machine.js';

export interface System {
  /** As os-release(5) has it. */
  name: string;
  isUbuntu: boolean;
  /** The running kernel, as uname -r prints it. */
  release: string;
  /** As Debian names it. */
  arch: string;
}

export async function readSystem(machine: Machine): Promise<System> {
  const text = (await machine.text('/etc/os-release')) ?? '';
  const [release, processor] = await Promise.all([machine.run('uname', '-r'), machine.run('uname', '-m')]);
  const arch = processor.stdout.trim();
  return {
    name: osName(text),
    isUbuntu: [osReleaseField(text, 'ID'), ...osReleaseField(text, 'ID_LIKE').split(' ')].includes('ubuntu'),
    release: release.stdout.trim(),
    arch: debianArch(arch) ?? arch,
  };
}

/** The numbers of a release; undefined for a kernel that its owner has named otherwise, as in next-20250701. */
export function numbersOf(release: string): KernelRelease | undefined {
  try {
    return parseKernelRelease(release);
  } catch (error) {
    if (error instanceof MftPatchError) return undefined;
    throw error;
  }
}
