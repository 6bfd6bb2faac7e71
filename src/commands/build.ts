import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { withChangelogEntry, withFiles, withVersion } from '../deb/change.js';
import { controlFields, type Deb, plainPath, writeDeb } from '../deb/deb.js';
import { fail } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import type { Patch } from '../patches/patch.js';
import type { BuildDocument, BuiltPatch } from '../report/documents.js';
import type { EngineName } from '../verify/engine.js';
import { makeFolder, noteSum, writeWhole } from './artifacts.js';
import { type Prepared, type PrepareOptions, prepare } from './prepare.js';

export interface BuildOptions extends PrepareOptions {
  /** The folder for what comes out. */
  out: string;
  /** true: must be verified; false: must not; undefined: if an engine is there. */
  verify?: boolean;
  engine?: EngineName;
}

/** Reads, patches and writes the package, then verifies it. */
export async function build(options: BuildOptions, context: Context): Promise<BuildDocument> {
  const prepared = await prepare(options, context);
  const { deb, patches, version } = await patchDeb(prepared);
  const bytes = await writeDeb(deb);
  context.signal.throwIfAborted();
  const name = `kernel-mft-dkms_${version.replace(/^\d+:/, '')}_${controlFields(deb, prepared.vendor.path).get('architecture')}.deb`;
  const path = join(options.out, name);
  const { vendor, mft, kernel, requested } = prepared;
  const document: BuildDocument = {
    schema: 'mft-patch/build@1',
    mft,
    kernel: { requested, version: kernel.version },
    input: {
      path: vendor.path,
      member: vendor.member,
      sha256: vendor.sha256,
      ...(vendor.bundleSha256 === undefined ? {} : { bundleSha256: vendor.bundleSha256 }),
    },
    patches,
    artifacts: [{ path, sha256: sha256(bytes), bytes: bytes.length }],
    verification: { status: 'skipped', reason: 'not done yet', kernels: [] },
  };
  await writeArtifacts(options.out, name, bytes, document);
  if (options.verify === false) return finish(options.out, name, document, { status: 'skipped', reason: '--no-verify', kernels: [] });
  const { verifyBuilt } = await import('./verify.js');
  return finish(options.out, name, document, await verifyBuilt(prepared, bytes, name, options, context));
}

/** The package, its record, and then its sum: who sees the sum sees all three whole. */
async function writeArtifacts(out: string, name: string, bytes: Buffer, document: BuildDocument): Promise<void> {
  const made = await makeFolder(out);
  try {
    await writeWhole(join(out, name), bytes);
    await writeWhole(recordPath(out, name), `${JSON.stringify(document, null, 2)}\n`);
    await noteSum(out, name, sha256(bytes));
  } catch (error) {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function finish(
  out: string,
  name: string,
  document: BuildDocument,
  verification: BuildDocument['verification'],
): Promise<BuildDocument> {
  const finished = { ...document, verification };
  await writeWhole(recordPath(out, name), `${JSON.stringify(finished, null, 2)}\n`);
  return finished;
}

function recordPath(out: string, name: string): string {
  return join(out, name.replace(/\.deb$/, '.build.json'));
}

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
    if (!selected) return { ...built, status: 'not-needed', hunks: [] };
    const result = applyPatch(patch, files);
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
  return `${revision}+mftpatch${day}.${sha256(inside.map((patch) => patch.sha256).join('\n')).slice(0, 7)}`;
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

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
