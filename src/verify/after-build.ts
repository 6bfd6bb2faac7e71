import { release as runningRelease } from 'node:os';
import { loadTargets } from '../catalogue.js';
import { refuseOtherArch } from '../containers/arch.js';
import { type ContainerSettings, type Images, openImages } from '../containers/images.js';
import type { Context } from '../context.js';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../documents/index.js';
import { fail, MftPatchError } from '../errors.js';
import { explain } from '../explain.js';
import { parseKernelRelease } from '../kernels/release.js';
import { type Kernel, targetOf } from '../kernels/resolve.js';
import { nearestTargets, type Target, targetsFor } from '../kernels/target.js';
import { archOfPackage, dkmsConf, type PatchPlan } from '../packaging/prepare.js';
import { type Choice, selectPatches } from '../patches/select.js';
import { originOf } from './provenance.js';
import { type PackageFile, type Verification, verifyOn } from './verify.js';

type Result = BuildDocument['verification'];

/** What was built, and how it is verified. */
export interface BuiltPackage {
  plan: PatchPlan;
  deb: PackageFile;
  /** What became of each patch. */
  patches: readonly BuiltPatch[];
  /** The kernel that the user named, or the source; undefined for a package for all kernels. */
  kernel: Kernel | undefined;
  /** Whether it must be verified, and on that very kernel. */
  isRequired: boolean;
  settings: ContainerSettings;
  /** Told the modules, if it passes on the kernel that it was made for. */
  onModules?: Verification['onModules'];
}

/** What prevents a verification, but does not make the package that was built a bad one. */
const obstacles = ['no-engine', 'engine-failed', 'no-target', 'download-failed'];

/**
 * Verifies what `build` has made: on the kernel that it was made for or, unless that is required, on the nearest one that takes
 * the same patches. What prevents it is an error if it is required, else a warning.
 */
export async function verifyBuilt(built: BuiltPackage, context: Context): Promise<Result> {
  try {
    const { plan, kernel, settings } = built;
    const arch = archOfPackage(plan);
    const images = await openImages(settings, context, [arch, kernel?.target?.wanted?.arch]);
    if (arch) refuseOtherArch(images.engine, { what: plan.vendor.path, arch });
    // The nearest target would be of the wrong architecture, too.
    const wanted = kernel?.target?.wanted;
    if (wanted) refuseOtherArch(images.engine, { what: `kernel ${wanted.release}`, arch: wanted.arch });
    return await verifyNear(built, images, context);
  } catch (error) {
    if (built.isRequired || !isObstacle(error)) throw error;
    const { message, hint } = explain(error.failure);
    context.warn(`not verified: ${message}\n${hint}`);
    return { status: 'skipped', reason: message, kernels: [] };
  }
}

async function verifyNear(
  { plan, deb: file, patches, kernel, isRequired, onModules }: BuiltPackage,
  images: Images,
  context: Context,
): Promise<Result> {
  const deb = { ...file, origin: originOf(plan.kernel === undefined, patches) };
  const what = { images, deb, vendorConf: dkmsConf(plan), boot: false, ...(onModules ? { onModules } : {}) };
  const verify = async (target: Target, reason?: string) => resultOf(await verifyOn({ ...what, target }, context), reason);
  if (kernel === undefined) {
    const target = await nearestToHost(context);
    return verify(target, `verified on ${target.name} (${target.kernel}), the target closest to the running kernel`);
  }
  try {
    return await verify(targetOf(kernel, context));
  } catch (error) {
    if (isRequired || !isObstacle(error)) throw error;
    const nearest = await nearestWithSamePatches(plan, context);
    if (!nearest) throw error;
    const { message } = explain(error.failure);
    const where = `${nearest.name} (${nearest.kernel})`;
    const reason = `cannot verify on ${kernel.requested} here (${message}); verifying on ${where} instead, the closest kernel with the same patches`;
    context.warn(reason);
    return verify(nearest, reason);
  }
}

/** For a package for all kernels; `matrix` verifies it on all targets. */
async function nearestToHost(context: Context): Promise<Target> {
  const targets = await loadTargets(context);
  const tested = targets.filter(({ tried }) => tried.length > 0);
  const [target] = [...targetsFor(runningRelease(), tested), ...nearestTargets(runningRelease(), tested)];
  return target ?? fail({ code: 'no-target', kernel: runningRelease(), targets: targets.map(({ name }) => name) });
}

function isObstacle(error: unknown): error is MftPatchError {
  return error instanceof MftPatchError && obstacles.includes(error.failure.code);
}

/** @throws engine-failed if it could not be tested */
function resultOf(verdict: KernelVerdict, reason?: string): Result {
  if (verdict.status === 'error')
    fail({
      code: 'engine-failed',
      detail: verdict.reason ?? '',
      hint: 'fix that, then run mft-patch verify on the package: it was written but not verified',
    });
  return { status: verdict.status === 'builds' ? 'passed' : 'failed', ...(reason === undefined ? {} : { reason }), kernels: [verdict] };
}

/** The target nearest to the kernel, of those that our CI tests, on which the same patches are chosen. */
async function nearestWithSamePatches({ kernel, patches, mftNumber, choices }: PatchPlan, context: Context): Promise<Target | undefined> {
  if (kernel === undefined) return undefined;
  const idsOf = (chosen: readonly Choice[]) => chosen.flatMap(({ patch, selected }) => (selected ? [patch.id] : [])).join();
  const tested = (await loadTargets(context)).filter(({ name, tried }) => tried.length > 0 && name !== kernel.requested);
  return nearestTargets(kernel.release.version, tested).find(
    (target) => idsOf(selectPatches(patches, parseKernelRelease(target.kernel), mftNumber)) === idsOf(choices),
  );
}
