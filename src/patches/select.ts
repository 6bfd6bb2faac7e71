import Range from 'semver/classes/range.js';
import minVersion from 'semver/ranges/min-version.js';
import type { KernelRelease } from '../kernels/release.js';
import type { Patch, Probe } from './patch.js';

/** Whether a patch was chosen, and why. */
export interface Choice {
  patch: Patch;
  selected: boolean;
  reason: string;
}

/** Answers whether a kernel's headers ask for a patch. */
export type Ask = (probe: Probe) => boolean;

/**
 * Chooses patches by kernel and MFT version, in the order of the series.
 *
 * On a kernel with backports an older number does not mean an older API. A fix that is good on older kernels too is then
 * chosen though the number is below its range; for another one its probe decides, where the headers are at hand.
 *
 * @param mft major.minor.patch
 * @param ask undefined without headers
 */
export function selectPatches(patches: readonly Patch[], kernel: KernelRelease, mft: string, ask?: Ask): Choice[] {
  return patches.map((patch) => ({ patch, ...choose(patch, kernel, mft, ask) }));
}

function choose(patch: Patch, kernel: KernelRelease, mft: string, ask: Ask | undefined): Omit<Choice, 'patch'> {
  if (!patch.mft.test(mft)) return { selected: false, reason: `MFT ${mft} is outside ${patch.mft.raw}` };
  const mftReason = `MFT ${mft} is within ${patch.mft.raw}`;
  if (patch.kernel.test(kernel.version)) {
    const kernelReason = patch.kernel.raw === '*' ? 'every kernel needs it' : `${kernel.text} is within ${patch.kernel.raw}`;
    return { selected: true, reason: `${kernelReason}; ${mftReason}` };
  }
  const outside = `${kernel.text} is outside ${patch.kernel.raw}`;
  if (kernel.backporter === undefined || !belowRange(patch).test(kernel.version)) return { selected: false, reason: outside };
  const carries = `${outside}, but kernels of ${kernel.backporter} carry later APIs, so the number does not decide`;
  if (patch.goodOnOlder) return { selected: true, reason: `${carries}: applied, since the fix is good on older kernels too; ${mftReason}` };
  if (!patch.probe || !ask) return { selected: false, reason: `${carries}, and the fix breaks older kernels: not applied` };
  const selected = ask(patch.probe);
  return {
    selected,
    reason: `${carries}: ${patch.probe.file} of its headers says that it ${selected ? 'needs' : 'does not need'} the fix`,
  };
}

/** The kernels older than all that need the patch: a backport could bring them inside. */
export function belowRange({ kernel }: Patch): Range {
  return new Range(`<${minVersion(kernel)?.version ?? '0.0.0'}`);
}
