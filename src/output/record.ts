import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { defaultPackage, packageField } from '../default-package.js';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import type { PatchPlan } from '../packaging/prepare.js';
import { libraryDigests } from '../system/libraries.js';
import { program } from '../verify/provenance.js';

/** The name of a package's record. */
export function recordName(deb: string): string {
  return deb.replace(/\.deb$/, '.build.json');
}

/** What `build` reports before anything is written or verified. @param unverified why it is not verified */
export async function newRecord(plan: PatchPlan, patches: BuiltPatch[], unverified: string): Promise<BuildDocument> {
  const { name, vendor, mft, kernel, maxKernel, serial } = plan;
  const hold = name === defaultPackage ? laterVersion(mft) : undefined;
  const [ownProgram, libraries] = await Promise.all([program(), libraryDigests()]);
  return {
    schema: 'mft-patch/build@1',
    program: ownProgram,
    libraries,
    ...packageField(name),
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
    serial,
    patches,
    ...(hold === undefined ? {} : { hold }),
    artifacts: [],
    verification: { status: 'skipped', reason: unverified, kernels: [] },
  };
}

/** Where the vendor's tools are: a path inside the bundle, unless that is a directory. */
function userlandPath(member: string, directory: string | undefined): string {
  return directory === undefined ? member : `${directory.replace(/\/+$/, '')}/${member}`;
}

/** The version of the same release in DOCA, where it sorts above that of the bundle by itself: 4.33.0.169-1 for 4.33.0-169. */
function laterVersion({ version, revision }: BuildDocument['mft']): string | undefined {
  return /^\d+\.\d+\.\d+$/.test(version) && /^\d+$/.test(revision) ? `${version}.${revision}-1` : undefined;
}

/**
 * The record as it is written into a directory: its paths are relative to that, so that they still lead somewhere when all of
 * it is moved. Where one would name the home of the person who built it, only the file's name is left.
 */
export function asRecord(document: BuildDocument, directory: string): BuildDocument {
  const base = resolve(directory);
  const place = (path: string) => (isInHome(resolve(path)) && !isInHome(base) ? basename(path) : relative(base, path));
  const { input, patches, artifacts, verification } = document;
  const isFile = !/^(sample:|[a-z]+:\/\/|-$)/i.test(input.path);
  // Inside a bundle it has a path of its own.
  const isUnpacked = input.userland?.startsWith(`${input.path.replace(/\/+$/, '')}/`);
  return {
    ...document,
    input: {
      ...input,
      path: isFile ? place(input.path) : input.path,
      ...(isUnpacked ? { userland: place(input.userland ?? '') } : {}),
    },
    patches: patches.map((patch) => ({ ...patch, ...(patch.origin === undefined ? {} : { origin: place(patch.origin) || '.' }) })),
    artifacts: artifacts.map((artifact) => ({ ...artifact, path: place(artifact.path) })),
    verification: {
      ...verification,
      kernels: verification.kernels.map((verdict) => ({ ...verdict, log: verdict.log && place(verdict.log) })),
    },
  };
}

function isInHome(path: string): boolean {
  return path.startsWith(homedir() + sep);
}

/** What a rebuild needs of a build's record. */
export interface BuildRecord extends Pick<BuildDocument, 'package' | 'kernel' | 'maxKernel' | 'input' | 'patches' | 'serial' | 'program'> {
  /** The package; `path` is where `build` wrote it, relative to what the other paths are relative to. */
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
    const { kernels } = (await checked(JSON.parse(await readLimited(path)))).verification;
    return kernels.map((verdict) => ({ ...verdict, log: verdict.log && resolve(dirname(path), verdict.log) }));
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
  const { artifacts, ...document } = await checked(value);
  const [artifact, ...others] = artifacts.map((artifact) => ({ ...artifact, name: basename(artifact.path) }));
  if (artifact === undefined) throw new TypeError('no package in artifacts');
  if (!/^[\w.+~:-]+\.deb$/.test(artifact.name)) throw new TypeError('artifacts does not begin with a package');
  return { ...document, artifact, others: others.map(({ name }) => name) };
}
