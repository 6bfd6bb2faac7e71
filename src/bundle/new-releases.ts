/** Releases that the vendor's page has, and no catalogue: found, and written as entries like those of releases.json. */
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { Context } from '../context.js';
import { type VendorFile, vendorFiles, vendorVersions } from '../download/ask-vendor.js';
import type { RetryPolicy } from '../download/http.js';
import { MftPatchError, messageOf } from '../errors.js';
import { explain } from '../explain.js';
import { isSameBundle, parseReleases, type Release } from './release-file.js';
import { archNamed, findRelease, newestFirst } from './releases.js';

/** The page, and how patiently it is asked. */
export interface Page {
  url: string;
  retry: RetryPolicy;
}

export interface Found {
  /** How many versions the page lists. */
  listed: number;
  found: Release[];
  unclear: { version: string; reason: string }[];
}

const arches: readonly Release['arch'][] = ['arm64', 'ppc64le', 'x86_64'];

/**
 * Asks the vendor's page for releases that are not known.
 *
 * @param date when it is asked, as 2026-11-26
 * @throws download-failed if it does not list versions; that it cannot tell of one is in `unclear`
 */
export async function findNewReleases(known: readonly Release[], { url, retry }: Page, date: string, context: Context): Promise<Found> {
  const versions = await vendorVersions(context, url, retry);
  const names = new Set(known.map(({ version, revision }) => `${version}-${revision}`));
  const result: Found = { listed: versions.length, found: [], unclear: [] };
  for (const version of versions.filter((version) => !names.has(version))) {
    context.progress({ step: 'download', text: `asking for ${version}` });
    try {
      const entries = await entriesOf(version, { url, retry }, date, context);
      result.found.push(...entries.filter((entry) => ![...known, ...result.found].some((other) => isSameBundle(entry, other))));
      if (entries.length === 0) result.unclear.push({ version, reason: 'the page names no bundle for Debian' });
    } catch (error) {
      context.signal.throwIfAborted();
      result.unclear.push({ version, reason: error instanceof MftPatchError ? explain(error.failure).message : messageOf(error) });
    }
  }
  result.found.sort(oldestFirst);
  return result;
}

/** The entries of a version, for each architecture that it has a bundle for. @throws download-failed */
async function entriesOf(version: string, { url, retry }: Page, date: string, context: Context): Promise<Release[]> {
  const entries: Release[] = [];
  for (const arch of arches) {
    const files = await vendorFiles({ version, arch }, context, url, retry);
    entries.push(...files.flatMap((file) => entryOf(file, date) ?? []));
  }
  return entries;
}

/** @returns undefined for a file whose name is not that of a release */
function entryOf({ name, url = '', sha256 }: VendorFile, date: string): Release | undefined {
  const [, version = '', revision = '', named = ''] = /^mft-([\d.]+)-(\d+)-(\w+)-deb\.tgz$/.exec(name) ?? [];
  const arch = archNamed(named);
  if (arch === undefined) return undefined;
  // What else a URL of the page may hold is not for a catalogue.
  const isPlain = /^https:\/\/[a-z0-9.-]+\/([\w.+/-]+\/)?[\w.+-]+$/i.test(url);
  return {
    version,
    revision,
    arch,
    url: isPlain ? url : findRelease(`${version}-${revision}`, arch, []).url,
    digests: sha256 === undefined ? {} : { sha256 },
    ...(isPlain ? {} : { urlComposed: true }),
    seenIn: [`the vendor's download page (${date})`],
  };
}

function oldestFirst(a: Release, b: Release): number {
  return newestFirst(b, a) || (a.arch < b.arch ? -1 : 1);
}

/**
 * The text of a catalogue with further entries, each after what is older; all else stays as it is.
 *
 * @param file names it in errors
 * @param text empty for a file that does not exist
 * @throws bad-catalogue
 */
export function withEntries(text: string, entries: readonly Release[], file: string): string {
  return [...entries].sort(oldestFirst).reduce((before, entry) => withEntry(before, entry, file), text || '{\n  "releases": []\n}\n');
}

function withEntry(text: string, entry: Release, file: string): string {
  const releases = parseReleases(file, text);
  const tree = parseTree(text);
  const list = tree && findNodeAtLocation(tree, ['releases']);
  if (!list) return text;
  const after = releases.findLastIndex((other) => oldestFirst(other, entry) <= 0);
  const before = list.children?.[after];
  const written = entryText(entry);
  if (before) {
    const end = before.offset + before.length;
    return `${text.slice(0, end)},\n${written}${text.slice(end)}`;
  }
  const start = list.offset + 1;
  return releases.length > 0
    ? `${text.slice(0, start)}\n${written},${text.slice(start)}`
    : `${text.slice(0, start)}\n${written}\n  ${text.slice(start).trimStart()}`;
}

/** An entry as it stands in releases.json: indented, with short lists in one line. */
function entryText(entry: Release): string {
  const lines = Object.entries(entry).map(([name, value]) => {
    const short = Array.isArray(value) || Object.keys(Object(value)).length === 0;
    const shown = Array.isArray(value)
      ? `[${value.map((one) => JSON.stringify(one)).join(', ')}]`
      : JSON.stringify(value, null, short ? 0 : 2);
    return `  ${JSON.stringify(name)}: ${shown.replaceAll('\n', '\n  ')}`;
  });
  return `{\n${lines.join(',\n')}\n}`.replace(/^/gm, '    ');
}
