import { compareVersions, parseVersion } from '../deb/version.js';
import { fail } from '../errors.js';
import { parseJson } from '../system/json.js';

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

/** A bundle of the vendor's, or another archive, to be fetched. */
export interface WantedBundle {
  /** Its file name, by which mirrors and mft-patch.lock know it. */
  name: string;
  url: string;
  sha256?: string;
  md5?: string;
  /** Whether the catalogue knows it. */
  known: boolean;
  /** false for an archive that is none of the vendor's bundles. */
  isBundle?: boolean;
}

const digestForms: Record<string, RegExp> = { md5: /^[0-9a-f]{32}$/, sha256: /^[0-9a-f]{64}$/, blake2b512: /^[0-9a-f]{128}$/ };

/** What each field of an entry must be. */
const fieldForms: Record<keyof Release, { fits: (value: unknown) => boolean; optional?: true; expected: string }> = {
  version: { fits: isText(/^\d{1,6}(\.\d{1,6}){2,3}$/), expected: 'numbers with dots between, as in 4.20.1' },
  revision: { fits: isText(/^\d{1,9}$/), expected: 'a number as a text' },
  arch: { fits: isText(/^(x86_64|arm64|ppc64le)$/), expected: 'x86_64, arm64 or ppc64le' },
  url: { fits: isText(/^https?:\/\/[^/\s]+\/(\S+\/)?[\w.+-]+$/), expected: 'the http or https URL of a file' },
  digests: { fits: areDigests, expected: 'hex digests by md5, sha256 or blake2b512' },
  seenIn: { fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isText(/\S/)), expected: 'a list of places' },
  seenOn: { fits: isText(/^\d{4}/), optional: true, expected: 'a date' },
  urlComposed: { fits: (value) => typeof value === 'boolean', optional: true, expected: 'true or false' },
};

/**
 * Reads the catalogue of releases.
 * @throws bad-catalogue naming the entry and the field that is wrong
 */
export function parseReleases(file: string, text: string): Release[] {
  const bad = (detail: string) => fail({ code: 'bad-catalogue', file, detail });
  const entries = parseJson(file, text);
  if (!Array.isArray(entries)) return bad('a list of releases is expected');
  for (const [index, entry] of entries.entries()) {
    const name = `entry ${index + 1}`;
    if (!isRecord(entry)) return bad(`${name} is no object`);
    const stranger = Object.keys(entry).find((field) => !Object.hasOwn(fieldForms, field));
    if (stranger !== undefined) bad(`${name}: the field '${stranger}' is not known; known are ${Object.keys(fieldForms).join(', ')}`);
    for (const [field, { fits, optional, expected }] of Object.entries(fieldForms)) {
      if (optional && !(field in entry)) continue;
      if (!fits(entry[field])) bad(`${name}: the field '${field}' must be ${expected}`);
    }
  }
  return entries as Release[];
}

/** What is taken when no source is named: the release of the first report. */
export const defaultRelease = '4.20.1-14';

/** The names of an architecture in the vendor's URLs and in Debian. */
const archOf = new Map<string, Release['arch']>([
  ['x86_64', 'x86_64'],
  ['amd64', 'x86_64'],
  ['x64', 'x86_64'],
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
  ['ppc64le', 'ppc64le'],
  ['ppc64el', 'ppc64le'],
  ['ppc64', 'ppc64le'],
]);

/**
 * Finds the bundle that a user means.
 *
 * @param wanted version and revision as in 4.20.1-14, a version for its newest revision known, or `latest`
 * @param arch in any spelling: amd64, x86_64, arm64, aarch64, ppc64le
 * @throws usage
 */
export function wantedBundle(wanted: string, arch: string, releases: readonly Release[]): WantedBundle {
  const name =
    archOf.get(arch) ??
    fail({ code: 'usage', detail: `'${arch}' is no architecture of MFT`, hint: `--arch takes ${[...archOf.keys()].join(', ')}` });
  const mine = releases.filter((release) => release.arch === name).sort(newestFirst);
  const release = wanted === 'latest' ? mine[0] : mine.find((entry) => wanted === entry.version || wanted === fullVersion(entry));
  if (release) return { name: fileName(release.url), url: release.url, known: true, ...digestsOf(release) };
  if (!/^\d+\.\d+\.\d+(\.\d+)?-\d+$/.test(wanted)) {
    const versions = [...new Set(mine.map(({ version }) => version))].slice(0, 5).join(', ');
    fail({
      code: 'usage',
      detail: `'${wanted}' is not an MFT release that is known for ${name}`,
      hint: `give version and revision, as in --mft 4.20.1-14, or one of mft-patch releases (${versions}, …)`,
    });
  }
  const file = `mft-${wanted}-${fileArch(name, parseVersion(wanted).upstream)}-deb.tgz`;
  return { name: file, url: `https://www.mellanox.com/downloads/MFT/${file}`, known: false };
}

function isText(form: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && form.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areDigests(value: unknown): boolean {
  const formOf = (name: string) => (Object.hasOwn(digestForms, name) ? digestForms[name] : undefined);
  return isRecord(value) && Object.entries(value).every(([name, digest]) => isText(formOf(name) ?? /^(?!)/)(digest));
}

/** Orders releases, the newest first. */
export function newestFirst(a: Release, b: Release): number {
  return compareVersions(fullVersion(b), fullVersion(a));
}

/** The generation of source that a version belongs to: one flat folder, or the NNT drivers in several. */
export function generation(version: string): 'flat' | 'nnt' {
  return compareVersions(version, '4.22.0') < 0 ? 'flat' : 'nnt';
}

function fullVersion({ version, revision }: Release): string {
  return `${version}-${revision}`;
}

function fileName(url: string): string {
  return url.replace(/^.*\//, '');
}

function digestsOf({ digests: { sha256, md5 } }: Release): Pick<WantedBundle, 'sha256' | 'md5'> {
  return { ...(sha256 === undefined ? {} : { sha256 }), ...(md5 === undefined ? {} : { md5 }) };
}

/** In the file names arm64 became aarch64 at 4.34.0; ppc64le was always ppc64. */
function fileArch(arch: Release['arch'], version: string): string {
  if (arch === 'ppc64le') return 'ppc64';
  return arch === 'arm64' && compareVersions(version, '4.34.0') >= 0 ? 'aarch64' : arch;
}
