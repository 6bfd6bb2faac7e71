import { createHash } from 'node:crypto';
import { newArMember } from './ar.js';
import type { Deb } from './deb.js';
import { directoryEntry, type Entry, fileEntry, symlinkEntry } from './tar.js';

/** A package that is made, and not changed. */
export interface NewPackage {
  /** Fields of the control file in their order; Installed-Size is added behind the one of the maintainer. */
  fields: readonly (readonly [name: string, value: string])[];
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
export function newDeb({ fields, scripts, triggers = [], files, links = new Map(), time }: NewPackage): Deb {
  const paths = [...files.keys()].sort();
  const directories = [...new Set([...paths, ...links.keys()].flatMap(directoriesOf))];
  const data = ['', ...directories, ...paths, ...links.keys()].sort().map((path): Entry => {
    const body = files.get(path);
    if (body !== undefined) return fileEntry(`./${path}`, body, { mode: modeOf(body), mtime: time });
    const target = links.get(path);
    return target === undefined ? directoryEntry(`./${path}`, time) : symlinkEntry(`./${path}`, target, time);
  });
  const sums = paths.map((path) => `${md5(files.get(path) ?? Buffer.alloc(0))}  ${path}\n`);
  const control: [string, string, number][] = [
    ['control', controlText(fields, data), 0o644],
    ['md5sums', sums.join(''), 0o644],
    ...Object.entries(scripts).map(([name, text]): [string, string, number] => [name, text, 0o755]),
    ...(triggers.length > 0 ? [['triggers', triggers.map((line) => `${line}\n`).join(''), 0o644] satisfies [string, string, number]] : []),
  ];
  const entries = control.map(([name, text, mode]) => fileEntry(`./${name}`, Buffer.from(text), { mode, mtime: time }));
  return { binary: newArMember('debian-binary', Buffer.from('2.0\n'), time), control: [directoryEntry('./', time), ...entries], data };
}

/** Policy 10.9: what can be run is 0755, and else a file 0644. */
function modeOf(body: Buffer): number {
  return body.toString('latin1', 0, 2) === '#!' ? 0o755 : 0o644;
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The directories above a path, each with a slash at its end. */
function directoriesOf(path: string): string[] {
  const steps = path.split('/').slice(0, -1);
  return steps.map((_, index) => `${steps.slice(0, index + 1).join('/')}/`);
}

/** deb-control(5). Installed-Size is in KiB, as dpkg-gencontrol counts: files rounded up, one for anything else. */
function controlText(fields: NewPackage['fields'], data: readonly Entry[]): string {
  const size = data.reduce((sum, { type, body }) => sum + (type === 'file' ? Math.ceil(body.length / 1024) : 1), 0);
  const lines = fields.flatMap(([name, value]) => [`${name}: ${value}`, ...(name === 'Maintainer' ? [`Installed-Size: ${size}`] : [])]);
  return `${lines.join('\n')}\n`;
}
