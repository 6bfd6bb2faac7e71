import type { Limits } from '../containers/limits.js';
import type { KernelVerdict, ModuleVerdict } from '../documents/index.js';
import type { Target } from '../kernels/target.js';
import { type Facts, factOf, rowsOf } from './facts.js';
import { compilerErrors, dkmsErrors, exhaustedResource, missingInImage, packageErrors } from './reasons.js';

/** The verdict's part that follows from the facts. */
export type Judgement = Pick<KernelVerdict, 'release' | 'status' | 'steps' | 'modules' | 'patches'> &
  Partial<Pick<KernelVerdict, 'reason' | 'failedStep' | 'notTested'>>;

/** Where it was tested, and which kernel that should have. */
export type JudgedTarget = Pick<Target, 'name' | 'kernel' | 'rolling' | 'prepared'>;

/** A step of a package's life, and what went wrong in it: its own words first. */
interface Step {
  name: 'builds' | 'installs' | 'kernelHook' | 'removes';
  faults: string[];
}

/**
 * Judges what became of a package from its installation to its purge. No exit code is believed alone: versions of dkms exit 0
 * after a failed build and without headers. Every module that dkms.conf declares must be under /lib/modules with the
 * release in its vermagic, and take from the kernel only what it gives; dkms must report the release as installed for every
 * dkms source; the kernel's hook must leave it so; and after the end nothing may be left.
 */
export function judge(facts: Facts, target: JudgedTarget, limits: Limits): Judgement {
  const release = factOf(facts, 'release');
  if (!isExpected(release, target)) {
    const expected = `${target.kernel}${target.rolling ? ' or later' : ''}`;
    const reason = `image ${target.name} contains headers for '${release}', expected ${expected}`;
    return { release, status: 'error', reason, steps: { builds: false, installs: false }, modules: [], patches: [] };
  }
  const modules = rowsOf(facts, 'modules').map(([name = '', , file = '', vermagic = '']) => ({ name, file, vermagic: vermagic.trim() }));
  const steps = stepsOf(facts, modules, release);
  const failed = steps.find(({ faults }) => faults.length > 0);
  const passed = (name: Step['name']) => steps.some((step) => step.name === name && step.faults.length === 0);
  const hasLater = steps.length > 2;
  const { otherCompiler } = target.prepared ?? {};
  const untested = [
    ...(factOf(facts, 'symbols.exit') !== '' ? [`symbols: the headers have ${factOf(facts, 'symbols.exit')}`] : []),
    ...(otherCompiler === undefined ? [] : [`compiler: ${otherCompiler}`]),
  ];
  const judgement = {
    release,
    steps: {
      builds: passed('builds'),
      installs: passed('builds') && passed('installs'),
      ...(hasLater ? { kernelHook: passed('kernelHook'), removes: passed('removes') } : {}),
    },
    modules,
    patches: appliedPatches(facts),
    ...(untested.length > 0 ? { notTested: untested } : {}),
  };
  if (failed === undefined) return { ...judgement, status: 'builds' };
  const lack = exhaustedResource(facts, limits) ?? missingInImage(facts, target);
  if (lack !== undefined) return { ...judgement, status: 'error', reason: lack };
  const werror =
    facts.has('werror') && failed.name === 'builds' ? ["the kernel's configuration has CONFIG_WERROR=y: warnings are errors"] : [];
  return { ...judgement, status: 'fails', failedStep: failed.name, reason: [...failed.faults.slice(0, 3), ...werror].join('\n') };
}

/** The steps that were done; the kernel's hook and the end only where the installation went well. */
function stepsOf(facts: Facts, modules: readonly ModuleVerdict[], release: string): Step[] {
  const builds = { name: 'builds' as const, faults: buildFaults(facts) };
  const installs = { name: 'installs' as const, faults: installFaults(facts, modules, release) };
  if (!facts.has('remove.exit')) return [builds, installs];
  return [builds, installs, { name: 'kernelHook', faults: hookFaults(facts) }, { name: 'removes', faults: removeFaults(facts) }];
}

/** Why not every module was built, or not one that the kernel can load. */
function buildFaults(facts: Facts): string[] {
  const rows = rowsOf(facts, 'modules');
  const missing = rows.filter(([, built = '', file = '']) => built === '' && file === '').map(([name]) => `${name}.ko was not built`);
  const declared = new Set(rows.map(([name]) => name));
  const vendors = factOf(facts, 'vendor-modules').split('\n');
  const dropped = vendors.filter((name) => name !== '' && !declared.has(name));
  const faults = [
    ...(rows.length === 0 ? ['dkms.conf declares no module'] : missing),
    ...dropped.map((name) => `dkms.conf does not declare ${name}, and the vendor's does`),
  ];
  if (faults.length > 0) return causeOf(facts, faults);
  return rowsOf(facts, 'symbols').map(([module = '', fault = '', symbol = '']) => `${module}.ko needs ${symbol}, ${symbolFaults[fault]}`);
}

const symbolFaults: Record<string, string> = {
  unknown: 'which the kernel does not export',
  'gpl-only': 'which the kernel exports only to modules under the GPL',
  namespace: 'whose namespace the module does not import',
  version: 'which has another version in the kernel',
};

