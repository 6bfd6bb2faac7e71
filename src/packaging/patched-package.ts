import { withChangelogEntry, withVersion } from '../deb/change.js';
import { type Deb, writeDeb } from '../deb/deb.js';
import type { BuiltPatch } from '../documents/index.js';
import type { Patch } from '../patches/patch.js';
import { sha256 } from '../system/digest.js';
import { addGuard, dropGuard } from './guard.js';
import type { PatchPlan } from './prepare.js';
import { sourcesOf } from './sources.js';

/** The patched package: its file name and bytes, and what became of each patch. @throws patch-does-not-apply, package-unfit */
export async function buildPackage(plan: PatchPlan): Promise<{ name: string; bytes: Buffer; patches: BuiltPatch[] }> {
  const { deb, patches, version } = await patchDeb(plan);
  // A file name leaves the epoch out.
  const name = `kernel-mft-dkms_${version.replace(/^\d+:/, '')}_${plan.architecture}.deb`;
  return { name, bytes: writeDeb(deb), patches };
}

/**
 * Puts the chosen patches into the package: applied one after the other, or in a package for all kernels beside the sources.
 * @throws patch-does-not-apply, package-unfit
 */
async function patchDeb(plan: PatchPlan): Promise<{ deb: Deb; patches: BuiltPatch[]; version: string }> {
  const vendor = dropGuard(plan);
  const { sourceRoot, choices, kernel } = plan;
  const isUniversal = kernel === undefined;
  const { addPatches } = isUniversal ? await import('./universal.js') : await import('./baked.js');
  const patched = addPatches({ ...plan, deb: vendor }, choices, sourcesOf(vendor, sourceRoot));
  const { deb: changed, words, byPatch, text: guard } = addGuard(patched.deb, plan, patched.patches);
  const { inside } = patched;
  const patches = patched.patches.map((patch) => ({ ...patch, ...(byPatch.has(patch.id) ? { guard: byPatch.get(patch.id) ?? '' } : {}) }));
  const version = patchedVersion(plan, inside, guard);
  if (version === plan.version) return { deb: changed, patches, version };
  const items = [
    ...(inside.length === 0
      ? [`No patch is needed for ${isUniversal ? 'any' : 'this'} kernel.`]
      : inside.map((patch) => `${patch.id}: ${patch.description.split('\n')[0]}.`)),
    ...words.map((kernels) => `dkms.conf: dkms does not build by itself for ${kernels}.`),
  ];
  const entry = {
    package: 'kernel-mft-dkms',
    version,
    items,
    maintainer: 'mft-patch <mft-patch@users.invalid>',
    date: lastUpdate(inside) ?? new Date(newestTime(vendor) * 1000),
  };
  return { deb: await withChangelogEntry(withVersion(changed, version), entry, plan.vendor.path), patches, version };
}

/**
 * The vendor's version with a suffix on its revision: the day of the newest patch inside, so that a changed patch sorts
 * higher, and a digest of all, so that packages with other patches have other versions. Never before the first `-`:
 * the vendor's postinst takes what is there for the name of the source directory.
 */
function patchedVersion({ version, kernel, maxKernel }: PatchPlan, inside: readonly Patch[], guard: string): string {
  const revision = version.replace(/\+mftpatch[\d.a-fk]*$/, '');
  const day = lastUpdate(inside)?.toISOString().slice(0, 10).replaceAll('-', '') ?? '0';
  if (inside.length === 0 && guard === '') return `${revision}+mftpatch${day}`;
  // A package that was proven for a later kernel sorts higher, too.
  const upTo = guard === '' || maxKernel === undefined ? '' : `.k${maxKernel}`;
  return `${revision}+mftpatch${day}${upTo}.${setDigest(inside, kernel === undefined, guard)}`;
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

/** Seven hex digits that stand for just these patches, for the way in which they are in the package, and for its guard. */
function setDigest(patches: readonly Patch[], isUniversal: boolean, guard: string): string {
  const parts = [...patches.map((patch) => patch.sha256), ...(isUniversal ? ['universal'] : []), ...(guard === '' ? [] : [guard])];
  return sha256(parts.join('\n')).slice(0, 7);
}
