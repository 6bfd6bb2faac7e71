import { basename } from 'node:path';
import { readSource } from '../bundle/read-source.js';
import { loadSample, sampleNames } from '../bundle/sample.js';
import { resolveSource } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { controlFields, type Deb, readDeb } from '../deb/deb.js';
import { diffDebs } from '../deb/diff.js';
import type { DiffDocument } from '../documents/index.js';
import { fail, MftPatchError } from '../errors.js';
import { explain } from '../explain.js';
import { readRecord, recordName } from '../output/record.js';
import { sourceOf } from '../output/recorded-input.js';
import { isPatchedVersion, vendorVersion } from '../packaging/version.js';
import { xz } from '../system/xz.js';

export interface DiffRequest {
  /** A package. */
  path: string;
  /** Another one, or a bundle with it; undefined for the vendor's package that the first was made from. */
  other: string | undefined;
  format: DiffDocument['format'];
  /** Whether differences are an exit code. */
  exitCode: boolean;
}

interface Package extends Pick<DiffDocument, 'from'> {
  deb: Deb;
}

/**
 * Shows what a package of ours changes against the vendor's, or one package against another: from the vendor's to ours in whatever
 * order they are named, else from the first to the second.
 *
 * @throws input failures; no-input if the vendor's package is not found
 */
export async function diff({ path, other, format, exitCode }: DiffRequest, context: Context): Promise<DiffDocument> {
  const one = await readPackage(path, context);
  const { two, foundBy } =
    other === undefined ? await findVendors(one, context) : { two: await readPackage(other, context), foundBy: 'argument' as const };
  const [isOurs, isOther] = [one, two].map(({ from }) => isPatchedVersion(from.version));
  const [before, after] = isOurs && !isOther ? [two, one] : [one, two];
  const files = await diffDebs(before.deb, after.deb);
  const sum = (count: 'insertions' | 'deletions') => files.reduce((total, file) => total + file[count], 0);
  return {
    schema: 'mft-patch/diff@1',
    from: before.from,
    to: after.from,
    foundBy,
    status: files.length === 0 ? 'same' : 'differs',
    format,
    exitCode,
    insertions: sum('insertions'),
    deletions: sum('deletions'),
    files,
  };
}

/** @param path a .deb, or a bundle with a kernel-mft-dkms package in it */
async function readPackage(path: string, context: Context): Promise<Package> {
  const source = await resolveSource({ readOnly: true, ...(path.endsWith('.deb') ? { deb: path } : { bundle: path }) }, context);
  const { bytes, sha256, member } = await readSource(source, context);
  return packageOf({ path: member === '' ? path : `${path}: ${member}`, bytes, sha256 });
}

async function packageOf({ path, bytes, sha256 }: { path: string; bytes: Buffer; sha256: string }): Promise<Package> {
  const deb = await readDeb(bytes, path, xz);
  const fields = controlFields(deb, path);
  return { deb, from: { path, package: fields.get('package') ?? '', version: fields.get('version') ?? '', sha256 } };
}

type Found = { two: Package; foundBy: DiffDocument['foundBy'] };

/** The vendor's package of one of ours: by its record, among the samples, or in the cache. Nothing is downloaded for it. */
async function findVendors({ from }: Package, context: Context): Promise<Found> {
  if (!isPatchedVersion(from.version)) {
    const hint = 'pass the package to compare it with as the second argument';
    return fail({ code: 'usage', detail: `${from.path} is not a package of mft-patch (version ${from.version})`, hint });
  }
  const places: [Found['foundBy'], string, () => Promise<Package | undefined>][] = [
    ['record', 'the record beside it', () => byRecord(from)],
    ['sample', 'the samples', () => bySample(from.version, context)],
    ['cache', 'the cache', () => byRelease(from.version)],
  ];
  const offline = { ...context, offline: true, warn: context.debug };
  async function byRecord({ path, sha256 }: Package['from']): Promise<Package> {
    const record = await readRecord(recordName(path));
    if (record.artifact.sha256 !== sha256) fail({ code: 'no-input', path: recordName(path), detail: 'is the record of other bytes' });
    const read = await readSource(
      await resolveSource({ ...(await sourceOf(record, recordName(path), {})), readOnly: true }, offline),
      offline,
    );
    if (read.sha256 !== record.input.sha256) fail({ code: 'no-input', path: read.path, detail: 'is not what the record was made from' });
    return packageOf(read);
  }
  async function byRelease(version: string): Promise<Package> {
    const source = await resolveSource({ mft: vendorVersion(version), readOnly: true }, offline);
    return packageOf(await readSource(source, offline));
  }
  const reasons: string[] = [];
  for (const [foundBy, place, find] of places) {
    try {
      const two = await find();
      if (two?.from.version === vendorVersion(from.version)) return { two, foundBy };
      reasons.push(`${place}: no package of version ${vendorVersion(from.version)}`);
    } catch (error) {
      if (!(error instanceof MftPatchError) || context.signal.aborted) throw error;
      reasons.push(`${place}: ${explain(error.failure).message}`);
    }
  }
  const file = `${from.package}_${vendorVersion(from.version)}_all.deb`;
  const hint = `pass it, or the bundle that it is in: mft-patch diff ${basename(from.path)} ${file}`;
  return fail({ code: 'no-input', path: from.path, detail: `the vendor's package was not found (${reasons.join('; ')})`, hint });
}

async function bySample(version: string, context: Context): Promise<Package | undefined> {
  for (const name of await sampleNames()) {
    const control = (await loadSample(name)).get('DEBIAN/control')?.toString('utf8') ?? '';
    if (!control.split('\n').includes(`Version: ${vendorVersion(version)}`)) continue;
    const read = await readSource({ kind: 'sample', layout: name }, context);
    return packageOf(read);
  }
  return undefined;
}
