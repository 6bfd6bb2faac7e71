import { createReadStream } from 'node:fs';
import { controlFields, readDeb } from '../deb/deb.js';
import { parseVersion } from '../deb/version.js';
import { fail } from '../errors.js';
import { xz } from '../system/xz.js';
import { findPackage } from './find-package.js';

/**
 * What no digest vouches for must at least be a whole bundle, since a proxy's login page comes with status 200, too; and of the
 * release that was asked for.
 *
 * @param url names the file in errors
 * @param expected the release, as 4.20.1-14, where more than the URL is known, and the name of the package, where it is not the default
 * @throws bundle-damaged, package-damaged, package-unfit
 */
export async function checkDownload(
  path: string,
  url: string,
  { release, package: name }: { release?: string; package?: string },
  signal: AbortSignal,
): Promise<void> {
  const found = await findPackage(createReadStream(path), {
    path: url,
    whole: true,
    signal,
    ...(name === undefined ? {} : { package: name }),
  });
  if (release !== undefined) await refuseOtherRelease(found, url, release);
}

/** Refuses a package of another version or revision than was asked for. @throws package-damaged, package-unfit */
export async function refuseOtherRelease(
  { bytes, member }: { bytes: Buffer; member: string },
  url: string,
  release: string,
): Promise<void> {
  const version = controlFields(await readDeb(bytes, `${url}: ${member}`, xz), url).get('version') ?? '';
  if (isSameRelease(version, release)) return;
  const detail = `holds MFT ${version}, not ${release}`;
  fail({
    code: 'package-unfit',
    path: url,
    detail,
    hint: 'download this release from another place, or pass what this one holds with --mft',
  });
}

/**
 * Whether a package's version is of a release. The vendor writes one and the same release in two ways: the file of
 * 4.36.0-1031 holds the version 4.36.0.1031-1.
 */
export function isSameRelease(version: string, release: string): boolean {
  return normal(version) === normal(release);
}

function normal(text: string): string {
  try {
    const { upstream, revision } = parseVersion(text);
    const [, version = '', inside] = /^(\d+\.\d+\.\d+)(?:\.(\d+))?$/.exec(upstream) ?? [];
    const numbers = [...version.split('.'), inside ?? revision];
    return version === '' ? text : numbers.map((number) => number.replace(/^0+(?=\d)/, '')).join('.');
  } catch {
    return text;
  }
}
