import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Context } from '../context.js';
import type { FetchPolicy, RemoteFile } from '../download/fetch-to-cache.js';
import { parseUrl } from '../download/url.js';
import { fail, failInput } from '../errors.js';
import { sha256, sha256OfFile } from '../system/digest.js';
import { findPackage, isGzip, packageLimit } from './find-package.js';
import { type PackageSource, packageSource } from './package-source.js';

/** What `--bundle`, `--deb`, `--mft` and `--sample` say, and the FILE that may stand for the first two. */
export interface SourceOptions {
  file?: string;
  bundle?: string;
  deb?: string;
  mft?: string;
  arch?: string;
  /** The layout that the sample has: a directory of `samples/`; true stands for flat. */
  sample?: boolean | string;
  sha256?: string;
  requireDigest?: boolean;
  mirror?: string;
  /** Leave mft-patch.lock as it is. */
  readOnly?: boolean;
  /** Where the digests that no catalogue has are noted. */
  lock?: string;
  /** A kernel's source; a URL is downloaded like a bundle. */
  kernelSource?: string;
}

/** Where the package comes from. `sha256` is what the file must have, where the user says it. */
export type Source =
  | { kind: 'sample'; layout: string }
  | { kind: 'deb' | 'bundle'; path: string; sha256?: string }
  | { kind: 'directory'; path: string }
  | { kind: 'remote'; file: RemoteFile; policy: FetchPolicy };

/** The source that the options name; without any, the default release. @throws usage, no-input */
export async function resolveSource(options: SourceOptions, context: Context): Promise<Source> {
  const { file, bundle, deb, sample } = options;
  if (sample !== undefined && sample !== false) {
    refuseUnused(options, ['arch', 'mirror', ...downloading(options), 'sha256'], '--sample');
    return { kind: 'sample', layout: sample === true ? 'flat' : sample };
  }
  if (deb !== undefined) return localSource(deb, 'deb', options);
  const place = bundle ?? file;
  if (place === undefined) {
    const { resolveMftRelease } = await import('./releases.js');
    return { kind: 'remote', file: await resolveMftRelease(options, context), policy: policyOf(options, context) };
  }
  if (/^https?:\/\//i.test(place)) return remoteSource(place, options, context);
  const isDirectory = (await stat(place).catch((error) => failInput(place, error))).isDirectory();
  // A FILE is what it is; with --bundle it must be one.
  const isPackage = bundle === undefined && place.endsWith('.deb');
  return localSource(place, isDirectory ? 'directory' : isPackage ? 'deb' : 'bundle', options);
}

/** A URL is what it says: only that of a release of the vendor's has mirrors. */
async function remoteSource(place: string, options: SourceOptions, context: Context): Promise<Source> {
  const { loadReleases, releaseAt } = await import('./releases.js');
  const url = parseUrl(place);
  const release = releaseAt(url.href, await loadReleases());
  refuseUnused(options, release ? ['arch'] : ['arch', 'mirror'], "a URL that is not the vendor's");
  const policy = policyOf(options, context);
  if (release) return { kind: 'remote', file: release, policy };
  const { mirror: _, ...direct } = policy;
  return { kind: 'remote', file: { name: basename(url.pathname) || 'bundle.tgz', url: place }, policy: direct };
}

function localSource(path: string, kind: 'deb' | 'bundle' | 'directory', options: SourceOptions): Source {
  refuseUnused(options, ['arch', 'mirror', ...downloading(options)], 'a local file');
  if (kind !== 'directory') return { kind, path, ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }) };
  refuseUnused(options, ['sha256'], 'a directory');
  return { kind, path };
}

function policyOf({ sha256, mirror, ...options }: SourceOptions, { env }: Context): FetchPolicy {
  const from = mirror ?? env.MFT_PATCH_MIRROR;
  if (from) parseUrl(from, mirror === undefined ? '$MFT_PATCH_MIRROR URL' : '--mirror URL');
  return {
    requireDigest: options.requireDigest ?? false,
    readOnly: options.readOnly ?? false,
    check: refuseOtherFiles,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(from ? { mirror: from } : {}),
  };
}

const flags = { arch: '--arch', lock: '--lock', mirror: '--mirror', requireDigest: '--require-digest', sha256: '--sha256' };

