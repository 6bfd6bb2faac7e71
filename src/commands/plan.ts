import type { Source } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import type { PlanDocument } from '../documents/index.js';
import type { Kernel } from '../kernels/resolve.js';
import { planPatches, readVendorPackage } from '../packaging/prepare.js';

export interface PlanRequest {
  source: Source;
  /** Undefined for all kernels. */
  kernel: Kernel | undefined;
  /** A kernel's headers, as /lib/modules/<release>/build; then they say which kernel it is. */
  headers: string | undefined;
}

/** Shows which patches would be applied, and why. */
export async function plan({ source, kernel, headers }: PlanRequest, context: Context): Promise<PlanDocument> {
  const read = await readVendorPackage(source, context);
  const planned =
    headers === undefined
      ? planPatches(read, kernel?.release && { requested: kernel.requested, release: kernel.release })
      : await (await import('../packaging/headers.js')).planForHeaders(read, headers, context);
  return {
    schema: 'mft-patch/plan@1',
    mft: planned.mft,
    kernel: { requested: planned.kernel?.requested ?? 'all', version: planned.kernel?.release.version ?? '' },
    patches: planned.choices.map(({ patch, selected, reason }) => ({
      id: patch.id,
      sha256: patch.sha256,
      status: selected ? 'selected' : 'not-selected',
      reason,
    })),
  };
}
