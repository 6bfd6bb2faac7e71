import { readFile } from 'node:fs/promises';
import { release as runningRelease } from 'node:os';
import { basename } from 'node:path';
import type { Context } from '../context.js';
import { loadTargets } from '../catalogue.js';
import { controlFields, readDeb } from '../deb/deb.js';
import { explain, fail, MftPatchError, wordsOf } from '../errors.js';
import { parseKernelRelease } from '../kernels/release.js';
import { nearestTargets, type Target, targetsFor } from '../kernels/target.js';
import { xz } from '../system/xz.js';
import { selectPatches } from '../patches/select.js';
import type { BuildDocument, KernelVerdict, VerifyDocument } from '../documents.js';
import { type EngineName, findEngine } from '../containers/engine.js';
import { type EngineOptions, Images } from '../containers/images.js';
import { type Candidate, verifyOn } from '../verify/verify.js';
import type { Prepared } from '../packaging/prepare.js';
import { type KernelOptions, wantedTarget } from '../kernels/resolve.js';

/** Which engine, and how it makes images and runs them. */
export interface EngineUse extends EngineOptions {
  engine?: EngineName;
}

export interface VerifyOptions extends EngineUse, KernelOptions {
  /** Kernel releases or names of targets. */
  kernels?: string[];
  /** Load the modules on the booted kernel, too. */
  boot?: boolean;
}

/** The engine that is there, with its images. @throws no-engine */
export async function openImages(options: EngineUse, context: Context): Promise<Images> {
  const { bootstrap, aptMirror, timeout, memory, processes, disk } = options;
  if (aptMirror !== undefined && !/^(https?|file):\/\/\S+$/.test(aptMirror)) {
    fail({
      code: 'usage',
      detail: `'${aptMirror}' is no archive`,
      hint: 'give the URL of a Debian or Ubuntu archive, as it stands in sources.list',
    });
  }
  const choices = { ...(bootstrap ? { bootstrap } : {}), ...(aptMirror === undefined ? {} : { aptMirror }) };
  return new Images(await findEngine(options.engine, context), { ...choices, timeout, memory, processes, disk });
}

/** The targets that a list of wishes means, each once, and that of --kernel-source. */
export async function wantedTargets(wishes: readonly string[], options: KernelOptions, context: Context): Promise<Target[]> {
  const all = await loadTargets();
  const isSource = options.kernelSource !== undefined;
  const targets: Target[] = [];
  if (isSource) targets.push(await wantedTarget(wishes.length === 1 ? wishes[0] : undefined, options, all, context));
  else for (const wish of wishes.length > 0 ? wishes : [undefined]) targets.push(await wantedTarget(wish, options, all, context));
  return targets.filter(({ name }, index) => targets.findIndex((target) => target.name === name) === index);
}

/** Installs a package on one target after the other. */
export async function verify(path: string, options: VerifyOptions, context: Context): Promise<VerifyDocument> {
  const targets = await wantedTargets(options.kernels ?? [], options, context);
  const bytes = await readFile(path).catch((error) =>
    fail({ code: 'no-input', path, detail: wordsOf(error), hint: 'check the path' }, error),
  );
  // The engine is asked whether it is there while the package is read.
  const [deb, images] = await Promise.all([readDeb(bytes, path, { xz }), openImages(options, context)]);
  controlFields(deb, path);
  const kernels = [];
  for (const target of targets)
    kernels.push(await verifyOn(images, target, { name: basename(path), bytes }, options.boot ?? false, context));
  return { schema: 'mft-patch/verify@1', package: path, kernels };
}

type Verification = BuildDocument['verification'];
/** What keeps a verification from being tried, but does not make the package that was built a bad one. */
const obstacles = ['no-engine', 'engine-failed', 'no-target', 'download-failed'];

/**
 * Verifies what `build` has made: on the kernel that it was made for or, unless --verify insists on it, on the nearest
 * one that takes the same patches. What keeps it from being tried is an error with --verify, else a warning.
 */
export async function verifyBuilt(
  prepared: Prepared,
  deb: Candidate,
  options: EngineUse & KernelOptions & { verify?: boolean },
  context: Context,
): Promise<Verification> {
  try {
    const images = await openImages(options, context);
    try {
      if (prepared.kernel === undefined && options.kernelSource === undefined) return await verifyUniversal(images, deb, context);
      const wanted = prepared.kernel === undefined ? undefined : prepared.requested;
      const target = await wantedTarget(wanted, options, await loadTargets(), context);
      return verificationOf(await verifyOn(images, target, deb, false, context));
    } catch (error) {
      if (options.verify || !isObstacle(error)) throw error;
      const nearest = await nearestKin(prepared);
      if (!nearest) throw error;
      const { message } = explain(error.failure);
      const reason = `${prepared.requested} cannot be tried here (${message}): verifying on ${nearest.name} (${nearest.kernel}), the nearest that takes the same patches`;
      context.warn(reason);
      return verificationOf(await verifyOn(images, nearest, deb, false, context), reason);
    }
  } catch (error) {
    if (options.verify || !isObstacle(error)) throw error;
    const { message, hint } = explain(error.failure);
    context.warn(`not verified: ${message}\n${hint}`);
    return { status: 'skipped', reason: message, kernels: [] };
  }
}

/** A package for every kernel is verified on the target nearest to the running one; `matrix --universal` tries them all. */
async function verifyUniversal(images: Images, deb: Candidate, context: Context): Promise<Verification> {
  const targets = await loadTargets();
  const tried = targets.filter(({ tried }) => tried.length > 0);
  const [target] = [...targetsFor(runningRelease(), tried), ...nearestTargets(runningRelease(), tried)];
  if (!target) return fail({ code: 'no-target', kernel: runningRelease(), targets: targets.map(({ name }) => name) });
  const reason = `tried on ${target.name} (${target.kernel}), the target nearest to the running kernel`;
  return verificationOf(await verifyOn(images, target, deb, false, context), reason);
}

function isObstacle(error: unknown): error is MftPatchError {
  return error instanceof MftPatchError && obstacles.includes(error.failure.code);
}

/** @throws engine-failed if it could not be tried */
function verificationOf(verdict: KernelVerdict, reason?: string): Verification {
  if (verdict.status === 'error')
    fail({ code: 'engine-failed', detail: verdict.reason ?? '', hint: 'the package is written, but not verified' });
  return { status: verdict.status === 'builds' ? 'passed' : 'failed', ...(reason === undefined ? {} : { reason }), kernels: [verdict] };
}

/** The target nearest to the kernel, of those that our CI tries, on which the same patches are chosen. */
async function nearestKin({ requested, kernel, patches, mftNumber, choices }: Prepared): Promise<Target | undefined> {
  if (kernel === undefined) return undefined;
  const ids = (chosen: typeof choices) =>
    chosen
      .filter(({ selected }) => selected)
      .map(({ patch }) => patch.id)
      .join();
  const tried = (await loadTargets()).filter(({ name, tried }) => tried.length > 0 && name !== requested);
  return nearestTargets(kernel.version, tried).find(
    (target) => ids(selectPatches(patches, parseKernelRelease(target.kernel), mftNumber)) === ids(choices),
  );
}
