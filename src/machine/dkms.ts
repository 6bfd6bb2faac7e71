/** dkms: its version with the traps of it, and what it says of our modules. */
import { compareVersions } from '../deb/version.js';
import { defaultPackage } from '../default-package.js';
import type { Check } from '../documents/index.js';
import { asRoot, checked } from './cures.js';
import type { Machine } from './machine.js';

/** A line of `dkms status`. */
export interface DkmsRow {
  /** The version of the source, as in 4.20.1. */
  version: string;
  /** Empty where it is only added, or broken. */
  release: string;
  /** As dkms files it; x86_64 by the kernel's name, amd64 by Debian's. */
  arch: string;
  state: 'added' | 'built' | 'installed' | 'broken';
  /** dkms warns that the installed module is not the one that it built. */
  differs: boolean;
}

export interface Dkms {
  /** Undefined where it is not installed. */
  version?: string;
  /** What it has of kernel-mft-dkms. */
  rows: DkmsRow[];
  /** It has not answered in time: nobody knows what it has. */
  isSilent?: true;
}

/** 2.8 separates name and version by a comma, 3.x by a slash. */
const rowForm = /^([\w.+~-]+)(?:\/|, )([\w.+~-]+)(?:, ([^,\s]+), ([^:,\s]+))?: (added|built|installed|broken)\b(.*)$/;

export async function readDkms(machine: Machine): Promise<Dkms> {
  const { exitCode, stdout } = await machine.run('dkms', '--version');
  if (exitCode === 124) return { rows: [], isSilent: true };
  // dkms-3.0.10, or "dkms: 2.8.4".
  const [version] = /\d+(\.\d+)+/.exec(stdout) ?? [];
  if (exitCode === 127 || version === undefined) return { rows: [] };
  const status = await machine.run('dkms', 'status');
  const rows = status.stdout.split('\n').flatMap((line): DkmsRow[] => {
    const [, name, source = '', release = '', arch = '', state, more = ''] = rowForm.exec(line.trim()) ?? [];
    if (name !== defaultPackage || state === undefined) return [];
    return [{ version: source, release, arch, state: state as DkmsRow['state'], differs: more.includes('WARNING! Diff between') }];
  });
  return { version, rows, ...(status.exitCode === 124 ? { isSilent: true } : {}) };
}

/**
 * dkms itself, with what its version does that one would not think. Measured on 2.8.4, 3.0.10 and 3.2.2.
 * @param keepsArch what is installed files modules under amd64: the vendor's package on Debian
 */
export function judgeDkms({ version, isSilent }: Dkms, keepsArch: boolean): Check {
  if (isSilent)
    return checked('dkms', 'unknown', `${version === undefined ? '' : `${version}; `}it does not answer`, [asRoot('dkms status')]);
  if (version === undefined) return checked('dkms', 'fault', 'not installed', [asRoot('apt install dkms')]);
  const isBefore = (other: string) => compareVersions(version, other) < 0;
  if (!isBefore('3.1') && keepsArch)
    return checked('dkms', 'note', `${version}: its kernel hook ends with 11 on the vendor's package, which is filed under amd64`);
  if (isBefore('3.0')) return checked('dkms', 'ok', `${version}; it exits 0 also where a build fails: go by the line modules`);
  return checked('dkms', 'ok', `${version}; a build that fails leaves a new kernel's package half-configured`);
}
