import { createHash } from 'node:crypto';
import { withChangelogEntry, withFiles, withVersion } from '../deb/change.js';
import { type Deb, plainPath, writeDeb } from '../deb/deb.js';
import { fail } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { isExtended } from '../patches/dkms-conf.js';
import type { Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import type { BuiltPatch } from '../documents.js';
import type { Prepared, ReadPackage } from './prepare.js';

/** The patched package: its file name and bytes, and what became of each patch. @throws patch-does-not-apply */
export async function makePackage(prepared: Prepared): Promise<{ name: string; bytes: Buffer; patches: BuiltPatch[] }> {
  const { deb, patches, version } = await patchDeb(prepared);
  // A file name leaves the epoch out.
  const name = `kernel-mft-dkms_${version.replace(/^\d+:/, '')}_${prepared.architecture}.deb`;
  return { name, bytes: writeDeb(deb), patches };
}

/**
 * Puts the chosen patches into the package: applied one after the other, or in a universal one beside the sources.
 * @throws patch-does-not-apply, package-unfit
 */
async function patchDeb(prepared: Prepared): Promise<{ deb: Deb; patches: BuiltPatch[]; version: string }> {
  const { deb: vendor, sourceRoot, choices, kernel } = prepared;
  const files = new Map(
    vendor.data
      .filter((entry) => entry.type === 'file' && plainPath(entry).startsWith(sourceRoot))
      .map((entry) => [plainPath(entry).slice(sourceRoot.length), entry.body.toString('latin1')]),
  );
  const isUniversal = kernel === undefined;
  const { addPatches } = isUniversal ? await import('./universal.js') : { addPatches: applyPatches };
  const { deb: changed, inside, patches } = addPatches(prepared, choices, files);
  const version = patchedVersion(prepared.version, inside, isUniversal);
  if (version === prepared.version) return { deb: changed, patches, version };
  const items =
    inside.length === 0
      ? [`No patch is needed for ${isUniversal ? 'any' : 'this'} kernel.`]
      : inside.map((patch) => `${patch.id}: ${patch.description.split('\n')[0]}.`);
  const entry = {
    package: 'kernel-mft-dkms',
    version,
    items,
    maintainer: 'mft-patch <mft-patch@users.invalid>',
    date: lastUpdate(inside) ?? new Date(newestTime(vendor) * 1000),
  };
  return { deb: await withChangelogEntry(withVersion(changed, version), entry, prepared.vendor.path), patches, version };
}

/** The package with the patches baked into its sources. @throws patch-does-not-apply */
function applyPatches(
  { deb, sourceRoot, version, vendor }: ReadPackage,
  choices: readonly Choice[],
  original: ReadonlyMap<string, string>,
) {
  if (isExtended(original.get('dkms.conf') ?? '')) {
    const hint = "give the vendor's package: dkms would apply the patches a second time";
    fail({ code: 'package-unfit', path: vendor.path, detail: 'is a universal package of ours', hint });
  }
  const files = new Map(original);
  const changed = new Map<string, Buffer>();
  const inside: Patch[] = [];
  const patches = choices.map(({ patch, selected, reason }): BuiltPatch => {
    const built = { id: patch.id, sha256: patch.sha256, reason };
    // In a package of ours a patch that this kernel does not need may be inside, and the version must go on saying so.
    const maybeInside = selected || version.includes('+mftpatch');
    const result = maybeInside ? applyPatch(patch, files) : undefined;
    if (result === undefined || (!selected && result.status !== 'already-applied')) return { ...built, status: 'not-needed', hunks: [] };
    if (result.status === 'failed') fail({ code: 'patch-does-not-apply', patch: patch.id, hunks: result.hunks });
    if (result.status === 'not-needed') return { ...built, status: 'not-needed', reason: `${reason}, but ${result.reason}`, hunks: [] };
    inside.push(patch);
    if (result.status === 'applied') {
      for (const [path, text] of result.contents) {
        files.set(path, text);
        changed.set(sourceRoot + path, Buffer.from(text, 'latin1'));
      }
    }
    return { ...built, status: result.status, hunks: result.hunks };
  });
  return { deb: withFiles(deb, changed), inside, patches };
}

/**
 * The vendor's version with a suffix on its revision: the day of the newest patch inside, so that a mended patch sorts
 * higher, and a digest of all, so that packages with other patches have other versions. Never before the first `-`:
 * the vendor's postinst takes what stands there for the name of the source folder.
 */
function patchedVersion(vendor: string, inside: readonly Patch[], isUniversal: boolean): string {
  const revision = vendor.replace(/\+mftpatch[\d.a-f]*$/, '');
  const day = lastUpdate(inside)?.toISOString().slice(0, 10).replaceAll('-', '');
  if (day === undefined) return `${revision}+mftpatch0`;
  return `${revision}+mftpatch${day}.${setDigest(inside, isUniversal)}`;
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

/** Seven hex digits that stand for just these patches, and for the way in which they are in the package. */
function setDigest(patches: readonly Patch[], isUniversal: boolean): string {
  const parts = [...patches.map((patch) => patch.sha256), ...(isUniversal ? ['universal'] : [])];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 7);
}
