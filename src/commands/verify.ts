import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Context } from '../context.js';
import { loadTargets } from '../data.js';
import { controlFields, readDeb } from '../deb/deb.js';
import { explain, fail, MftPatchError, wordsOf } from '../errors.js';
import { parseKernelRelease } from '../kernels/release.js';
import { findTarget, nearestTargets, type Target } from '../kernels/target.js';
import { xz } from '../outside.js';
import { selectPatches } from '../patches/select.js';
import type { BuildDocument, VerifyDocument } from '../report/documents.js';
import { type EngineName, findEngine } from '../verify/engine.js';
import { verifyOn } from '../verify/verify.js';
import type { Prepared } from './prepare.js';

export interface VerifyOptions {
  /** Kernel releases or names of targets. */
  kernels: string[];
  engine?: EngineName;
}

/** Installs a package on one target after the other. */
export async function verify(path: string, options: VerifyOptions, context: Context): Promise<VerifyDocument> {
  const all = await loadTargets();
  const targets = [...new Set(options.kernels.map((wanted) => findTarget(wanted, all)))];
  const bytes = await readFile(path).catch((error) =>
    fail({ code: 'no-input', path, detail: wordsOf(error), hint: 'check the path' }, error),
  );
  // The engine is asked whether it is there while the package is read.
  const [deb, engine] = await Promise.all([readDeb(bytes, path, { xz }), findEngine(options.engine, context)]);
  controlFields(deb, path);
  const kernels = [];
  for (const target of targets) kernels.push(await verifyOn(engine, target, bytes, basename(path), context));
  return { schema: 'mft-patch/verify@1', package: path, kernels };
}

type Verification = BuildDocument['verification'];

/**
 * Verifies what `build` has made. What keeps it from being tried is an error with --verify, else a warning.
 */
export async function verifyBuilt(
  prepared: Prepared,
  bytes: Buffer,
  name: string,
  options: { verify?: boolean; engine?: EngineName },
  context: Context,
): Promise<Verification> {
  try {
    const { target, reason } = await targetFor(prepared);
    const engine = await findEngine(options.engine, context);
    if (reason !== undefined) context.warn(reason);
    const verdict = await verifyOn(engine, target, bytes, name, context);
    if (verdict.status === 'error')
      fail({ code: 'engine-failed', detail: verdict.reason ?? '', hint: 'the package is written, but not verified' });
    return { status: verdict.status === 'builds' ? 'passed' : 'failed', ...(reason === undefined ? {} : { reason }), kernels: [verdict] };
  } catch (error) {
    if (options.verify || !(error instanceof MftPatchError) || !['no-engine', 'engine-failed', 'no-target'].includes(error.failure.code))
      throw error;
    const { message, hint } = explain(error.failure);
    context.warn(`not verified: ${message}\n${hint}`);
    return { status: 'skipped', reason: message, kernels: [] };
  }
}

/** The target that carries the kernel, else the nearest one on which the same patches are chosen. */
async function targetFor({ requested, kernel, patches, mftNumber, choices }: Prepared): Promise<{ target: Target; reason?: string }> {
  const targets = await loadTargets();
  const exact =
    targets.find((target) => target.name === requested) ?? targets.find((target) => target.kernel === `${kernel.major}.${kernel.minor}`);
  if (exact) return { target: exact };
  const ids = (chosen: typeof choices) =>
    chosen
      .filter(({ selected }) => selected)
      .map(({ patch }) => patch.id)
      .join();
  const same = nearestTargets(kernel.version, targets).find(
    (target) => ids(selectPatches(patches, parseKernelRelease(target.kernel), mftNumber)) === ids(choices),
  );
  if (!same) return fail({ code: 'no-target', kernel: requested, targets: targets.map((target) => `${target.name} (${target.kernel})`) });
  return {
    target: same,
    reason: `no target carries ${requested}: verifying on ${same.name} (${same.kernel}), the nearest that takes the same patches`,
  };
}
