import { withChangelogEntry, withVersion } from '../deb/change.js';
import { type Deb, writeDeb } from '../deb/deb.js';
import type { BuiltPatch } from '../documents/index.js';
import type { Patch } from '../patches/patch.js';
import { sha256 } from '../system/digest.js';
import { addGuard } from './guard.js';
import { maintainer } from './maintainer.js';
import type { PatchPlan } from './prepare.js';
import { sourcesOf } from './sources.js';
import { patchedVersion } from './version.js';

/** The patched package: its file name and bytes, and what became of each patch. @throws patch-does-not-apply, package-unfit */
export async function buildPackage(plan: PatchPlan): Promise<{ name: string; bytes: Buffer; patches: BuiltPatch[] }> {
  const { deb, patches, version } = await patchDeb(plan);
  // A file name leaves the epoch out.
  const name = `${plan.name}_${version.replace(/^\d+:/, '')}_${plan.architecture}.deb`;
  return { name, bytes: writeDeb(deb), patches };
}

/**
 * Puts the chosen patches into the package: applied one after the other, or in a package for all kernels beside the sources.
 * @throws patch-does-not-apply, package-unfit
 */
async function patchDeb(plan: PatchPlan): Promise<{ deb: Deb; patches: BuiltPatch[]; version: string }> {
  const { deb: vendor, sourceRoot, choices, kernel } = plan;
  const { addPatches } = kernel === undefined ? await import('./universal.js') : await import('./baked.js');
  const patched = addPatches(plan, choices, sourcesOf(vendor, sourceRoot));
  const guarded = addGuard(patched.deb, plan, patched.patches);
  const { inside } = patched;
  const patches = patched.patches.map((patch) => {
    const guard = guarded.byPatch.get(patch.id);
    return { ...patch, ...(guard === undefined ? {} : { guard }) };
  });
  const version = patchedVersion(plan, guarded.labels, contentDigest(plan, guarded.deb));
  const entry = {
    package: plan.name,
    version,
    items: [
      kindWords(plan, [...guarded.byPatch.values()]),
      ...(inside.length === 0 ? ['No patch is needed.'] : []),
      ...inside.map((patch) => `${patch.id}${whose(patch)}: ${patch.description.split('\n')[0]}.`),
      ...guarded.words.map((kernels) => `dkms.conf: dkms does not build by itself for ${kernels}.`),
    ],
    maintainer,
    date: lastUpdate(inside) ?? new Date(newestTime(vendor) * 1000),
  };
  return { deb: await withChangelogEntry(withVersion(guarded.deb, version), entry, plan.vendor.path), patches, version };
}

/**
 * What kind of package it is, and for which kernels. The kernel that was named is not in it: packages for kernels that need the
 * same patches have the same bytes.
 */
function kindWords({ kernel }: PatchPlan, others: readonly string[]): string {
  if (kernel === undefined) return 'Universal package, for every kernel: dkms applies the patches when it builds.';
  const left = others.length === 0 ? 'for every kernel' : `not for ${others.join(', nor for ')}`;
  return `Baked package, ${left}: the patches are applied to the sources.`;
}

/**
 * Whose patch it is, where not the project's. The name of its directory is not in it: the same patches must give the same bytes
 * wherever they are; the record names the directory.
 */
function whose({ from }: Patch): string {
  return from === undefined ? '' : ' (an own patch, not of mft-patch)';
}

function lastUpdate(patches: readonly Patch[]): Date | undefined {
  const day = patches
    .map((patch) => patch.lastUpdate)
    .sort()
    .at(-1);
  return day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
}

/** Seconds since 1970 of the newest file: the package's own idea of its day. */
function newestTime(deb: Deb): number {
  return deb.data.reduce((newest, entry) => Math.max(newest, entry.mtime), 0);
}

/** Stands for the content: for the vendor's package, the kind of ours, and every entry but for what the version itself changes. */
function contentDigest({ vendor, kernel }: PatchPlan, { control, data }: Deb): string {
  const entries = [...control, ...data].flatMap(({ head, body }) => [sha256(head), sha256(body)]);
  return sha256([vendor.sha256, kernel === undefined ? 'universal' : 'baked', ...entries].join('\n')).slice(0, 7);
}
