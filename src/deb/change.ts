import { decompress, gzip } from './compress.js';
import { setField } from './control.js';
import { controlFile, type Deb, plainPath } from './deb.js';
import { installedSize, md5, sumLine } from './sums.js';
import { directoryEntry, type Entry, fileEntry, withBody } from './tar.js';

/**
 * The package with other contents for some of its files, and what must follow from that: md5sums and Installed-Size.
 *
 * @param contents by path without leading `./`; every path must be a file of the package
 */
export function withFiles(deb: Deb, contents: ReadonlyMap<string, Buffer>): Deb {
  const data = deb.data.map((entry) => {
    const body = contents.get(plainPath(entry));
    return body === undefined || entry.type !== 'file' || body.equals(entry.body) ? entry : withBody(entry, body);
  });
  const summed = withControlFile({ ...deb, data }, 'md5sums', (text) => withSums(text, withOtherNames(data, contents)));
  return withSizeOf(summed, deb);
}

/**
 * The package with additional files, their directory included if it is missing, and what must follow from that.
 *
 * @param directory without leading `./`, with a slash at its end; the directory above it must be in the package
 * @param contents by name
 * @param mtime seconds since 1970
 */
export function withNewFiles(deb: Deb, directory: string, contents: ReadonlyMap<string, Buffer>, mtime: number): Deb {
  const prefix = deb.data.some(({ path }) => path.startsWith('./')) ? './' : '';
  const isThere = deb.data.some((entry) => entry.type === 'directory' && `${plainPath(entry).replace(/\/$/, '')}/` === directory);
  const entries = [...contents].map(([name, body]) => fileEntry(prefix + directory + name, body, { mtime }));
  const data = [...deb.data, ...(isThere ? [] : [directoryEntry(prefix + directory, mtime)]), ...entries];
  const sums = [...contents].map(([name, body]) => sumLine(directory + name, body)).join('');
  const summed = withControlFile({ ...deb, data }, 'md5sums', (text) => (text === '' || text.endsWith('\n') ? text : `${text}\n`) + sums);
  return withSizeOf(summed, deb);
}

/** The package with the Installed-Size of another one, changed by how much more or less its files take. */
function withSizeOf(deb: Deb, before: Deb): Deb {
  const growth = installedSize(deb.data) - installedSize(before.data);
  if (growth === 0) return deb;
  return withControlFile(deb, 'control', (text) =>
    text.replace(/^(Installed-Size:\s*)(\d+)/im, (_, name, size) => `${name}${Number(size) + growth}`),
  );
}

/** The package under another version. */
export function withVersion(deb: Deb, version: string): Deb {
  return withControlFile(deb, 'control', (text) => setField(text, 'Version', version));
}

/** What a changelog entry says; its form is that of deb-changelog(5). */
export interface ChangelogEntry {
  package: string;
  version: string;
  items: string[];
  maintainer: string;
  /** Moved behind the date of the entry below, if need be. */
  date: Date;
}

/**
 * The package with an entry on top of its Debian changelog, if it brings one.
 *
 * @param path names the package in errors
 * @throws package-damaged if the changelog is not the gzip file that its name says
 */
export async function withChangelogEntry(deb: Deb, entry: ChangelogEntry, path: string): Promise<Deb> {
  const file = changelog(deb);
  if (!file) return deb;
  const old = await decompress('.gz', file.body, { limit: changelogLimit, path: `${path}: ${plainPath(file)}` });
  const distribution = /^\S+ \([^)]*\) ([^;\n]+);/.exec(old.toString('latin1'))?.[1];
  // Without a Debian heading it is the upstream changelog, which is not ours to continue.
  if (distribution === undefined) return deb;
  const text = changelogText({ ...entry, date: dateAfter(old.toString('latin1'), entry.date) }, distribution);
  return withFiles(deb, new Map([[plainPath(file), gzip(Buffer.concat([Buffer.from(`${text}\n`, 'utf8'), old]))]]));
}

/** An entry as deb-changelog(5) has it, with a newline at its end. */
export function changelogText({ package: name, version, items, maintainer, date }: ChangelogEntry, distribution = 'unstable'): string {
  return [
    `${name} (${version}) ${distribution}; urgency=medium`,
    '',
    ...items.flatMap(itemLines),
    '',
    ` -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}\n`,
  ].join('\n');
}

/** An item as lines of at most 80 columns, which is where lintian finds a line too long. */
function itemLines(item: string): string[] {
  const lines: string[] = [];
  let line = '  *';
  for (const word of item.split(' ')) {
    if (line.length + 1 + word.length > 80) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** The date, or the second after that of the newest entry: each entry is younger than those below it. */
function dateAfter(changelog: string, date: Date): Date {
  const next = new Date(Date.parse(/^ -- .*> {2}(.+)$/m.exec(changelog)?.[1] ?? '') + 1000);
  return next > date ? next : date;
}

const changelogLimit = 4 * 1024 * 1024;

/** Policy 12.7: changelog.Debian.gz, or changelog.gz in a native package. */
function changelog(deb: Deb): Entry | undefined {
  const named = (name: string) =>
    deb.data.find((entry) => entry.type === 'file' && new RegExp(`^usr/share/doc/[^/]+/${name}$`).test(plainPath(entry)));
  return named('changelog\\.Debian\\.gz') ?? named('changelog\\.gz');
}

function withControlFile(deb: Deb, name: string, change: (text: string) => string): Deb {
  const file = controlFile(deb, name);
  if (!file) return deb;
  // Latin-1 keeps every byte that is not changed, whatever its encoding was.
  const changed = withBody(file, Buffer.from(change(file.body.toString('latin1')), 'latin1'));
  return { ...deb, control: deb.control.map((entry) => (entry === file ? changed : entry)) };
}

/** The contents also under the names that hard links give them. */
function withOtherNames(data: readonly Entry[], contents: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const all = new Map(contents);
  for (const entry of data) {
    const body = entry.type === 'hardlink' ? all.get(entry.linkTarget.replace(/^(\.\/)+/, '')) : undefined;
    if (body) all.set(plainPath(entry), body);
  }
  return all;
}

/** deb-md5sums(5): 32 hex digits, two blanks, the path. */
function withSums(text: string, contents: ReadonlyMap<string, Buffer>): string {
  return text.replace(/^[0-9a-f]{32}( [ *])(.+)$/gim, (line, gap: string, path: string) => {
    const body = contents.get(Buffer.from(path, 'latin1').toString('utf8'));
    return body === undefined ? line : md5(body) + gap + path;
  });
}
