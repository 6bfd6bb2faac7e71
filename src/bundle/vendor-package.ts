import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.js';
import { defaultPackage } from '../default-package.js';
import type { FetchPolicy, RemoteFile } from '../download/fetch-to-cache.js';
import { parseUrl } from '../download/url.js';
import { fail, failInput } from '../errors.js';
import type { ReleaseName } from './releases.js';

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
  /** The name of the package in a bundle; without, the default one. */
  package?: string;
  /** A file with further releases. */
  releases?: string;
  /** The options that the project file sets: they hold where they apply, and are passed over elsewhere. */
  fromFile?: readonly string[];
  /** A kernel's source; a URL is downloaded like a bundle. */
  kernelSource?: string;
}

/** Where the package comes from. `sha256` is what the file must have, and `package` its name, where the user says it. */
export type Source =
  | { kind: 'sample'; layout: string }
  | { kind: 'deb' | 'bundle'; path: string; sha256?: string; package?: string }
  | { kind: 'directory'; path: string; package?: string }
  | { kind: 'stdin'; sha256?: string; package?: string }
  /** `release`: the version and revision that it must be of, as in 4.20.1-14. */
  | { kind: 'remote'; file: RemoteFile; policy: FetchPolicy; release?: string; package?: string };

/** The source that the options name; without any, the default release. @throws usage, no-input */
export async function resolveSource(options: SourceOptions, context: Context): Promise<Source> {
  const { file, bundle, deb, sample } = options;
  if (sample !== undefined && sample !== false) {
    refuseUnused(options, [...ofReleases, ...downloading(options), 'sha256', 'package'], '--sample');
    return { kind: 'sample', layout: sample === true ? 'flat' : sample };
  }
  if (deb !== undefined) return localSource(localPath(deb), 'deb', options);
  const place = bundle ?? file;
  if (place === undefined) return releaseSource(options, context);
  if (place === '-') return stdinSource(options);
  if (/^https?:\/\//i.test(place)) return remoteSource(place, options, context);
  const path = localPath(place);
  const isDirectory = (await stat(path).catch((error) => failInput(path, error))).isDirectory();
  return localSource(path, isDirectory ? 'directory' : 'bundle', options);
}

/** The source that the options name for `plan`, which downloads no release. @throws usage, no-input */
export async function resolvePlanSource(options: SourceOptions, context: Context): Promise<Source | ReleaseName> {
  const { file, bundle, deb, sample } = options;
  if ((file ?? bundle ?? deb) !== undefined || (sample !== undefined && sample !== false)) return resolveSource(options, context);
  refuseUnused(options, ['mirror', 'requireDigest', 'sha256', 'package'], 'a release, of which plan downloads nothing');
  return (await import('./releases.js')).resolveReleaseName(options, context);
}

async function releaseSource(options: SourceOptions, context: Context): Promise<Source> {
  refuseUnused(options, ['package'], ofMft);
  const { resolveMftRelease } = await import('./releases.js');
  const { version, ...file } = await resolveMftRelease(options, context);
  return { kind: 'remote', file, policy: policyOf(options, context, version), release: version };
}

function stdinSource(options: SourceOptions): Source {
  refuseUnused(options, [...ofReleases, ...downloading(options)], 'standard input');
  return { kind: 'stdin', ...expected(options) };
}

/** A URL is what it says: only that of a release of the vendor's has mirrors. */
async function remoteSource(place: string, options: SourceOptions, context: Context): Promise<Source> {
  const { loadReleases, releaseAt } = await import('./releases.js');
  const url = parseUrl(place);
  const release = releaseAt(url.href, await loadReleases(context));
  refuseUnused(options, release ? ['arch'] : ['arch', 'mirror'], "a URL that is not the vendor's");
  if (release) {
    refuseUnused(options, ['package'], ofMft);
    const { version, ...file } = release;
    return { kind: 'remote', file, policy: policyOf(options, context, version), release: version };
  }
  const { mirror: _, ...direct } = policyOf(options, context);
  return { kind: 'remote', file: { name: basename(url.pathname) || 'bundle.tgz', url: place }, policy: direct, ...packageOf(options) };
}

function localSource(path: string, kind: 'deb' | 'bundle' | 'directory', options: SourceOptions): Source {
  refuseUnused(options, [...ofReleases, ...downloading(options)], 'a local file');
  if (kind !== 'directory') return { kind, path, ...expected(options) };
  refuseUnused(options, ['sha256'], 'a directory');
  return { kind, path, ...packageOf(options) };
}

/** What a release of MFT holds. */
const ofMft = `a release of MFT, which has ${defaultPackage} only`;

function packageOf({ package: name }: SourceOptions): { package?: string } {
  return name === undefined ? {} : { package: name };
}

function expected(options: SourceOptions): { sha256?: string; package?: string } {
  return { ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }), ...packageOf(options) };
}

/** A path, which may be written as a file: URL (RFC 8089). @throws usage for one of another host */
export function localPath(place: string): string {
  if (!/^file:/i.test(place)) return place;
  try {
    return fileURLToPath(place);
  } catch (error) {
    return fail({ code: 'usage', detail: `invalid URL '${place}'`, hint: 'pass a path, or file:///path' }, error);
  }
}

/** @param release that a download must be of */
function policyOf({ sha256, mirror, ...options }: SourceOptions, { env }: Context, release?: string): FetchPolicy {
  const asked = { ...(release === undefined ? packageOf(options) : { release }) };
  const from = mirror ?? env.MFT_PATCH_MIRROR;
  if (from) parseUrl(from, mirror === undefined ? '$MFT_PATCH_MIRROR URL' : '--mirror URL');
  return {
    requireDigest: options.requireDigest ?? false,
    readOnly: options.readOnly ?? false,
    check: async (path, url, signal) => (await import('./release-check.js')).checkDownload(path, url, asked, signal),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(from ? { mirror: from } : {}),
  };
}

/** What concerns releases of the vendor's only. */
const ofReleases = ['arch', 'mirror', 'releases'] as const;

const flags = {
  package: '--package',
  releases: '--releases',
  arch: '--arch',
  lock: '--lock',
  mirror: '--mirror',
  requireDigest: '--require-digest',
  sha256: '--sha256',
};

/** What has no meaning where nothing is downloaded: neither the package nor a kernel's source. */
function downloading({ kernelSource = '' }: SourceOptions): (keyof typeof flags)[] {
  return /^https?:\/\//i.test(kernelSource) ? [] : ['lock', 'requireDigest'];
}

/** @throws usage for an option that has no meaning with this source */
function refuseUnused(options: SourceOptions, names: (keyof typeof flags)[], source: string): void {
  const name = names.find((candidate) => options[candidate] !== undefined && !options.fromFile?.includes(candidate));
  if (name !== undefined) fail({ code: 'usage', detail: `${flags[name]} does not apply to ${source}`, hint: `omit ${flags[name]}` });
}
