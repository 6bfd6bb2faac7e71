import type { ReleaseName } from '../bundle/releases.js';
import type { Source } from '../bundle/vendor-package.js';
import { loadPatches } from '../catalogue.js';
import type { Context } from '../context.js';
import { defaultPackage, packageField } from '../default-package.js';
import type { PlanDocument } from '../documents/index.js';
import type { Kernel } from '../kernels/resolve.js';
import { mftVersion, type PlannedKernel, type SeriesFor } from '../packaging/choose-patches.js';
import { planForKernel } from '../packaging/plan-for-kernel.js';
import { identityOf } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';

export interface PlanRequest {
  /** A release is not downloaded: its version says which patches it needs, as far as that is known without its source. */
  source: Source | ReleaseName;
  /** Undefined for all kernels. */
  kernel: Kernel | undefined;
}

/**
 * Shows which patches would be applied, and why. The patches are applied to a package in memory, so the answer is that of build.
 * @throws as build does, but for what concerns writing and verifying
 */
export async function plan({ source, kernel }: PlanRequest, context: Context): Promise<PlanDocument> {
  if (source.kind === 'release') {
    const patches = (await loadPatches(context)).filter(({ package: name }) => name === defaultPackage);
    const series = { name: defaultPackage, patches, ...mftVersion(source.release, '--mft') };
    const { kernel: planned, choices } = await planForKernel(series, kernel, context);
    return { ...documentOf(series, planned, 'versions'), patches: choices.map(fromVersions) };
  }
  const [read, { buildPackage }] = await Promise.all([
    import('../packaging/prepare.js').then(({ readVendorPackage }) => readVendorPackage(source, context)),
    import('../packaging/patched-package.js'),
  ]);
  const planned = await planForKernel(read, kernel, context);
  const { patches } = await buildPackage(planned);
  return {
    ...documentOf(read, planned.kernel, 'package'),
    patches: patches.map(({ status: result, ...patch }, index) => {
      return { ...patch, status: planned.choices[index]?.selected ? 'selected' : 'not-selected', result };
    }),
  };
}

function documentOf({ name, mft }: SeriesFor & { name: string }, kernel: PlannedKernel | undefined, basis: 'versions' | 'package') {
  return {
    schema: 'mft-patch/plan@1' as const,
    basis,
    ...packageField(name),
    mft,
    kernel: { requested: kernel?.requested ?? 'all', version: kernel?.release.version ?? '' },
  };
}

function fromVersions({ patch, selected, reason }: Choice): PlanDocument['patches'][number] {
  return { ...identityOf(patch), status: selected ? 'selected' : 'not-selected', reason };
}