/** What has no meaning where nothing is downloaded: neither the package nor a kernel's source. */
function downloading({ kernelSource = '' }: SourceOptions): (keyof typeof flags)[] {
  return /^https?:\/\//i.test(kernelSource) ? [] : ['lock', 'requireDigest'];
}

/** @throws usage for an option that has no meaning with this source */
function refuseUnused(options: SourceOptions, names: (keyof typeof flags)[], source: string): void {
  const name = names.find((candidate) => options[candidate] !== undefined);
  if (name !== undefined) fail({ code: 'usage', detail: `${flags[name]} does not apply to ${source}`, hint: `omit ${flags[name]}` });
}

/**
 * Reads the kernel-mft-dkms package from a source.
 *
 * @throws usage, no-input, download-failed, digest-mismatch, bundle-damaged, package-unfit
 */
export async function readSource(source: Source, context: Context): Promise<PackageSource> {
  switch (source.kind) {
    case 'sample':
      return readSample(source.layout, context);
    case 'deb':
      return readPackageFile(source.path, source.sha256);
    case 'bundle':
      return readBundle(source.path, source.sha256, context);
    case 'directory':
      return (await import('./unpacked-bundle.js')).readUnpacked(source.path);
    case 'remote': {
      // Loaded only where something is downloaded: most builds read a local file.
      const { fetchToCache } = await import('../download/fetch-to-cache.js');
      const { path, url, sha256 } = await fetchToCache(source.file, source.policy, context);
      // The digest was checked when the cache gave it out, whether or not reading went to the end.
      return { ...(await readBundle(path, undefined, context)), path: url, bundleSha256: sha256 };
    }
  }
}

async function readPackageFile(path: string, expected?: string): Promise<PackageSource> {
  await refuseUnreadable(path, packageLimit);
  const bytes = await readFile(path).catch((error) => failInput(path, error));
  if (isGzip(bytes)) fail({ code: 'package-damaged', path, detail: 'gzip-compressed, not a .deb', hint: 'did you mean --bundle?' });
  refuseMismatch(path, sha256(bytes), expected);
  return packageSource(path, { member: '', bytes });
}

async function readSample(layout: string, context: Context): Promise<PackageSource> {
  const { loadSample, packSample } = await import('./sample.js');
  const { name, bytes } = packSample(await loadSample(layout));
  const path = `sample:${name}`;
  return packageSource(path, await findPackage(once(bytes), { path, whole: true, signal: context.signal }));
}

async function readBundle(path: string, expected: string | undefined, context: Context): Promise<PackageSource> {
  const total = await refuseUnreadable(path, Number.POSITIVE_INFINITY);
  if (expected !== undefined) refuseMismatch(path, await sha256OfFile(path, context.signal), expected);
  const onBytes = (done: number) => context.progress({ step: 'unpack', text: `reading ${path}`, done, total });
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const chunks = (async function* () {
    try {
      yield* file as AsyncIterable<Buffer>;
    } catch (error) {
      failInput(path, error);
    }
  })();
  const found = await findPackage(chunks, { path, whole: false, signal: context.signal, onBytes });
  return { ...packageSource(path, found), bundleFile: path, ...(expected === undefined ? {} : { bundleSha256: expected }) };
}

/** What no digest vouches for must at least be a whole bundle: a proxy's login page comes with status 200, too. */
async function refuseOtherFiles(path: string, url: string, signal: AbortSignal): Promise<void> {
  await findPackage(createReadStream(path), { path: url, whole: true, signal });
}

function refuseMismatch(path: string, actual: string, expected: string | undefined): void {
  if (expected === undefined || expected === actual) return;
  fail({ code: 'digest-mismatch', path, algorithm: 'SHA-256', expected, actual });
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

/** @returns the file's size in bytes */
async function refuseUnreadable(path: string, limit: number): Promise<number> {
  const stats = await stat(path).catch((error) => failInput(path, error));
  if (!stats.isFile()) fail({ code: 'no-input', path, detail: 'is not a file' });
  const { size } = stats;
  if (size > limit)
    fail({ code: 'package-unfit', path, detail: `is ${size} bytes; the limit is ${limit}`, hint: 'did you mean --bundle?' });
  return size;
}
