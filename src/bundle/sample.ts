import { createHash } from 'node:crypto';
import { newArMember } from '../deb/ar.js';
import { gzip } from '../deb/compress.js';
import { readFields, setField } from '../deb/control.js';
import { type Deb, writeDeb } from '../deb/deb.js';
import { directoryEntry, type Entry, fileEntry, writeTar } from '../deb/tar.js';
import { parseVersion } from '../deb/version.js';
import { defaultPackage } from '../default-package.js';
import { fail } from '../errors.js';
import { projectTree } from '../project-files.js';

/** 2022-07-02, the day of the first report; fixed, so that the sample is the same bytes everywhere. */
const sampleTime = Date.UTC(2022, 6, 2) / 1000;

/** The samples' names: the directories of `samples/` with a package of their own, rather than files that several share. */
export async function sampleNames(): Promise<string[]> {
  return namesIn(await projectTree('samples'));
}

/**
 * A sample's files by path relative to its directory: its own, and those of its base that it does not replace.
 *
 * @param name of `sampleNames`
 * @throws usage, with the names of those that there are
 */
export async function loadSample(name: string): Promise<Map<string, Buffer>> {
  const tree = await projectTree('samples');
  const samples = namesIn(tree);
  if (!samples.includes(name)) fail({ code: 'usage', detail: `unknown sample '${name}'`, hint: `use one of: ${samples.join(', ')}` });
  return filesOf(name, tree);
}

function namesIn(tree: ReadonlyMap<string, Buffer>): string[] {
  return [...tree.keys()].flatMap((path) => /^([^/]+)\/DEBIAN\/control$/.exec(path)?.[1] ?? []).sort();
}

/** The file `base` of a directory names another one, whose files lie below its own. */
function filesOf(name: string, tree: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const own = new Map([...tree].flatMap(([path, bytes]) => (path.startsWith(`${name}/`) ? [[path.slice(name.length + 1), bytes]] : [])));
  const base = own.get('base')?.toString('utf8').trim();
  own.delete('base');
  return base === undefined ? own : new Map([...filesOf(base, tree), ...own]);
}

/**
 * Packs a sample's files as the vendor packs its own: a bundle, with the package in its SDEBS directory.
 *
 * @param files `DEBIAN/…` maintainer files, `source/…` the dkms source, `changelog`, `README.txt`
 * @returns the bundle's name and its bytes
 */
export function packSample(files: ReadonlyMap<string, Buffer>): { name: string; bytes: Buffer } {
  const control = readFields(files.get('DEBIAN/control')?.toString('utf8') ?? '');
  const version = control.get('version') ?? '';
  const directory = `mft-${version}-x86_64-deb`;
  const deb = writeDeb(samplePackage(files, parseVersion(version).upstream));
  const bundle = writeTar(
    withDirectories('', [
      [`${directory}/README.txt`, files.get('README.txt') ?? Buffer.alloc(0)],
      [`${directory}/SDEBS/${control.get('package')}_${version}_all.deb`, deb],
    ]),
  );
  return { name: `${directory}.tgz`, bytes: gzip(bundle) };
}

function samplePackage(files: ReadonlyMap<string, Buffer>, version: string): Deb {
  const source = `usr/src/${defaultPackage}-${version}`;
  const content: [string, Buffer][] = [];
  for (const [path, bytes] of files) {
    if (path.startsWith('source/')) content.push([path.replace('source', source), bytes]);
  }
  content.push([`usr/share/doc/${defaultPackage}/changelog.Debian.gz`, gzip(files.get('changelog') ?? Buffer.alloc(0))]);
  content.sort(([a], [b]) => (a < b ? -1 : 1));
  const data = withDirectories('./', content);
  const sums = content.map(([path, bytes]) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`);
  const size = data.reduce((total, { type, body }) => total + (type === 'file' ? Math.ceil(body.length / 1024) : 1), 0);
  const control = (files.get('DEBIAN/control') ?? Buffer.alloc(0)).toString('utf8');
  return {
    binary: newArMember('debian-binary', Buffer.from('2.0\n'), sampleTime),
    control: [
      directoryEntry('./', sampleTime),
      fileEntry('./control', Buffer.from(setField(control, 'Installed-Size', String(size))), { mtime: sampleTime }),
      fileEntry('./md5sums', Buffer.from(sums.join('')), { mtime: sampleTime }),
      ...['postinst', 'prerm'].map((name) =>
        fileEntry(`./${name}`, files.get(`DEBIAN/${name}`) ?? Buffer.alloc(0), { mode: 0o755, mtime: sampleTime }),
      ),
    ],
    data,
  };
}

/** Entries for the files, each directory before what is in it. */
function withDirectories(prefix: string, files: readonly [string, Buffer][]): Entry[] {
  const entries = new Map<string, Entry>();
  const add = (path: string) => {
    if (path !== '' && !entries.has(path)) entries.set(path, directoryEntry(path, sampleTime));
  };
  add(prefix);
  for (const [path, bytes] of files) {
    const parts = path.split('/').slice(0, -1);
    for (const [index] of parts.entries()) add(`${prefix}${parts.slice(0, index + 1).join('/')}/`);
    const mode = path.endsWith('common.postinst') ? 0o755 : 0o644;
    entries.set(prefix + path, fileEntry(prefix + path, bytes, { mode, mtime: sampleTime }));
  }
  return [...entries.values()];
}
