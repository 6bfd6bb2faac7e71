/** Judges a dkms.conf that the program has extended, as bash reads it. */
import { readFileSync } from 'node:fs';
import { Fault } from './fault.js';
import { runTool } from './tools.js';

interface Variables {
  /** What the vendor sets. */
  own: string;
  /** The array PATCH. */
  patch: string;
  stderr: string;
}

/** Reads a dkms.conf as dkms does, in a bash that may neither write nor call anything. @returns undefined if it was killed */
function variablesOf(path: string): Variables | undefined {
  // dkms reads it in a function (dkms(8)); declare prints each variable.
  const names = 'BUILT_MODULE_NAME PACKAGE_NAME PACKAGE_VERSION MAKE CLEAN AUTOINSTALL DEST_MODULE_LOCATION';
  const script = `kernelver=6.12.0-1-amd64 arch=x86_64; read_conf() { eval "$(< "$1")"; }; read_conf "$1"; declare -p ${names}; echo; declare -p PATCH`;
  const { status, stdout, stderr } = runTool('/bin/bash', ['-r', '-c', script, 'bash', path], { timeout: 2000, env: { PATH: '/nowhere' } });
  if (status === null) return undefined;
  const [own = '', patch = ''] = String(stdout).split('\n\n');
  return { own, patch, stderr };
}

/** Whether a dkms.conf can be compared: bash can read it, and reads the same each time. */
function isComparable(path: string, variables: Variables | undefined): variables is Variables {
  if (variables === undefined || !variables.own.includes('BUILT_MODULE_NAME')) return false;
  if (/syntax error|unexpected EOF/.test(variables.stderr)) return false;
  return !/\$\{?([^\w{("']|_\b|\d|RANDOM|LINENO|SECONDS|BASH|EPOCH)/.test(readFileSync(path, 'latin1'));
}

/**
 * Our dkms.conf must set all that the vendor's sets, and name the patches after the vendor's own.
 *
 * @param before the vendor's
 * @param after ours
 * @param applied the patches inside the package
 */
export function judgeConf(before: string, after: string, applied: readonly string[]): void {
  const [old, made] = [variablesOf(before), variablesOf(after)];
  if (!isComparable(before, old)) return;
  if (made === undefined || made.own !== old.own)
    throw new Fault('wrong', `dkms.conf sets '${made?.own}' (${made?.stderr}), the vendor's '${old.own}'`);
  for (const id of applied)
    if (!made.patch.includes(`"mft-patch-${id}.patch"`)) throw new Fault('wrong', `dkms.conf does not name ${id}: ${made.patch}`);
  // dkms counts the elements, and reads that many from index 0 on.
  const indices = [...made.patch.matchAll(/\[(\d+)\]=[$"]/g)].map(([, index]) => Number(index));
  if (indices.some((index, place) => index !== place)) throw new Fault('wrong', `dkms.conf leaves out an index of PATCH: ${made.patch}`);
}
