import { withFiles } from '../deb/change.js';
import type { Deb } from '../deb/deb.js';
import type { BuiltPatch } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { type Bound, boundAfter, boundOf, withGuard } from '../patches/guard.js';
import type { Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import type { PatchPlan } from './prepare.js';
import { sourcesOf } from './sources.js';

/** A package in which dkms leaves out the kernels that it would fail on. */
export interface Guarded {
  deb: Deb;
  /** Which kernels those are. */
  words: string[];
  /** Which kernels are left, as the package's version says it. */
  labels: string[];
  /** By patch, which of them are left out because of it. */
  byPatch: Map<string, string>;
}

/**
 * Adds the guard: against kernels after --max-kernel, and in a package for one kernel always against those that need other
 * patches.
 *
 * @param deb the patched package
 * @param patches what became of each patch
 * @throws package-unfit if its dkms.conf cannot be extended
 */
export function addGuard(deb: Deb, plan: PatchPlan, patches: readonly BuiltPatch[]): Guarded {
  const { kernel, maxKernel, sourceRoot, vendor } = plan;
  const files = sourcesOf(deb, sourceRoot);
  const ofPatches = kernel === undefined ? [] : boundsOfPatches(plan, patches, files);
  const bounds = [...ofPatches.map(({ bound }) => bound), ...(maxKernel === undefined ? [] : [boundAfter(maxKernel)])];
  const conf = files.get('dkms.conf') ?? '';
  try {
    const guarded = withGuard(conf, bounds, sourceName(sourceRoot));
    if (guarded === conf) return { deb, words: [], labels: [], byPatch: new Map() };
    return {
      deb: withConf(deb, sourceRoot, guarded),
      words: bounds.map(({ words }) => words),
      labels: [...new Set(bounds.map(({ label }) => label))],
      byPatch: new Map(ofPatches.map(({ id, bound }) => [id, bound.words])),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const hint = kernel === undefined ? 'leave out --max-kernel' : 'leave out --kernel: dkms then patches for each kernel';
    return fail({ code: 'package-unfit', path: vendor.path, detail: messageOf(error), hint }, error);
  }
}

function withConf(deb: Deb, sourceRoot: string, conf: string): Deb {
  return withFiles(deb, new Map([[`${sourceRoot}dkms.conf`, Buffer.from(conf, 'latin1')]]));
}

function boundsOfPatches(
  { choices, mftNumber }: PatchPlan,
  patches: readonly BuiltPatch[],
  files: ReadonlyMap<string, string>,
): { id: string; bound: Bound }[] {
  const inside = new Set(patches.filter(({ status }) => status !== 'not-needed').map(({ id }) => id));
  return choices.flatMap(({ patch, selected }: Choice) => {
    const isInside = inside.has(patch.id);
    const isConcerned = isInside || (!selected && patch.mft.test(mftNumber) && hasFault(patch, files));
    const bound = isConcerned ? boundOf(patch, isInside) : undefined;
    return bound ? [{ id: patch.id, bound }] : [];
  });
}

/** Whether a kernel that needs the patch needs it for these sources. */
function hasFault(patch: Patch, files: ReadonlyMap<string, string>): boolean {
  const { status } = applyPatch(patch, files);
  // Where it fails for its place or context the fault is there; sources without the files are of another generation.
  return status === 'applied' || (status === 'failed' && patch.changes.every(({ path }) => files.has(path)));
}

/** NAME/VERSION of a dkms source by its directory, as dkms takes them. */
function sourceName(sourceRoot: string): string {
  const [, name, version] = /^usr\/src\/([\w.+~-]+)-([\w.+~]+)\/$/.exec(sourceRoot) ?? [];
  return name === undefined ? 'NAME/VERSION' : `${name}/${version}`;
}
