import Range from 'semver/classes/range.js';
import minVersion from 'semver/ranges/min-version.js';
import type { KernelRelease } from '../kernels/release.js';
import type { Probe } from './header.js';
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
 * On a kernel with backports an older number does not mean an older API. A fix that is good on older kernels too is then
 * chosen though the number is below its range; for another one its probe decides, where the headers are at hand.
 *
 * @param mft major.minor.patch
 * @param probe undefined without headers
 */
export function selectPatches(patches: readonly Patch[], kernel: KernelRelease, mft: string, probe?: ProbeHeaders): Choice[] {
  return patches.map((patch) => ({ patch, ...choose(patch, kernel, mft, probe) }));
}

function choose(patch: Patch, kernel: KernelRelease, mft: string, probe: ProbeHeaders | undefined): Omit<Choice, 'patch'> {
  if (!patch.mft.test(mft)) return { selected: false, reason: `MFT ${mft} does not match ${patch.mft.raw}` };
  const mftReason = `MFT ${mft} matches ${patch.mft.raw}`;
  if (isDecidedByProbe(patch)) return askHeaders(patch.probe, mftReason, probe);
  if (patch.kernel.test(kernel.version)) {
    const kernelReason = patch.kernel.raw === '*' ? 'every kernel needs it' : `${kernel.text} matches ${patch.kernel.raw}`;
    return { selected: true, reason: `${kernelReason}; ${mftReason}` };
  }
  const outside = `${kernel.text} does not match ${patch.kernel.raw}`;
  if (kernel.backporter === undefined || !belowRange(patch).test(kernel.version)) return { selected: false, reason: outside };
  const carries = `${outside}, but ${kernel.backporter} kernels backport newer APIs, so the version is not decisive`;
  if (patch.goodOnOlder) return { selected: true, reason: `${carries}; applied because the fix is safe on older kernels; ${mftReason}` };
  if (!patch.probe || !probe) return { selected: false, reason: `${carries}; not applied because the fix breaks older kernels` };
  const selected = probe(patch.probe);
  return {
    selected,
    reason: `${carries}; ${patch.probe.file} in its headers shows that it ${selected ? 'needs' : 'does not need'} the fix`,
  };
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

/** The kernels older than all that need the patch: a backport could bring them inside. */
export function belowRange({ kernel }: Patch): Range {
  return new Range(`<${minVersion(kernel)?.version ?? '0.0.0'}`);
}
