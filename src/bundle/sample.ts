import { createHash } from 'node:crypto';
import { newArMember } from '../deb/ar.js';
import { gzip } from '../deb/compress.js';
import { readFields, setField } from '../deb/control.js';
import { type Deb, writeDeb } from '../deb/deb.js';
import { type Entry, newEntry, writeTar } from '../deb/tar.js';
import { parseVersion } from '../deb/version.js';

/** 2022-07-02, the day of the first report; fixed, so that the sample is the same bytes everywhere. */
const sampleTime = Date.UTC(2022, 6, 2) / 1000;

/**
 * Packs a sample's files as the vendor packs his: a bundle, with a kernel-mft-dkms package in its SDEBS folder.
 *
 * @param files `DEBIAN/…` maintainer files, `source/…` the dkms source, `changelog`, `README.txt`
 * @returns the bundle's name and its bytes
 */
export function packSample(files: ReadonlyMap<string, Buffer>): { name: string; bytes: Buffer } {
  const control = readFields(files.get('DEBIAN/control')?.toString('utf8') ?? '');
  const version = control.get('version') ?? '';
  const folder = `mft-${version}-x86_64-deb`;
  const deb = writeDeb(samplePackage(files, parseVersion(version).upstream));
  const bundle = writeTar(
    withFolders('', [
      [`${folder}/README.txt`, files.get('README.txt') ?? Buffer.alloc(0)],
      [`${folder}/SDEBS/${control.get('package')}_${version}_all.deb`, deb],
    ]),
  );
  return { name: `${folder}.tgz`, bytes: gzip(bundle) };
}

function samplePackage(files: ReadonlyMap<string, Buffer>, version: string): Deb {
  const source = `usr/src/kernel-mft-dkms-${version}`;
  const content: [string, Buffer][] = [];
  for (const [path, bytes] of files) {
    if (path.startsWith('source/')) content.push([path.replace('source', source), bytes]);
  }
  content.push(['usr/share/doc/kernel-mft-dkms/changelog.Debian.gz', gzip(files.get('changelog') ?? Buffer.alloc(0))]);
  content.sort(([a], [b]) => (a < b ? -1 : 1));
  const data = withFolders('./', content);
  const sums = content.map(([path, bytes]) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`);
  const size = data.reduce((total, { type, body }) => total + (type === 'file' ? Math.ceil(body.length / 1024) : 1), 0);
  const control = (files.get('DEBIAN/control') ?? Buffer.alloc(0)).toString('utf8');
  return {
    binary: newArMember('debian-binary', Buffer.from('2.0\n'), sampleTime),
    control: [
      newEntry('./', 'directory', 0o755, sampleTime),
      newEntry('./control', 'file', 0o644, sampleTime, Buffer.from(setField(control, 'Installed-Size', String(size)))),
      newEntry('./md5sums', 'file', 0o644, sampleTime, Buffer.from(sums.join(''))),
      ...['postinst', 'prerm'].map((name) => newEntry(`./${name}`, 'file', 0o755, sampleTime, files.get(`DEBIAN/${name}`))),
    ],
    data,
  };
}

/** Entries for the files, each folder before what is in it. */
function withFolders(prefix: string, files: readonly [string, Buffer][]): Entry[] {
  const entries = new Map<string, Entry>();
  const folder = (path: string) => {
    if (path !== '' && !entries.has(path)) entries.set(path, newEntry(path, 'directory', 0o755, sampleTime));
  };
  folder(prefix);
  for (const [path, bytes] of files) {
    const parts = path.split('/').slice(0, -1);
    for (const [index] of parts.entries()) folder(`${prefix}${parts.slice(0, index + 1).join('/')}/`);
    const mode = path.endsWith('common.postinst') ? 0o755 : 0o644;
    entries.set(prefix + path, newEntry(prefix + path, 'file', mode, sampleTime, bytes));
  }
  return [...entries.values()];
}
