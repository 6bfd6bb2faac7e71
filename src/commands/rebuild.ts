import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { packSample } from '../bundle/sample.js';
import type { SourceOptions } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { loadSample, sampleNames } from '../catalogue.js';
import { differencesOf } from '../deb/compare.js';
import { readDeb } from '../deb/deb.js';
import { explain, fail, MftPatchError, wordsOf } from '../errors.js';
import { parseKernelRelease } from '../kernels/release.js';
import { xz } from '../system/xz.js';
import type { Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import type { RebuildDocument } from '../report/rebuild-text.js';
import { sha256 } from '../output/output-directory.js';
import { makePackage } from '../packaging/patched-package.js';
import { type ReadPackage, readPackage } from '../packaging/prepare.js';
import { type BuildRecord, readRecord } from '../output/record.js';

/**
 * Makes the package of a build's record again, in memory, and compares it with the record and with the package that lies
 * beside it; writes nothing.
 *
 * @param path the record
 * @param options where the input lies now; without, where the record says
 * @throws usage if it is no record, input failures, digest-mismatch if the input is not the record's
 */
export async function rebuild(path: string, options: SourceOptions, context: Context): Promise<RebuildDocument> {
  const record = await readRecord(path);
  const read = await readPackage({ ...(await sourceOf(record, path, options)), readOnly: true }, context);
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
    status: differences.length === 0 ? 'equal' : 'differs',
    differences,
    notRebuilt: record.others,
  };
}

type Difference = RebuildDocument['differences'][number];

/** The package with just the patches that the record says are inside. */
async function remake({ patches, kernel }: BuildRecord, read: ReadPackage): Promise<{ name: string; bytes: Buffer }> {
  const choices = patches.flatMap(({ id, isInside }): Choice[] => {
    const patch = read.patches.find((patch) => patch.id === id);
    return patch ? [{ patch, selected: isInside, reason: '' }] : [];
  });
  // A package for every kernel has none in its record.
  const release = kernel.version === '' ? undefined : parseKernelRelease(kernel.version);
  return makePackage({ ...read, kernel: release, requested: kernel.requested, choices });
}

/** What keeps a patch of the record from being put in again. One that is not inside the package does not matter. */
function changeOf({ id, sha256, isInside }: BuildRecord['patches'][number], series: readonly Patch[]): Difference[] {
  if (!isInside) return [];
  const now = series.find((patch) => patch.id === id);
  if (now === undefined) return [{ of: 'patches', what: `${id} is not in the series any more` }];
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
    const [file, made] = await Promise.all([readDeb(beside, name, { xz }), readDeb(rebuilt, name)]);
    return differencesOf(file, made).map((what) => ({ of: 'content', what }));
  } catch (error) {
    if (!(error instanceof MftPatchError)) throw error;
    return [{ of: 'content', what: explain(error.failure).message }];
  }
}

const debLimit = 32 * 1024 * 1024;

/** The package in the record's own folder, if one lies there. Nowhere else: the record's word for a path is not taken. */
async function packageBeside({ artifact }: BuildRecord, recordPath: string): Promise<Buffer | undefined> {
  const path = join(dirname(recordPath), artifact.name);
  const stats = await lstat(path).catch((error) => (error.code === 'ENOENT' ? undefined : unreadable(path, wordsOf(error))));
  if (stats === undefined) return undefined;
  if (!stats.isFile()) unreadable(path, 'is not a plain file');
  if (stats.size > debLimit) unreadable(path, `has ${stats.size} bytes, at most ${debLimit} are read`);
  return readFile(path).catch((error) => unreadable(path, wordsOf(error)));
}

function unreadable(path: string, detail: string): never {
  return fail({ code: 'no-input', path, detail, hint: 'put the package there, or move the record away from it' });
}

/** Where the input is to be had: what the user says, else what the record says. */
async function sourceOf({ input, artifact }: BuildRecord, recordPath: string, options: SourceOptions): Promise<SourceOptions> {
  if (options.bundle !== undefined || options.deb !== undefined || options.mft !== undefined || options.sample) return options;
  if (input.path.startsWith('sample:')) return { ...options, sample: await sampleOf(input.path) };
  if (/^https?:\/\//i.test(input.path))
    return { ...options, bundle: input.path, ...(input.bundleSha256 === undefined ? {} : { sha256: input.bundleSha256 }) };
  const path = await placeOf(input.path, artifact.path, recordPath);
  return { ...options, ...(input.member === '' ? { deb: path } : { bundle: path }) };
}

/**
 * A path of the record as it holds here. It is relative to where `build` ran, and so is the package's own path, which leads
 * back there from the record's folder.
 */
async function placeOf(input: string, artifact: string, recordPath: string): Promise<string> {
  const origin = resolve(dirname(recordPath), isAbsolute(artifact) ? '.' : relative(dirname(artifact), '.'));
  const places = [input, resolve(origin, input)];
  for (const place of places) if (await stat(place).catch(() => undefined)) return place;
  return fail({
    code: 'no-input',
    path: input,
    detail: 'there is no such file, from here or from where the record lies',
    hint: 'say where it is now, with --bundle or --deb',
  });
}

/** The generation of the sample whose bundle has this name. */
async function sampleOf(path: string): Promise<string> {
  for (const name of await sampleNames()) if (`sample:${packSample(await loadSample(name)).name}` === path) return name;
  return fail({ code: 'no-input', path, detail: 'there is no such sample any more' });
}
