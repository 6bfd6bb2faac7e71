import type { Target } from '../kernels/target.js';
import type { KernelVerdict, ModuleVerdict } from '../documents.js';
import type { Limits } from '../containers/limits.js';

/** What `container/verify.sh` found, by the names of its files. */
export type Facts = ReadonlyMap<string, string>;

/** The verdict's part that follows from the facts. */
export type Judgement = Pick<KernelVerdict, 'release' | 'status' | 'steps' | 'modules' | 'patches'> & { reason?: string };

/**
 * Judges an installation. No exit code is believed alone: versions of dkms exit 0 after a failed build and without
 * headers. The package must be installed, dkms must say so for the very release, and every module that dkms.conf
 * promises must lie under /lib/modules with that release in its vermagic.
 */
export function judge(facts: Facts, target: Target, limits: Limits): Judgement {
  const fact = (name: string) => facts.get(name)?.trim() ?? '';
  const release = fact('release');
  if (!isExpected(release, target)) {
    const reason = `the image of ${target.name} has headers of '${release}', not of ${target.kernel}${target.rolling ? ' or later' : ''}`;
    return { release, status: 'error', reason, steps: { builds: false, installs: false }, modules: [], patches: [] };
  }
  const rows = fact('modules')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const modules = rows.map(([name = '', , file = '', vermagic = '']) => ({ name, file, vermagic: vermagic.trim() }));
  const builds = rows.length > 0 && rows.every(([, built = '', file = '']) => built !== '' || file !== '');
  const patches = appliedPatches(facts.get('dpkg.log') ?? '');
  const faults = [
    rows.length === 0 && 'dkms.conf promises no module',
    ...modules.map((module) => moduleFault(module, release)),
    !installedFor(release, fact('dkms.status')) && `dkms status says '${fact('dkms.status') || 'nothing'}', not installed`,
    fact('package.status') !== 'installed' && `dpkg says the package is '${fact('package.status')}'`,
    fact('dpkg.exit') !== '0' && `dpkg -i exits with ${fact('dpkg.exit')}`,
  ].filter((line) => line !== false);
  const installs = builds && faults.length === 0;
  if (installs) return { release, status: 'builds', steps: { builds, installs }, modules, patches };
  const lack = lackOf(facts, limits);
  if (lack !== undefined) return { release, status: 'error', reason: lack, steps: { builds, installs }, modules, patches };
  // The compiler's words say why; what is missing afterwards only follows from it.
  const words = compilerErrors(facts.get('make.log') ?? '');
  const reason = (words.length > 0 ? words : faults.slice(0, 3)).join('\n');
  return { release, status: 'fails', reason, steps: { builds, installs }, modules, patches };
}

function isExpected(release: string, { kernel, rolling }: Target): boolean {
  if (kernel === '' || release.startsWith(`${kernel}.`)) return true;
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [leastMajor = 0, leastMinor = 0] = kernel.split('.').map(Number);
  return rolling && (major > leastMajor || (major === leastMajor && minor >= leastMinor));
}

/** What the machine lacked, or we did not give. A failure for the lack of it says nothing about the package. */
export function lackOf(facts: Facts, { memory, processes }: Limits): string | undefined {
  const killed = facts.get('oom')?.trim();
  const raise = memory === '0' ? '' : ` (the limit is ${memory}: raise it with --memory)`;
  if (Number(killed) > 0) return `memory ran out: the kernel killed ${killed} of the container's processes${raise}`;
  if (Number(facts.get('refused-forks')) > 0)
    return `the container wanted to run more than ${processes} processes at a time (the limit: raise it with --processes)`;
  if (/No space left on device/.test(`${facts.get('dpkg.log')}\n${facts.get('make.log')}`))
    return "the container's disk is full: No space left on device";
  return undefined;
}

/** dkms 2.8 to 3.0 says `applying patch NAME...`, 3.2 `Applying patch NAME...`; ours have the names of `patchFile`. */
function appliedPatches(log: string): string[] {
  return [...new Set([...log.matchAll(/^applying patch mft-patch-(\S+?)\.patch/gim)].map(([, id = '']) => id))];
}

function moduleFault({ name, file, vermagic }: ModuleVerdict, release: string): string | false {
  if (file === '') return `${name}.ko is not under /lib/modules/${release}`;
  return vermagic.split(' ')[0] !== release && `${name}.ko has vermagic '${vermagic}', not ${release}`;
}

/** dkms 2.8 writes `name, version, release, arch: installed`, dkms 3 `name/version, release, arch: installed`. */
function installedFor(release: string, status: string): boolean {
  return status.split('\n').some((line) => line.includes(` ${release},`) && /: installed\b/.test(line));
}

/** The first lines of a make.log in which compiler, make or modpost name an error. */
export function compilerErrors(log: string): string[] {
  const words = /\berror:|^ERROR: |: No such file or directory|No rule to make target/;
  return [
    ...new Set(
      log
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => words.test(line)),
    ),
  ].slice(0, 3);
}
