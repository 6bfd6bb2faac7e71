/** The package, and the patches of the project and of one's own that a kernel gets. */
import type { Source } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Kernel } from '../kernels/resolve.js';
import { planForKernel } from '../packaging/plan-for-kernel.js';
import { type PatchPlan, readVendorPackage } from '../packaging/prepare.js';
import { sourcesOf } from '../packaging/sources.js';
import { type AppliedPatch, applyChoices } from './apply-series.js';
import { joinSeries, ownDirectories, readOwnSeries } from './own-series.js';

export interface SeriesRequest {
  source: Source;
  kernel: Kernel | undefined;
  /** Directories with series of one's own; undefined for ./patches, if there is a series. */
  directories: readonly string[] | undefined;
}

export interface AppliedSeries {
  plan: PatchPlan;
  /** The name and the version of the kernel. */
  kernel: { requested: string; version: string };
  /** The vendor's files as Latin-1, by path relative to the root of the dkms source. */
  sources: ReadonlyMap<string, string>;
  patches: AppliedPatch[];
  /** The directory of a patch of one's own. */
  directoryOf(id: string): string | undefined;
}

/** Reads the package and applies to it what the kernel gets. @throws usage without a kernel, what reading and choosing throw */
export async function applySeries(request: SeriesRequest, context: Context): Promise<AppliedSeries> {
  const { source, kernel, directories } = request;
  if (kernel === undefined)
    return fail({ code: 'usage', detail: 'missing --kernel', hint: 'pass the kernel whose patches are wanted, as in --kernel 6.1' });
  const [read, own] = await Promise.all([
    readVendorPackage(source, context),
    ownDirectories(directories).then((paths) => Promise.all(paths.map(readOwnSeries))),
  ]);
  const joined = (await joinSeries(read.patches, own)).filter(({ patch }) => patch.package === read.name);
  const series = { ...read, patches: joined.map(({ patch }) => patch) };
  const plan = await planForKernel(series, kernel, context);
  const sources = sourcesOf(read.deb, read.sourceRoot);
  return {
    plan,
    kernel: { requested: plan.kernel?.requested ?? '', version: plan.kernel?.release.version ?? '' },
    sources,
    patches: applyChoices(plan.choices, sources),
    directoryOf: (id) => joined.find(({ patch }) => patch.id === id)?.directory,
  };
}
