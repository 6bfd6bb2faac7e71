/**
 * The index of a flat apt archive: all packages are in one directory, which sources.list(5) names with a slash at its end. Its
 * form is that of the repository format of Debian (https://wiki.debian.org/DebianRepository/Format), as apt-ftparchive(1) makes it.
 */
import { createHash } from 'node:crypto';
import { gzip } from './compress.js';
import { paragraphWithout } from './control.js';
import { compareVersions } from './version.js';

/** A package of an archive. */
export interface IndexedPackage {
  /** Its name in the directory. */
  file: string;
  name: string;
  version: string;
  architecture: string;
  /** Its control file, a character for each byte. */
  control: string;
  sha256: string;
  bytes: number;
}

/** A file of the index, by its name. */
export interface IndexFile {
  name: string;
  sha256: string;
  content: Buffer;
}

/** What the index says of a package, and not the package itself: apt would take the second field of a name. */
const ownFields = ['filename', 'size', 'md5sum', 'sha1', 'sha256', 'sha512', 'status'];

/** The lists of the packages, plain and by gzip, which every apt reads. The order of the packages does not matter. */
export function packageLists(packages: readonly IndexedPackage[]): IndexFile[] {
  const paragraphs = [...packages].sort(byVersion).map(({ control, file, sha256, bytes }) => {
    const fields = paragraphWithout(control, ownFields);
    return `${fields}Filename: ./${file}\nSize: ${bytes}\nSHA256: ${sha256}\n`;
  });
  const plain = Buffer.from(paragraphs.join('\n'), 'latin1');
  return [indexFile('Packages', plain), indexFile('Packages.gz', gzip(plain))];
}

function byVersion(a: IndexedPackage, b: IndexedPackage): number {
  const key = ({ name, architecture, file }: IndexedPackage) => [name, architecture, file];
  if (a.name === b.name && a.architecture === b.architecture) return compareVersions(a.version, b.version) || (a.file < b.file ? -1 : 1);
  return key(a).join('\n') < key(b).join('\n') ? -1 : 1;
}

/**
 * The Release file, which names the lists by their digests: so one signature is on all. Suite and Codename are left out, since
 * apt compares them with the directory that sources.list names.
 *
 * @param date what apt goes by: it takes no list that is older than the one that it has
 */
export function releaseFile(lists: readonly IndexFile[], packages: readonly IndexedPackage[], date: Date): IndexFile {
  const architectures = [...new Set(packages.map(({ architecture }) => architecture))].sort();
  const lines = [
    'Origin: mft-patch',
    'Label: mft-patch',
    `Date: ${date.toUTCString().replace('GMT', 'UTC')}`,
    `Architectures: ${architectures.join(' ')}`,
    'Acquire-By-Hash: yes',
    'SHA256:',
    ...lists.map(({ name, sha256, content }) => ` ${sha256} ${content.length} ${name}`),
  ];
  return indexFile('Release', Buffer.from(`${lines.join('\n')}\n`));
}

/** What a Release file says: its date, NaN if it has none, and the digests of its lists. */
export function parseRelease(text: string): { date: number; digests: string[] } {
  const date = Date.parse(/^Date: (.+)$/m.exec(text)?.[1] ?? '');
  return { date, digests: [...text.matchAll(/^ ([0-9a-f]{64}) +\d+ \S+$/gm)].map(([, digest = '']) => digest) };
}

function indexFile(name: string, content: Buffer): IndexFile {
  return { name, content, sha256: createHash('sha256').update(content).digest('hex') };
}
