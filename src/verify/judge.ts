import type { Limits } from '../containers/limits.js';
import type { KernelVerdict, ModuleVerdict } from '../documents/index.js';
import type { Target } from '../kernels/target.js';

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
  const release = factOf(facts, 'release');
  if (!isExpected(release, target)) {
    const expected = `${target.kernel}${target.rolling ? ' or later' : ''}`;
    const reason = `image ${target.name} contains headers for '${release}', expected ${expected}`;
    return { release, status: 'error', reason, steps: { builds: false, installs: false }, modules: [], patches: [] };
  }
  const rows = factOf(facts, 'modules')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const modules = rows.map(([name = '', , file = '', vermagic = '']) => ({ name, file, vermagic: vermagic.trim() }));
  const builds = rows.length > 0 && rows.every(([, built = '', file = '']) => built !== '' || file !== '');
  const faults = faultsOf(facts, modules, release);
  const installs = builds && faults.length === 0;
  const judgement = { release, steps: { builds, installs }, modules, patches: appliedPatches(facts.get('dpkg.log') ?? '') };
  if (installs) return { ...judgement, status: 'builds' };
  const lack = exhaustedResource(facts, limits);
  if (lack !== undefined) return { ...judgement, status: 'error', reason: lack };
  // What the compiler says, else what dpkg says, is the cause; what is missing afterwards only follows from it.
  const causes = [compilerErrors(facts.get('make.log') ?? ''), dpkgErrors(facts.get('dpkg.log') ?? ''), faults.slice(0, 3)];
  return { ...judgement, status: 'fails', reason: causes.find((lines) => lines.length > 0)?.join('\n') ?? '' };
}

function factOf(facts: Facts, name: string): string {
  return facts.get(name)?.trim() ?? '';
}

/** What is not as it is after an installation. */
function faultsOf(facts: Facts, modules: readonly ModuleVerdict[], release: string): string[] {
  const fact = (name: string) => factOf(facts, name);
  return [
    modules.length === 0 && 'dkms.conf declares no module',
    ...modules.map((module) => moduleFault(module, release)),
    !installedFor(release, fact('dkms.status')) && `dkms status is '${fact('dkms.status') || 'empty'}'`,
    fact('package.status') !== 'installed' && `dpkg reports the package as '${fact('package.status')}'`,
    fact('dpkg.exit') !== '0' && `dpkg -i exited with status ${fact('dpkg.exit')}`,
  ].filter((line) => line !== false);
}

function isExpected(release: string, { kernel, rolling }: Target): boolean {
  if (kernel === '' || release.startsWith(`${kernel}.`)) return true;
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [leastMajor = 0, leastMinor = 0] = kernel.split('.').map(Number);
  return rolling && (major > leastMajor || (major === leastMajor && minor >= leastMinor));
}

/** What the machine lacked, or we did not give. A failure for the lack of it says nothing about the package. */
export function exhaustedResource(facts: Facts, { memory, processes }: Limits): string | undefined {
  const killed = facts.get('oom')?.trim();
  const limit = memory === '0' ? '' : ` (limit ${memory}, see --memory)`;
  if (Number(killed) > 0) return `out of memory: ${killed} processes were OOM-killed${limit}`;
  if (Number(facts.get('refused-forks')) > 0) return `process limit reached (${processes}, see --processes)`;
  if (/No space left on device/.test(`${facts.get('dpkg.log')}\n${facts.get('make.log')}`)) return "no space left on the container's disk";
  return undefined;
}

/** dkms 2.8 to 3.0 says `applying patch NAME...`, 3.2 `Applying patch NAME...`; ours have the names of `patchFile`. */
function appliedPatches(log: string): string[] {
  return [...new Set([...log.matchAll(/^applying patch mft-patch-(\S+?)\.patch/gim)].map(([, id = '']) => id))];
}

function moduleFault({ name, file, vermagic }: ModuleVerdict, release: string): string | false {
  if (file === '') return `${name}.ko is missing under /lib/modules/${release}`;
  return vermagic.split(' ')[0] !== release && `${name}.ko has vermagic '${vermagic}', expected ${release}`;
}

/** dkms 2.8 writes `name, version, release, arch: installed`, dkms 3 `name/version, release, arch: installed`. */
function installedFor(release: string, status: string): boolean {
  return status.split('\n').some((line) => line.includes(` ${release},`) && /: installed\b/.test(line));
}

/** The first lines of a make.log in which compiler, make or modpost name an error. */
export function compilerErrors(log: string): string[] {
  const error = /\berror:|^ERROR: |: No such file or directory|No rule to make target/;
  // The Makefile of the vendor's flat sources prints it in builds that succeed, too.
  const harmless = /\bSyntax error: Unterminated quoted string/;
  return linesOf(log)
    .filter((line) => error.test(line) && !harmless.test(line))
    .slice(0, 3);
}

/** The first lines in which dpkg says why it does not install a package; that errors were encountered only follows. */
function dpkgErrors(log: string): string[] {
  return linesOf(log)
    .filter((line) => /^(dpkg|dpkg-deb|tar): /.test(line) && !/^dpkg: (error processing|warning)/.test(line))
    .slice(0, 3);
}

/** The lines of a log without blanks around them, each once. */
function linesOf(log: string): string[] {
  return [...new Set(log.split('\n').map((line) => line.trim()))];
}
