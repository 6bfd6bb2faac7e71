import { gzip } from '../deb/compress.js';
import { readFields } from '../deb/control.js';
import { type Deb, writeDeb } from '../deb/deb.js';
import { newDeb, treeEntries } from '../deb/new-deb.js';
import { writeTar } from '../deb/tar.js';
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
  const content = new Map([
    [`${directory}/README.txt`, files.get('README.txt') ?? Buffer.alloc(0)],
    [`${directory}/SDEBS/${control.get('package')}_${version}_all.deb`, deb],
  ]);
  return { name: `${directory}.tgz`, bytes: gzip(writeTar(treeEntries('', { files: content, time: sampleTime }))) };
}

function samplePackage(files: ReadonlyMap<string, Buffer>, version: string): Deb {
  const source = `usr/src/${defaultPackage}-${version}`;
  const sources = [...files].flatMap(([path, bytes]): [string, Buffer][] =>
    path.startsWith('source/') ? [[path.replace('source', source), bytes]] : [],
  );
  const changelog = gzip(files.get('changelog') ?? Buffer.alloc(0));
  const textOf = (name: string) => (files.get(`DEBIAN/${name}`) ?? Buffer.alloc(0)).toString('utf8');
  return newDeb({
    control: textOf('control'),
    scripts: { postinst: textOf('postinst'), prerm: textOf('prerm') },
    files: new Map([...sources, [`usr/share/doc/${defaultPackage}/changelog.Debian.gz`, changelog]]),
    time: sampleTime,
  });
}
