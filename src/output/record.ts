import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import type { PatchPlan } from '../packaging/prepare.js';

/** The name of a package's record. */
export function recordName(deb: string): string {
  return deb.replace(/\.deb$/, '.build.json');
}

/** The record of a build before anything is written or verified. @param unverified why it is not verified */
export function newRecord({ vendor, mft, kernel, maxKernel }: PatchPlan, patches: BuiltPatch[], unverified: string): BuildDocument {
  return {
    schema: 'mft-patch/build@1',
    mft,
    kernel: { requested: kernel?.requested ?? 'all', version: kernel?.release.version ?? '' },
    ...(maxKernel === undefined ? {} : { maxKernel }),
    input: {
      path: vendor.path,
      member: vendor.member,
      sha256: vendor.sha256,
      ...(vendor.bundleSha256 === undefined ? {} : { bundleSha256: vendor.bundleSha256 }),
      ...(vendor.userland === undefined ? {} : { userland: userlandPath(vendor.userland, vendor.bundleDirectory) }),
    },
    patches,
    artifacts: [],
    verification: { status: 'skipped', reason: unverified, kernels: [] },
  };
}

/** Where the vendor's tools are: a path inside the bundle, unless that is a directory. */
function userlandPath(member: string, directory: string | undefined): string {
  return directory === undefined ? member : `${directory.replace(/\/+$/, '')}/${member}`;
}

/** What a rebuild needs of a build's record. */
export interface BuildRecord extends Pick<BuildDocument, 'kernel' | 'maxKernel' | 'input' | 'patches'> {
  /** The package; `path` is where `build` wrote it, relative to where that ran. */
  artifact: BuildDocument['artifacts'][number] & { name: string };
  /** The names of what else was written. */
  others: string[];
}

/** A record has a few kilobytes; with the verdicts of a whole matrix, some more. */
const recordLimit = 4 * 1024 * 1024;

/**
 * Reads the record that `build` or `matrix` wrote. Records come from anywhere: every value is checked.
 * @throws usage if the file is not one
 */
export async function readRecord(path: string): Promise<BuildRecord> {
  try {
    return await parseRecord(JSON.parse(await readLimited(path)));
  } catch (error) {
    return fail(
      { code: 'usage', detail: `${path} is not a build record: ${messageOf(error)}`, hint: 'pass a .build.json of build or matrix' },
      error,
    );
  }
}

/** The verdicts that a record holds; none if there is no record, or it is not one. */
export async function recordedVerdicts(path: string): Promise<KernelVerdict[]> {
  try {
    return (await checked(JSON.parse(await readLimited(path)))).verification.kernels;
  } catch {
    return [];
  }
}

async function readLimited(path: string): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new TypeError('not a file');
  if (stats.size > recordLimit) throw new RangeError(`${stats.size} bytes; the limit is ${recordLimit}`);
  return readFile(path, 'utf8');
}

/** @throws TypeError naming the value that is wrong */
async function checked(value: unknown): Promise<BuildDocument> {
  const [{ safeParse }, { buildDocument }, { describe }] = await Promise.all([
    import('valibot'),
    import('../documents/build.js'),
    import('../system/data-file.js'),
  ]);
  const result = safeParse(buildDocument, value);
  if (!result.success) throw new TypeError(describe(result.issues[0]));
  return result.output;
}

/** @throws TypeError naming the value that is wrong */
async function parseRecord(value: unknown): Promise<BuildRecord> {
  const { kernel, maxKernel, input, patches, artifacts } = await checked(value);
  const [artifact, ...others] = artifacts.map((artifact) => ({ ...artifact, name: basename(artifact.path) }));
  if (artifact === undefined) throw new TypeError('no package in artifacts');
  if (!/^[\w.+~:-]+\.deb$/.test(artifact.name)) throw new TypeError('artifacts does not begin with a package');
  const limit = maxKernel === undefined ? {} : { maxKernel };
  return { kernel, ...limit, input, patches, artifact, others: others.map(({ name }) => name) };
}
