/** kernel-mft-dkms and mft: whose they are, whether they fit together, and for which kernels the modules are there. */
import { mftNumber } from '../bundle/mft-number.js';
import { isSameRelease } from '../bundle/release-check.js';
import { compareVersions, parseVersion } from '../deb/version.js';
import { defaultPackage } from '../default-package.js';
import type { Check } from '../documents/index.js';
import { isPatchedVersion, vendorVersion } from '../packaging/version.js';
import type { Patch } from '../patches/patch.js';
import { asRoot, checked, installMft, installModules } from './cures.js';
import type { Machine } from './machine.js';
import { type InstalledPackage, isHalf, type Packages, present, stateWords } from './packages.js';
import { numbersOf, type System } from './system.js';

/** The package of the modules. */
export interface ModulesPackage extends InstalledPackage {
  kind: 'vendor' | 'universal' | 'baked';
  /** The release of MFT, as --mft takes it: 4.20.1-14. */
  mft: string;
  /** The version of its dkms source, as in 4.20.1. */
  source: string;
  /** Kernels for which dkms does not build it by itself, as its dkms.conf says it. */
  guard: string[];
}

export async function readModulesPackage(machine: Machine, packages: Packages): Promise<ModulesPackage | undefined> {
  const found = present(packages, defaultPackage);
  if (!found) return undefined;
  const vendors = vendorVersion(found.version);
  const source = upstreamOf(vendors);
  const conf = (await machine.text(`/usr/src/${defaultPackage}-${source}/dkms.conf`)) ?? '';
  return {
    ...found,
    kind: !isPatchedVersion(found.version) ? 'vendor' : found.version.includes('+mftpatch.baked') ? 'baked' : 'universal',
    mft: releaseName(vendors),
    source,
    guard: [...new Set([...conf.matchAll(/^# {3}(kernels .*)$/gm)].map(([, words = '']) => words))],
  };
}

/** 4.20.1 of 4.20.1-14, which is the name of the source's directory. */
function upstreamOf(version: string): string {
  try {
    return parseVersion(version).upstream;
  } catch {
    return version;
  }
}

/** A release as --mft takes it: the package of 4.36.0-1031 has the version 4.36.0.1031-1. */
export function releaseName(version: string): string {
  const [, number, inside] = /^(\d+\.\d+\.\d+)\.(\d+)-\d+$/.exec(version) ?? [];
  return number === undefined ? version : `${number}-${inside}`;
}

/** The patches without which this release does not build, or work, on a kernel of that version. By the header of each alone. */
export function breaks(mft: string, { release, arch }: Pick<System, 'release' | 'arch'>, patches: readonly Patch[]): string[] {
  const number = mftNumber(mft);
  const kernel = numbersOf(release)?.version;
  const isMeant = (patch: Patch) =>
    patch.package === defaultPackage &&
    (patch.architectures?.includes(arch) ?? true) &&
    patch.kernel.raw !== '*' &&
    kernel !== undefined &&
    patch.kernel.test(kernel);
  return number === undefined ? [] : patches.filter((patch) => isMeant(patch) && patch.mft.test(number)).map(({ id }) => id);
}

export interface PackageQuestion {
  modules: ModulesPackage | undefined;
  /** The running kernel, or that of the next boot. */
  release: string;
  /** The patches that its version needs there. */
  needed: readonly string[];
  /** The newest release that serves all cards; undefined without cards. */
  wanted: string | undefined;
  /** The vendor's tools are installed. */
  hasTools: boolean;
}

export function judgePackage({ modules, release, needed, wanted, hasTools }: PackageQuestion): Check {
  if (!modules)
    return wanted === undefined
      ? checked('package', 'note', `${defaultPackage} is not installed`)
      : checked('package', 'fault', `${defaultPackage} is not installed`, installMft(wanted));
  const { kind, version, mft, source } = modules;
  const short = shortened(version);
  const title = `${short}, ${words[kind]}`;
  const replace = hasTools ? installModules(mft) : installMft(mft);
  if (isHalf(modules)) {
    const because = needed.length === 0 ? '' : `; on ${release} it needs ${needed.join(', ')}`;
    // One of ours goes on when the headers are there; the vendor's is replaced by one that builds.
    const cure = kind === 'vendor' ? replace : [asRoot('dpkg --configure -a')];
    return checked('package', 'fault', `${title}: ${stateWords(modules)}${because}`, cure);
  }
  if (needed.length > 0) return checked('package', 'fault', `${title}: does not work on ${release} without ${needed.join(', ')}`, replace);
  const excluded = modules.guard.find((guard) => excludes(guard, release));
  if (excluded === undefined) return checked('package', 'ok', title);
  if (kind === 'baked') return checked('package', 'fault', `${short} is not for ${excluded}`, replace);
  const install = asRoot(`dkms install ${defaultPackage}/${source} -k ${release}`, 'or build it with a later --max-kernel');
  return checked('package', 'fault', `${short} is not for ${excluded}`, [install]);
}

const words: Record<ModulesPackage['kind'], string> = {
  vendor: "the vendor's own",
  universal: 'patched for every kernel',
  baked: 'patched for one kernel',
};

/** A version without the digest at its end, which no line has room for. */
function shortened(version: string): string {
  return version.replace(/(\+mftpatch\.\w+)\.\S*$/, '$1').replace(/(\+mftpatch\.(?:universal|baked))\d+$/, '$1');
}

/** Whether words of the guard, as `patches/guard.ts` writes them, are about this kernel. */
function excludes(guard: string, release: string): boolean {
  const numbers = numbersOf(release);
  if (!numbers) return false;
  const [, relation = '', text = ''] = /(later than |>=|<)(\d+\.\d+)/.exec(guard) ?? [];
  const [otherMajor = 0, otherMinor = 0] = text.split('.').map(Number);
  const difference = numbers.major - otherMajor || numbers.minor - otherMinor;
  if (relation === 'later than ') return difference > 0;
  if (relation === '') return false;
  const isInside = relation === '>=' ? difference >= 0 : difference < 0;
  return /other than|after those of/.test(guard) ? !isInside : isInside;
}

/**
 * Whether the vendor's tools are there, and of the release of the modules.
 * @param isReplaced the cure of the package brings the tools, too
 */
export function judgeUserland(packages: Packages, modules: ModulesPackage | undefined, isReplaced: boolean): Check {
  const tools = present(packages, 'mft');
  if (!tools) {
    if (!modules || isReplaced)
      return checked('userland', isReplaced ? 'unknown' : 'note', `mft, the vendor's tools, is not installed${isReplaced ? ' yet' : ''}`);
    return checked(
      'userland',
      'fault',
      `mft, the vendor's tools, is not installed; the modules are of ${modules.mft}`,
      installMft(modules.mft),
    );
  }
  if (isHalf(tools)) return checked('userland', 'fault', `mft ${tools.version} is ${stateWords(tools)}`, [asRoot('dpkg --configure -a')]);
  if (!modules) return checked('userland', 'ok', `mft ${tools.version}`);
  const release = releaseName(tools.version);
  if (isSameRelease(release, modules.mft)) return checked('userland', 'ok', `mft ${tools.version}, as the modules`);
  const isNewer = compareVersions(release, modules.mft) > 0;
  const cure = isNewer ? installModules(release) : installMft(modules.mft);
  return checked('userland', 'fault', `mft ${release}, and modules of ${modules.mft}: both must be of one release`, cure);
}
