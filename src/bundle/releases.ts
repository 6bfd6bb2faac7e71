import type { Context } from '../context.js';
import { compareVersions, parseVersion } from '../deb/version.js';
import type { RemoteFile } from '../download/fetch-to-cache.js';
import { fail } from '../errors.js';
import { ownBytes, projectText } from '../project-files.js';
import type { Release } from './release-file.js';

/** The releases of MFT that are known, the user's own among them. @throws bad-catalogue, no-input */
export async function loadReleases(context: Pick<Context, 'own' | 'inputs'>): Promise<Release[]> {
  const { parseReleases, withOwnReleases } = await import('./release-file.js');
  const project = parseReleases('releases.json', await projectText('releases.json'));
  const file = context.own.releases;
  if (file === undefined) return project;
  const text = await ownBytes(file, 'pass a file like releases.json with --releases', context);
  return withOwnReleases(project, parseReleases(file, text.toString('utf8')), file);
}

/** What is taken when no source is named: the release of the first report. */
export const defaultRelease = '4.20.1-14';

/** The names of an architecture in the vendor's URLs, in Debian and in Node. */
export const archNames: ReadonlyMap<string, Release['arch']> = new Map([
  ['x86_64', 'x86_64'],
  ['amd64', 'x86_64'],
  ['x64', 'x86_64'],
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
  ['ppc64le', 'ppc64le'],
  ['ppc64el', 'ppc64le'],
  ['ppc64', 'ppc64le'],
]);

/** An architecture by the name that the vendor's files have it by, or any other; undefined for an unknown one. */
export function archNamed(name: string): Release['arch'] | undefined {
  return archNames.get(name);
}

/** The bundle of a release of the vendor's. */
export interface ReleaseFile extends RemoteFile {
  /** Version and revision, as in 4.20.1-14. */
  version: string;
}

/** A release by its version and revision alone, as in 4.20.1-14. */
export interface ReleaseName {
  kind: 'release';
  release: string;
}

/** The release that `--mft` and `--arch` name, where nothing is to be downloaded. @throws usage */
export async function resolveReleaseName({ mft, arch }: { mft?: string; arch?: string }, context: Context): Promise<ReleaseName> {
  const { version } = findRelease(mft ?? defaultRelease, arch ?? process.arch, await loadReleases(context));
  return { kind: 'release', release: version };
}

/** The bundle of the release that `--mft` and `--arch` name, with a warning if the catalogue does not know it. @throws usage */
export async function resolveMftRelease(options: { mft?: string; arch?: string }, context: Context): Promise<ReleaseFile> {
  const mft = options.mft ?? defaultRelease;
  const { isKnown, ...bundle } = findRelease(mft, options.arch ?? process.arch, await loadReleases(context));
  if (!isKnown) context.warn(`MFT ${mft} is not in releases.json; trying ${bundle.url}`);
  return bundle;
}

/**
 * Finds the bundle that a user means.
 *
 * @param wanted version and revision as in 4.20.1-14, a version for its newest revision known, or `latest`
 * @param arch in any spelling: amd64, x86_64, arm64, aarch64, ppc64le
 * @returns `isKnown`: whether the catalogue has it
 * @throws usage
 */
export function findRelease(wanted: string, arch: string, releases: readonly Release[]): ReleaseFile & { isKnown: boolean } {
  const name =
    archNames.get(arch) ??
    fail({ code: 'usage', detail: `unknown architecture '${arch}'`, hint: `use one of: ${[...archNames.keys()].join(', ')}` });
  const candidates = releases.filter((release) => release.arch === name).sort(newestFirst);
  const release =
    wanted === 'latest' ? candidates[0] : candidates.find((entry) => [entry.version, fullVersion(entry)].includes(withoutZeros(wanted)));
  if (release) {
    const { sha256, md5 } = release.digests;
    const digests = { ...(sha256 === undefined ? {} : { sha256 }), ...(md5 === undefined ? {} : { md5 }) };
    const identity = identityOf(fullVersion(release), name);
    return {
      name: release.url.replace(/^.*\//, ''),
      url: release.url,
      release: identity,
      version: fullVersion(release),
      isKnown: true,
      ...digests,
    };
  }
  if (!/^\d+\.\d+\.\d+(\.\d+)?-\d+$/.test(wanted)) {
    const versions = [...new Set(candidates.map(({ version }) => version))].slice(0, 5).join(', ');
    fail({
      code: 'usage',
      detail: `unknown MFT release '${wanted}' for ${name}`,
      hint: `pass version and revision, as in --mft 4.20.1-14, or one of mft-patch releases (${versions}, …)`,
    });
  }
  const file = `mft-${wanted}-${urlArch(name, parseVersion(wanted).upstream)}-deb.tgz`;
  return {
    name: file,
    url: `https://www.mellanox.com/downloads/MFT/${file}`,
    release: identityOf(wanted, name),
    version: wanted,
    isKnown: false,
  };
}

/** The vendor's release that a URL leads to: one of the catalogue, or composed as the vendor does; undefined for any other URL. */
export function releaseAt(url: string, releases: readonly Release[]): ReleaseFile | undefined {
  const known = releases.find((release) => release.url === url);
  const [, named = '', arch = ''] = /\/mft-(\d[\d.]*-\d+)-(x86_64|arm64|aarch64|ppc64)-deb\.tgz$/.exec(url) ?? [];
  const [version, name] = known ? [fullVersion(known), known.arch] : [named, arch];
  if (version === '') return undefined;
  const { isKnown: _, ...file } = findRelease(version, name, releases);
  return file.url === url ? file : undefined;
}

/** What a release is called wherever it is from: in mft-patch.lock, in the cache and in messages. */
function identityOf(version: string, arch: Release['arch']): string {
  return `MFT ${version} ${arch}`;
}

/** 4.20.1-14 for 4.020.1-14: to Debian they are the same. */
function withoutZeros(version: string): string {
  return version.replace(/\b0+(?=\d)/g, '');
}

/** Orders releases, the newest first. */
export function newestFirst(a: Release, b: Release): number {
  return compareVersions(fullVersion(b), fullVersion(a));
}

/**
 * The layout of a version's source: one flat directory, or the NNT drivers in several. No 4.21.0 was seen; trees of the
 * months in which it was made have the latter.
 */
export function layoutOf(version: string): 'flat' | 'nnt' {
  return compareVersions(version, '4.21.0') < 0 ? 'flat' : 'nnt';
}

function fullVersion({ version, revision }: Release): string {
  return `${version}-${revision}`;
}

/** In the file names arm64 became aarch64 at 4.34.0; ppc64le was always ppc64. */
function urlArch(arch: Release['arch'], version: string): string {
  if (arch === 'ppc64le') return 'ppc64';
  return arch === 'arm64' && compareVersions(version, '4.34.0') >= 0 ? 'aarch64' : arch;
}
