import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readSource } from '../bundle/read-source.js';
import { loadSample, sampleNames } from '../bundle/sample.js';
import { resolveSource } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { controlFields, type Deb, readDeb } from '../deb/deb.js';
import { diffDebs } from '../deb/diff.js';
import type { DiffDocument } from '../documents/index.js';
import { fail, failInput, MftPatchError } from '../errors.js';
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

/** @param path a .deb, or a bundle */
async function readPackage(path: string, context: Context): Promise<Package> {
  await stat(path).catch((error) => failInput(path, error, 'check the path'));
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
type Finder = (ours: Package['from'], offline: Context) => Promise<Package | undefined>;

/** Where the vendor's package of one of ours may be. */
const finders: [foundBy: Found['foundBy'], place: string, find: Finder][] = [
  ['record', 'the record beside it', byRecord],
  ['sample', 'the samples', bySample],
  ['cache', 'the cache', byRelease],
];

/** The vendor's package of one of ours. Nothing is downloaded for it. @throws usage, no-input */
async function findVendors({ from }: Package, context: Context): Promise<Found> {
  if (!isPatchedVersion(from.version)) {
    const hint = 'pass the package to compare it with as the second argument';
    return fail({ code: 'usage', detail: `${from.path} is not a package of mft-patch (version ${from.version})`, hint });
  }
  const wanted = vendorVersion(from.version);
  const reasons: string[] = [];
  for (const [foundBy, place, find] of finders) {
    try {
      const two = await find(from, { ...context, offline: true, warn: context.debug });
      if (two?.from.version === wanted) return { two, foundBy };
      reasons.push(`${place}: no package of version ${wanted}`);
    } catch (error) {
      if (!(error instanceof MftPatchError) || context.signal.aborted) throw error;
      reasons.push(`${place}: ${explain(error.failure).message}`);
    }
  }
  const hint = `pass it, or the bundle that it is in: mft-patch diff ${basename(from.path)} ${from.package}_${wanted}_all.deb`;
  return fail({ code: 'no-input', path: from.path, detail: `the vendor's package was not found (${reasons.join('; ')})`, hint });
}

async function byRecord({ path, sha256 }: Package['from'], context: Context): Promise<Package> {
  const place = recordName(path);
  const record = await readRecord(place);
  if (record.artifact.sha256 !== sha256) fail({ code: 'no-input', path: place, detail: 'is the record of other bytes' });
  const source = await resolveSource({ ...(await sourceOf(record, place, {})), readOnly: true }, context);
  const read = await readSource(source, context);
  if (read.sha256 !== record.input.sha256) fail({ code: 'no-input', path: read.path, detail: 'is not what the record was made from' });
  return packageOf(read);
}

async function bySample({ version }: Package['from'], context: Context): Promise<Package | undefined> {
  for (const name of await sampleNames()) {
    const control = (await loadSample(name)).get('DEBIAN/control')?.toString('utf8') ?? '';
    if (!control.split('\n').includes(`Version: ${vendorVersion(version)}`)) continue;
    return packageOf(await readSource({ kind: 'sample', layout: name }, context));
  }
  return undefined;
}

async function byRelease({ version }: Package['from'], context: Context): Promise<Package> {
  const source = await resolveSource({ mft: vendorVersion(version), readOnly: true }, context);
  return packageOf(await readSource(source, context));
}
