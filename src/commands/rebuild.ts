import { lstat, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageLimit } from '../bundle/find-package.js';
import type { SourceOptions } from '../bundle/vendor-package.js';
import { resolveSource } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { differencesOf } from '../deb/compare.js';
import { readDeb } from '../deb/deb.js';
import type { RebuildDocument } from '../documents/index.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { explain } from '../explain.js';
import { parseKernelRelease } from '../kernels/release.js';
import { type BuildRecord, readRecord } from '../output/record.js';
import { sourceOf } from '../output/recorded-input.js';
import { buildPackage } from '../packaging/patched-package.js';
import { readVendorPackage, type VendorPackage } from '../packaging/prepare.js';
import type { Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import { sha256 } from '../system/digest.js';
import { xz } from '../system/xz.js';
import { program } from '../verify/provenance.js';

/**
 * Rebuilds the package of a build's record, in memory, and compares it with the record and with the package next to it; writes
 * nothing.
 *
 * @param path the record
 * @param options where the input is now; without, where the record says
 * @throws usage if it is not a record, input failures, digest-mismatch if the input is not the record's
 */
export async function rebuild(path: string, options: SourceOptions, context: Context): Promise<RebuildDocument> {
  const record = await readRecord(path);
  const own = ownPatches(record);
  // The project's patches of the record must not be replaced by others.
  const data = own.length > 0 ? context : { ...context, own: { ...context.own, patches: [] } };
  if (own.length === 0 && context.own.patches.length > 0 && !options.fromFile?.includes('patches'))
    fail({ code: 'usage', detail: `--patches does not apply to ${path}: its patches are all of mft-patch`, hint: 'omit --patches' });
  const source = await resolveSource({ ...(await sourceOf(record, path, options)), ...packageOf(record), readOnly: true }, context);
  const read = await readVendorPackage(source, data);
  refuseMissing(own, read.patches, path);
  const { vendor } = read;
  if (vendor.sha256 !== record.input.sha256)
    fail({ code: 'digest-mismatch', path: vendor.path, algorithm: 'SHA-256', expected: record.input.sha256, actual: vendor.sha256 });
  const differences = record.patches.flatMap((patch) => changeOf(patch, read.patches));
  const rebuilt = differences.length > 0 ? undefined : await remake(record, read);
  const beside = await packageBeside(record, path);
  const { artifact } = record;
  if (rebuilt) {
    if (rebuilt.name !== artifact.name) differences.push({ of: 'package', what: `the name is ${rebuilt.name}` });
    differences.push(...unequal('package', rebuilt.bytes, artifact));
  }
  if (beside) {
    differences.push(...unequal('file', beside, artifact));
    if (rebuilt && !beside.equals(rebuilt.bytes)) differences.push(...(await contentDifferences(beside, rebuilt.bytes, artifact.name)));
  }
  return {
    schema: 'mft-patch/rebuild@1',
    record: path,
    input: { path: vendor.path, sha256: vendor.sha256 },
    artifact: { name: artifact.name, sha256: artifact.sha256, bytes: artifact.bytes },
    ...(rebuilt ? { rebuilt: { name: rebuilt.name, sha256: sha256(rebuilt.bytes), bytes: rebuilt.bytes.length } } : {}),
    ...(beside ? { beside: { path: join(dirname(path), artifact.name), sha256: sha256(beside), bytes: beside.length } } : {}),
    ...(await otherProgram(record)),
    status: differences.length === 0 ? 'equal' : 'differs',
    differences,
    notRebuilt: record.others,
  };
}

/** Where a bundle may have several packages, the record says which. */
function packageOf({ package: name }: BuildRecord): { package?: string } {
  return name === undefined ? {} : { package: name };
}

type Difference = RebuildDocument['differences'][number];

/** The program that the record is of, where it is not this one: another one may make another package. */
async function otherProgram({ program: then }: BuildRecord): Promise<Pick<RebuildDocument, 'recordedBy'>> {
  return then === undefined || then.sha256 === (await program()).sha256 ? {} : { recordedBy: then };
}

/** The package with just the patches that the record says are inside. */
async function remake({ patches, kernel, maxKernel, serial }: BuildRecord, read: VendorPackage): Promise<{ name: string; bytes: Buffer }> {
  const choices = patches.filter(matters).flatMap(({ id, status }): Choice[] => {
    const patch = read.patches.find((patch) => patch.id === id);
    return patch ? [{ patch, selected: status !== 'not-needed', reason: '' }] : [];
  });
  // A package for every kernel has none in its record.
  const { requested, version } = kernel;
  const planned = version === '' ? undefined : { requested, release: parseKernelRelease(version) };
  const rest = { ...(maxKernel === undefined ? {} : { maxKernel }), ...(serial === undefined ? {} : { serial }) };
  return buildPackage({ ...read, kernel: planned, choices, ...rest });
}

/** Whether a patch has a part in the package: it is inside, or dkms.conf guards against kernels that need it. */
function matters({ status, guard }: BuildRecord['patches'][number]): boolean {
  return status !== 'not-needed' || guard !== undefined;
}

/** The patches of a record that are not of the project, and have a part in the package. */
function ownPatches({ patches }: BuildRecord): BuildRecord['patches'] {
  return patches.filter((patch) => patch.origin !== undefined && matters(patch));
}

/** @throws no-input naming the directory whose patches are needed */
function refuseMissing(own: BuildRecord['patches'], series: readonly Patch[], path: string): void {
  const missing = own.filter(({ id }) => !series.some((patch) => patch.id === id && patch.from !== undefined));
  const [first] = missing;
  if (first?.origin === undefined) return;
  const ids = missing.flatMap(({ id, origin }) => (origin === first.origin ? [id] : [])).join(', ');
  const detail = `${missing.length === 1 ? 'patch' : 'patches'} ${ids} of the record ${missing.length === 1 ? 'is' : 'are'} from this directory`;
  fail({ code: 'no-input', path: first.origin, detail, hint: `pass it with --patches DIR; the path is relative to that of ${path}` });
}

/** What keeps a patch of the record from having the same part in the package again. */
function changeOf(recorded: BuildRecord['patches'][number], series: readonly Patch[]): Difference[] {
  if (!matters(recorded)) return [];
  const { id, sha256 } = recorded;
  const now = series.find((patch) => patch.id === id);
  if (now === undefined) return [{ of: 'patches', what: `${id} is no longer in the series` }];
  return now.sha256 === sha256 ? [] : [{ of: 'patches', what: `${id} has SHA-256 ${now.sha256} now, ${sha256} in the record` }];
}

function unequal(of: Difference['of'], bytes: Buffer, artifact: BuildRecord['artifact']): Difference[] {
  const actual = sha256(bytes);
  return [
    ...(bytes.length === artifact.bytes ? [] : [{ of, what: `${bytes.length} bytes, ${artifact.bytes} in the record` }]),
    ...(actual === artifact.sha256 ? [] : [{ of, what: `SHA-256 ${actual}, ${artifact.sha256} in the record` }]),
  ];
}

async function contentDifferences(beside: Buffer, rebuilt: Buffer, name: string): Promise<Difference[]> {
  try {
    const [file, made] = await Promise.all([readDeb(beside, name, xz), readDeb(rebuilt, name)]);
    return differencesOf(file, made).map((what) => ({ of: 'content', what }));
  } catch (error) {
    if (!(error instanceof MftPatchError)) throw error;
    return [{ of: 'content', what: explain(error.failure).message }];
  }
}

/** The package in the record's own directory, if there is one. Nowhere else: the record's word for a path is not taken. */
async function packageBeside({ artifact }: BuildRecord, recordPath: string): Promise<Buffer | undefined> {
  const path = join(dirname(recordPath), artifact.name);
  const stats = await lstat(path).catch((error) => (error.code === 'ENOENT' ? undefined : failBeside(path, messageOf(error))));
  if (stats === undefined) return undefined;
  if (!stats.isFile()) failBeside(path, 'is not a regular file');
  if (stats.size > packageLimit) failBeside(path, `is ${stats.size} bytes; the limit is ${packageLimit}`);
  return readFile(path).catch((error) => failBeside(path, messageOf(error)));
}

function failBeside(path: string, detail: string): never {
  return fail({ code: 'no-input', path, detail, hint: 'put the package next to the record, or move the record elsewhere' });
}
