import { createHash } from 'node:crypto';
import { newArMember } from './ar.js';
import type { Deb } from './deb.js';
import { directoryEntry, type Entry, fileEntry } from './tar.js';

/** A package that is made, and not changed. */
export interface NewPackage {
  /** Fields of the control file in their order; Installed-Size is added behind the one of the maintainer. */
  fields: readonly (readonly [name: string, value: string])[];
  /** Maintainer scripts by their names. */
  scripts: Readonly<Record<string, string>>;
  /** Lines of deb-triggers(5). */
  triggers: readonly string[];
  /** Files by path without leading slash. Their directories are added. */
  files: ReadonlyMap<string, Buffer>;
  /** The time of everything in it, in seconds since 1970. */
  time: number;
}

/** Makes a package as dpkg-deb does with --root-owner-group: everything is of root, and the order is that of the paths. */
export function newDeb({ fields, scripts, triggers, files, time }: NewPackage): Deb {
  const paths = [...files.keys()].sort();
  const directories = [...new Set(paths.flatMap(directoriesOf))];
  const data = ['', ...directories, ...paths].sort().map((path): Entry => {
    const body = files.get(path);
    return body === undefined ? directoryEntry(`./${path}`, time) : fileEntry(`./${path}`, body, { mtime: time });
  });
  const sums = paths.map(
    (path) =>
      `${createHash('md5')
        .update(files.get(path) ?? '')
        .digest('hex')}  ${path}\n`,
  );
  const control: [string, string, number][] = [
    ['control', controlText(fields, data), 0o644],
    ['md5sums', sums.join(''), 0o644],
    ...Object.entries(scripts).map(([name, text]): [string, string, number] => [name, text, 0o755]),
    ['triggers', triggers.map((line) => `${line}\n`).join(''), 0o644],
  ];
  const entries = control.map(([name, text, mode]) => fileEntry(`./${name}`, Buffer.from(text), { mode, mtime: time }));
  return { binary: newArMember('debian-binary', Buffer.from('2.0\n'), time), control: [directoryEntry('./', time), ...entries], data };
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
