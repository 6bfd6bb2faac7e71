import type { KernelRelease } from '../kernels/release.js';
import type { Patch } from './patch.js';

/** Whether a patch was chosen, and why. */
export interface Choice {
  patch: Patch;
  selected: boolean;
  reason: string;
}

/**
 * Chooses patches by kernel and MFT version, in the order of the series.
 *
 * On a kernel with backports an older number does not mean an older API: a fix that is good on older kernels too is
 * then chosen though the number is below its range.
 *
 * @param mft major.minor.patch
 */
export function selectPatches(patches: readonly Patch[], kernel: KernelRelease, mft: string): Choice[] {
  return patches.map((patch) => ({ patch, ...choose(patch, kernel, mft) }));
}

function choose(patch: Patch, kernel: KernelRelease, mft: string): Omit<Choice, 'patch'> {
  if (!patch.mft.test(mft)) return { selected: false, reason: `MFT ${mft} is outside ${patch.mft.raw}` };
  const mftReason = `MFT ${mft} is within ${patch.mft.raw}`;
  if (patch.kernel.test(kernel.version)) {
    const kernelReason = patch.kernel.raw === '*' ? 'every kernel needs it' : `${kernel.text} is within ${patch.kernel.raw}`;
    return { selected: true, reason: `${kernelReason}; ${mftReason}` };
  }
  const outside = `${kernel.text} is outside ${patch.kernel.raw}`;
  if (kernel.backporter === undefined || !isBelow(kernel.version, patch)) return { selected: false, reason: outside };
  const carries = `${outside}, but kernels of ${kernel.backporter} carry later APIs, so the number does not decide`;
  return patch.goodOnOlder
    ? { selected: true, reason: `${carries}: applied, since the fix is good on older kernels too; ${mftReason}` }
    : { selected: false, reason: `${carries}, and the fix breaks older kernels: not applied` };
}

/** Whether the version lies below every part of the range, so that a backport could bring it inside. */
function isBelow(version: string, patch: Patch): boolean {
  return patch.kernel.set.every((comparators) =>
    comparators.some((comparator) => comparator.operator.startsWith('>') && !comparator.test(version)),
  );
}
