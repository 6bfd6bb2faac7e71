import { releaseName } from '../default-package.js';
import type { KernelRelease } from '../kernels/release.js';
import type { Probe } from './header.js';
import { rangeUpTo } from './kernel-range.js';
import type { Patch } from './patch.js';

/** Whether a patch was chosen, and why. */
export interface Choice {
  patch: Patch;
  selected: boolean;
  reason: string;
}

/** Whether a kernel's headers show that it needs the patch. */
export type ProbeHeaders = (probe: Probe) => boolean;

/**
 * Chooses patches by kernel and MFT version, in the order of the series.
 *
 * A number below a patch's range does not say that the kernel has no need of it: kernels with backports carry later APIs under
 * an older number, and no list of them is ever whole. So a fix that is good on older kernels, too, is chosen for every kernel
 * that is not above its range; for another one its probe decides below the range, where headers are at hand.
 *
 * @param mft major.minor.patch
 * @param probe undefined without headers
 */
export function selectPatches(patches: readonly Patch[], kernel: KernelRelease, mft: string, probe?: ProbeHeaders): Choice[] {
  return patches.map((patch) => {
    const { selected, reason } = choose(patch, kernel, mft, probe);
    const isVague = patch.mft.test(mft) && patchLevelMatters(patch, kernel);
    return { patch, selected, reason: isVague ? `${reason}; ${vague}` : reason };
  });
}

const vague = "the kernel's name does not tell its patch level, which decides here: ask its headers, with plan --headers";

/** Whether a range ends inside of a series of which the name tells nothing more: 6.1.0-56-amd64 is 6.1.192. */
function patchLevelMatters({ kernel }: Patch, { text, version, major, minor }: KernelRelease): boolean {
  if (!/^\d+\.\d+\.0-\d/.test(text) || !version.endsWith('.0')) return false;
  return kernel.test(version) !== kernel.test(`${major}.${minor}.99999`);
}

function choose(patch: Patch, kernel: KernelRelease, mft: string, probe: ProbeHeaders | undefined): Omit<Choice, 'patch'> {
  const { raw } = patch.kernel;
  if (!patch.mft.test(mft)) return { selected: false, reason: versionReason(patch, mft) };
  const mftReason = versionReason(patch, mft);
  if (isDecidedByProbe(patch)) return askHeaders(patch.probe, mftReason, probe);
  if (patch.kernel.test(kernel.version))
    return { selected: true, reason: `${raw === '*' ? 'every kernel needs it' : `${kernel.text} matches ${raw}`}; ${mftReason}` };
  if (!rangeUpTo(patch).test(kernel.version)) return { selected: false, reason: `${kernel.text} is above ${raw}` };
  const below = `${kernel.text} is below ${raw}`;
  if (patch.goodOnOlder) return { selected: true, reason: `${below}; the fix is good on older kernels, too; ${mftReason}` };
  if (!patch.probe) return { selected: false, reason: `${below}; the fix is not good on older kernels` };
  const asked = askHeaders(patch.probe, mftReason, probe);
  return { ...asked, reason: `${below}; ${asked.reason}` };
}

/** Whether the version of the package is in the patch's range, in words. */
export function versionReason({ mft: range, package: name }: Pick<Patch, 'mft' | 'package'>, version: string): string {
  return `${releaseName(name)} ${version} ${range.test(version) ? 'matches' : 'does not match'} ${range.raw}`;
}

/** Whether no version decides, but what is in a kernel's headers, such as its configuration. */
export function isDecidedByProbe(patch: Patch): patch is Patch & { probe: Probe } {
  return patch.kernel.raw === '*' && patch.probe !== undefined;
}

function askHeaders(asked: Probe, mftReason: string, probe: ProbeHeaders | undefined): Omit<Choice, 'patch'> {
  if (!probe) return { selected: false, reason: `not applied: only ${asked.file} in the kernel's headers shows whether it needs the fix` };
  const selected = probe(asked);
  return { selected, reason: `${asked.file} in its headers shows that it ${selected ? 'needs' : 'does not need'} the fix; ${mftReason}` };
}
