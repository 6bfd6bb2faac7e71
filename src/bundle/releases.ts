import { parseVersion } from '../deb/version.js';
import { fail } from '../errors.js';

/** An entry of releases.json: a bundle that someone has seen, and where. */
export interface Release {
  version: string;
  revision: string;
  arch: 'x86_64' | 'arm64' | 'ppc64le';
  url: string;
  /** Hex digests by algorithm; only `sha256` proves anything. */
  digests: Partial<Record<'md5' | 'sha256' | 'blake2b512', string>>;
  /** Where this entry was seen. */
  seenIn: string[];
  /** When the release was first seen. */
  seenOn?: string;
  /** The URL was not seen, but composed by the vendor's rule. */
  urlComposed?: boolean;
}

/** What is taken when no source is named: the release of the first report. */
export const defaultRelease = '4.20.1-14';

/** The names of an architecture in the vendor's URLs and in Debian. */
const archOf: Record<string, Release['arch']> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  x64: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
  ppc64le: 'ppc64le',
  ppc64el: 'ppc64le',
  ppc64: 'ppc64le',
};

/**
 * Where the vendor's bundle lies, and its SHA-256 if the catalogue knows one.
 *
 * @param wanted version and revision, as in 4.20.1-14
 * @param arch in any spelling: amd64, x86_64, arm64, aarch64, ppc64le
 * @throws usage
 */
export function bundleUrl(wanted: string, arch: string, releases: readonly Release[]): { url: string; sha256?: string; known: boolean } {
  const name =
    (Object.hasOwn(archOf, arch) ? archOf[arch] : undefined) ??
    fail({ code: 'usage', detail: `'${arch}' is no architecture of MFT`, hint: `--arch takes ${Object.keys(archOf).join(', ')}` });
  if (!/^\d+\.\d+\.\d+(\.\d+)?-\d+$/.test(wanted)) {
    fail({ code: 'usage', detail: `'${wanted}' is not an MFT release`, hint: 'give version and revision, as in --mft 4.20.1-14' });
  }
  const { upstream, revision } = parseVersion(wanted);
  const known = releases.find((release) => release.version === upstream && release.revision === revision && release.arch === name);
  if (known) return { url: known.url, known: true, ...(known.digests.sha256 === undefined ? {} : { sha256: known.digests.sha256 }) };
  return { url: `https://www.mellanox.com/downloads/MFT/mft-${wanted}-${fileArch(name, upstream)}-deb.tgz`, known: false };
}

/** In the file names arm64 became aarch64 at 4.34.0; ppc64le was always ppc64. */
function fileArch(arch: Release['arch'], version: string): string {
  if (arch === 'ppc64le') return 'ppc64';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return arch === 'arm64' && (major > 4 || minor >= 34) ? 'aarch64' : arch;
}