/** What is not as it is after an installation. */
function installFaults(facts: Facts, modules: readonly ModuleVerdict[], release: string): string[] {
  const fact = (name: string) => factOf(facts, name);
  const names = new Map(rowsOf(facts, 'modules').map(([name = '', , , , inside = '']) => [name, inside]));
  const faults = [
    ...modules.map((module) => moduleFault(module, release)),
    ...[...names].map(([name, inside]) => isOther(name, inside) && `${name}.ko contains the module ${inside}`),
    ...rowsOf(facts, 'sources').map(([, name = '', version = '']) => statusFault(fact('dkms.status'), `${name}/${version}`, release)),
    // Without a package manager there is none.
    facts.has('package.status') && fact('package.status') !== 'installed' && `dpkg reports the package as '${fact('package.status')}'`,
    fact('install.exit') !== '0' &&
      `${facts.has('package.status') ? 'apt-get' : 'dkms'} install exited with status ${fact('install.exit')}`,
  ].filter((line) => line !== false);
  return faults.length === 0 ? [] : causeOf(facts, faults);
}

/** What compiler, dkms, dpkg or apt say is the cause; what is missing afterwards only follows from it. */
function causeOf(facts: Facts, faults: string[]): string[] {
  const words = factOf(facts, 'install.log');
  const unpacked = facts.has('sources') && factOf(facts, 'sources') !== '';
  const causes = [compilerErrors(facts.get('make.log') ?? ''), unpacked ? dkmsErrors(words) : [], packageErrors(words)];
  const exclusive = factOf(facts, 'exclusive')
    .split('\n')
    .filter((line) => line !== '' && words.includes('BUILD_EXCLUSIVE'));
  return [...(causes.find((lines) => lines.length > 0) ?? faults), ...exclusive.map((line) => `dkms.conf sets ${line}`)];
}

/** What the kernel's hook, its headers and another kernel's build did to what was installed. */
function hookFaults(facts: Facts): string[] {
  const before = rowsOf(facts, 'modules').map(([name]) => name);
  const later = rowsOf(facts, 'modules.later').flatMap(([name, , file = '']) => (file === '' ? [] : [name]));
  return [
    ...stepFaults(facts, 'kernelHook', '/etc/kernel/postinst.d/dkms'),
    ...stepFaults(facts, 'headers', 'dpkg-reconfigure of the headers'),
    ...stepFaults(facts, 'other', 'dkms build -k for another kernel'),
    ...before.filter((name) => !later.includes(name)).map((name) => `${name}.ko was removed`),
  ];
}

/** What is left of the package, or why it could not be removed. */
function removeFaults(facts: Facts): string[] {
  const left = factOf(facts, 'left')
    .split('\n')
    .filter((line) => line !== '');
  return [
    ...stepFaults(facts, 'remove', 'apt-get remove'),
    ...stepFaults(facts, 'purge', 'apt-get purge'),
    ...(left.length > 0 ? [`is left after the purge: ${left.slice(0, 3).join(', ')}`] : []),
  ];
}

function stepFaults(facts: Facts, step: string, command: string): string[] {
  const exit = factOf(facts, `${step}.exit`);
  if (exit === '' || exit === '0') return [];
  const log = factOf(facts, `${step}.log`);
  const words = [...dkmsErrors(log), ...packageErrors(log)];
  return [`${command} exited with status ${exit}`, ...words];
}

function isExpected(release: string, { kernel, rolling }: JudgedTarget): boolean {
  if (kernel === '' || release.startsWith(`${kernel}.`)) return true;
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [leastMajor = 0, leastMinor = 0] = kernel.split('.').map(Number);
  return rolling && (major > leastMajor || (major === leastMajor && minor >= leastMinor));
}

/** The patches that dkms applies by what dkms.conf says; ours have the names of `patchFile`. */
function appliedPatches(facts: Facts): string[] {
  return rowsOf(facts, 'patches').flatMap(([file = '']) => /^mft-patch-(\S+)\.patch$/.exec(file)?.[1] ?? []);
}

function moduleFault({ name, file, vermagic }: ModuleVerdict, release: string): string | false {
  if (file === '') return `${name}.ko is missing under /lib/modules/${release}`;
  return vermagic.split(' ')[0] !== release && `${name}.ko has vermagic '${vermagic}', expected ${release}`;
}

/** A module's name has underscores where that of its file may have dashes; kmod before 26 reports none. */
function isOther(file: string, inside: string): boolean {
  return inside !== '' && inside.replaceAll('-', '_') !== file.replaceAll('-', '_');
}

/** dkms 2.8 writes `name, version, release, arch: installed`, dkms 3 `name/version, release, arch: installed`. */
function statusFault(status: string, source: string, release: string): string | false {
  const lines = status.split('\n').filter((line) => line.startsWith(`${source},`) || line.startsWith(`${source.replace('/', ', ')},`));
  const installed = lines.some((line) => line.includes(` ${release},`) && /: installed\b/.test(line) && !/WARNING/.test(line));
  return !installed && `dkms status is '${lines.join(', ') || 'empty'}'`;
}
