import type { Context } from '../context.js';
import type { PreparedHeaders } from './read-headers.js';
import { parseKernelRelease } from './release.js';
import type { TargetFile } from './target-file.js';

/** A kernel that a package can be verified on: an image of a distribution with that kernel's headers. */
export interface Target extends TargetFile {
  /** The name of its file in `kernels/`, as in debian-12. */
  name: string;
  /** The directory of its file, where that is not `kernels/` of the project. */
  directory?: string;
  /** The tree that the kernel's headers are prepared from, where no package brings them; then `kernel` may be empty. */
  source?: KernelSource;
  /** The headers that are used as they are; then no package brings any, and `kernel` may be empty. */
  prepared?: PreparedHeaders & Tools;
  /** The release that was asked for, where it names an architecture, and that as Debian names it. */
  wanted?: { release: string; arch: string };
}

/** What modules of a kernel are built with that no target is of. */
export interface Tools {
  /** The package of the kernel's compiler, where the distribution's own is another; else empty. */
  gcc: string;
  /** How the compiler differs from the kernel's; undefined if it is of the same major version. */
  otherCompiler?: string;
}

/** A kernel's source. */
export interface KernelSource {
  /** Gets it. @returns the path of a directory or of a tar archive */
  open(context: Context): Promise<string>;
  /** The text of a kernel configuration; else the tree's own .config, or defconfig. */
  config?: string;
}

/** major.minor of a release or version, for people. */
export function seriesOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? '';
}

/** What a distribution builds is named like this; what is named in another way is a kernel of its own, whatever its number. */
const forms = {
  // 6.1.0-50-amd64, 6.12.95+deb12-rt-arm64
  debian: /^[\d.]+([-+~].*)?-(amd64|arm64|armmp|686|powerpc64le|riscv64|s390x)(-\w+)?$/,
  // 6.8.0-41-generic: an ABI number and a flavour, and the patch level is always 0.
  ubuntu: /^\d+\.\d+\.0-\d+-[a-z]/,
  // 5.18, 6.12.9, 6.15-rc1
  any: /^[\d.]+(-rc\d+)?$/,
};

/**
 * The targets that carry the major.minor of a release, the best first: one whose distribution builds kernels of such
 * names, else one that CI tries, else in the order of their names. A kernel of another distribution has none: it differs
 * from all others of its number.
 */
export function targetsFor(release: string, all: readonly Target[]): Target[] {
  const { major, minor } = parseKernelRelease(release);
  const special = all.filter((target) => isSpecialFor(release, target));
  if (special.length > 0) return special;
  const targets = usualTargets(all);
  const form = Object.entries(forms).find(([, pattern]) => pattern.test(release))?.[0];
  const candidates = form === undefined ? [] : targets.filter(({ name }) => form !== 'ubuntu' || name.startsWith(form));
  // Debian's later kernels name the release that they are built for: 6.12.95+deb12-amd64 is of the backports for 12.
  const debian = /\+deb(\d+)/.exec(release)?.[1];
  const flavour = debian ? `debian-${debian}` : form === 'any' ? '' : (form ?? '');
  const isBackport = /[~+]bpo/.test(release);
  const rank = (target: Target) => [
    target.name.startsWith(flavour) ? 0 : 1,
    target.name.endsWith('-backports') === isBackport ? 0 : 1,
    target.tried.length > 0 ? 0 : 1,
    // Ubuntu's later kernels for an earlier release have the names of those of the later release.
    target.name.endsWith('-hwe') ? 1 : 0,
  ];
  const order = (a: Target, b: Target) =>
    rank(a)
      .map((place, index) => place - (rank(b)[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0;
  return candidates.filter((candidate) => candidate.kernel === `${major}.${minor}`).sort(order);
}

/** The targets of kernels that are the usual ones of their distributions. */
export function usualTargets(targets: readonly Target[]): Target[] {
  return targets.filter(({ releases }) => releases === undefined);
}

/** Whether a target is for just such releases, and has its kernel, or one from it on where the suite moves on. */
function isSpecialFor(release: string, { releases, kernel, rolling }: Target): boolean {
  if (releases === undefined || !new RegExp(releases).test(release)) return false;
  return kernel === seriesOf(release) || (rolling && placeOf(kernel) <= placeOf(release));
}

function placeOf(text: string): number {
  const { major, minor } = parseKernelRelease(text);
  return major * 1000 + minor;
}

/** The targets, those whose kernel is nearest to `wanted` first; of two equally near the newer, then the one that stays. */
export function nearestTargets(wanted: string, targets: readonly Target[]): Target[] {
  const distance = (target: Target) => Math.abs(placeOf(target.kernel) - placeOf(wanted));
  return usualTargets(targets).sort(
    (a, b) => distance(a) - distance(b) || placeOf(b.kernel) - placeOf(a.kernel) || Number(a.rolling) - Number(b.rolling),
  );
}
