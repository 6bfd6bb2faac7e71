import { newArMember } from './ar.js';
import { setField } from './control.js';
import type { Deb } from './deb.js';
import { installedSize, sumLine } from './sums.js';
import { directoryEntry, type Entry, fileEntry, symlinkEntry } from './tar.js';

/** A package that is made, and not changed. */
export interface NewPackage {
  /** The text of the control file; its Installed-Size is set. */
  control: string;
  /** Maintainer scripts by their names. */
  scripts: Readonly<Record<string, string>>;
  /** Lines of deb-triggers(5). */
  triggers?: readonly string[];
  /** Files by path without leading slash. Their directories are added. One that begins with `#!` can be run. */
  files: ReadonlyMap<string, Buffer>;
  /** Targets of symbolic links by path. */
  links?: ReadonlyMap<string, string>;
  /** The time of everything in it, in seconds since 1970. */
  time: number;
}

/** Makes a package as dpkg-deb does with --root-owner-group: everything is of root, and the order is that of the paths. */
export function newDeb({ control: text, scripts, triggers = [], files, links = new Map(), time }: NewPackage): Deb {
  const data = treeEntries('./', { files, links, time });
  const sums = [...files].sort(byPath).map(([path, body]) => sumLine(path, body));
  const members: [name: string, text: string, mode?: number][] = [
    ['control', setField(text, 'Installed-Size', String(installedSize(data)))],
    ['md5sums', sums.join('')],
    ...Object.entries(scripts).map(([name, script]): [string, string, number] => [name, script, 0o755]),
  ];
  if (triggers.length > 0) members.push(['triggers', triggers.map((line) => `${line}\n`).join('')]);
  const control = members.map(([name, body, mode = 0o644]) => fileEntry(`./${name}`, Buffer.from(body), { mode, mtime: time }));
  return { binary: newArMember('debian-binary', Buffer.from('2.0\n'), time), control: [directoryEntry('./', time), ...control], data };
}

/** The text of a control file. @param fields in their order; Installed-Size is added behind the one of the maintainer */
export function controlText(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\n${name === 'Maintainer' ? 'Installed-Size: 0\n' : ''}`).join('');
}

/** Files and links with their directories, each of these before what is in it. @param prefix of all paths: `./`, or none */
export function treeEntries(prefix: '' | './', { files, links = new Map(), time }: Pick<NewPackage, 'files' | 'links' | 'time'>): Entry[] {
  const paths = [...files.keys(), ...links.keys()];
  const directories = new Set([...(prefix === '' ? [] : ['']), ...paths.flatMap(directoriesOf)]);
  return [...directories, ...paths].sort().map((path): Entry => {
    const body = files.get(path);
    if (body !== undefined) return fileEntry(prefix + path, body, { mode: modeOf(body), mtime: time });
    const target = links.get(path);
    return target === undefined ? directoryEntry(prefix + path, time) : symlinkEntry(prefix + path, target, time);
  });
}

function byPath([a]: [string, Buffer], [b]: [string, Buffer]): number {
  return a < b ? -1 : 1;
}

/** Policy 10.9: what can be run is 0755, and else a file 0644. */
function modeOf(body: Buffer): number {
  return body.toString('latin1', 0, 2) === '#!' ? 0o755 : 0o644;
}

/** The directories above a path, each with a slash at its end. */
function directoriesOf(path: string): string[] {
  const steps = path.split('/').slice(0, -1);
  return steps.map((_, index) => `${steps.slice(0, index + 1).join('/')}/`);
}
