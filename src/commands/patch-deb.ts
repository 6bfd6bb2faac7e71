import { createHash } from 'node:crypto';
import { withChangelogEntry, withFiles, withVersion } from '../deb/change.js';
import { type Deb, plainPath } from '../deb/deb.js';
import { fail } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import type { Patch } from '../patches/patch.js';
import type { BuiltPatch } from '../report/documents.js';
import type { Prepared } from './prepare.js';

/**
 * Applies the chosen patches one after the other to the package.
 * @throws patch-does-not-apply
 */
export async function patchDeb(prepared: Prepared): Promise<{ deb: Deb; patches: BuiltPatch[]; version: string }> {
  const { deb: vendor, sourceRoot, choices } = prepared;
  const files = new Map(
    vendor.data
      .filter((entry) => entry.type === 'file' && plainPath(entry).startsWith(sourceRoot))
      .map((entry) => [plainPath(entry).slice(sourceRoot.length), entry.body.toString('latin1')]),
  );
  const changed = new Map<string, Buffer>();
  const inside: Patch[] = [];
  const patches = choices.map(({ patch, selected, reason }): BuiltPatch => {
    const built = { id: patch.id, sha256: patch.sha256, reason };
    // In a package of ours a patch that this kernel does not need may be inside, and the version must go on saying so.
    const maybeInside = selected || prepared.version.includes('+mftpatch');
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
  const version = patchedVersion(prepared.version, inside);
  if (version === prepared.version) return { deb: withFiles(vendor, changed), patches, version };
  const items =
    inside.length === 0
      ? ['No patch is needed for this kernel.']
      : inside.map((patch) => `${patch.id}: ${patch.description.split('\n')[0]}.`);
  const entry = {
    package: 'kernel-mft-dkms',
    version,
    items,
    maintainer: 'mft-patch <mft-patch@users.invalid>',
    date: lastUpdate(inside) ?? new Date(newestTime(vendor) * 1000),
  };
  const deb = await withChangelogEntry(withFiles(withVersion(vendor, version), changed), entry, prepared.vendor.path);
  return { deb, patches, version };
}

/**
 * The vendor's version with a suffix on its revision: the day of the newest patch inside, so that a mended patch sorts
 * higher, and a digest of all, so that packages with other patches have other versions. Never before the first `-`:
 * the vendor's postinst takes what stands there for the name of the source folder.
 */
function patchedVersion(vendor: string, inside: readonly Patch[]): string {
  const revision = vendor.replace(/\+mftpatch[\d.a-f]*$/, '');
  const day = lastUpdate(inside)?.toISOString().slice(0, 10).replaceAll('-', '');
  if (day === undefined) return `${revision}+mftpatch0`;
  return `${revision}+mftpatch${day}.${setDigest(inside)}`;
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

/** Seven hex digits that stand for just these patches. */
function setDigest(patches: readonly Patch[]): string {
  const digest = createHash('sha256').update(patches.map((patch) => patch.sha256).join('\n'));
  return digest.digest('hex').slice(0, 7);
}
