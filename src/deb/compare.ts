import { readFields } from './control.js';
import { controlFile, type Deb, plainPath } from './deb.js';
import type { Entry } from './tar.js';

/** How a package's file differs from the rebuilt package: a line for each control field, control file, file or directory. */
export function differencesOf(file: Deb, made: Deb): string[] {
  const found = [
    ...fieldDifferences(file, made),
    ...entryDifferences(file.control, made.control, 'control: ').filter((line) => line !== `control: control: ${otherContent}`),
    ...entryDifferences(file.data, made.data, ''),
    ...(file.binary.header.equals(made.binary.header) && file.binary.body.equals(made.binary.body) ? [] : ['debian-binary: other content']),
  ];
  return found.length > 0 ? found : ['the same entries, in another order or packed otherwise'];
}

const otherContent = 'other content';

/** The fields of the control file; what is not a paragraph counts as one without fields. */
function fieldDifferences(file: Deb, made: Deb): string[] {
  const texts = [file, made].map((deb) => controlFile(deb, 'control')?.body.toString('utf8') ?? '');
  if (texts[0] === texts[1]) return [];
  const [now, then] = texts.map(fieldsOf) as [Map<string, string>, Map<string, string>];
  const names = [...new Set([...then.keys(), ...now.keys()])].filter((name) => now.get(name) !== then.get(name));
  if (names.length === 0) return [`control: ${otherContent}`];
  return names.map((name) => `control: the field ${name} is '${now.get(name) ?? ''}', '${then.get(name) ?? ''}' when rebuilt`);
}

function fieldsOf(text: string): Map<string, string> {
  try {
    return readFields(text);
  } catch {
    return new Map();
  }
}

function entryDifferences(file: readonly Entry[], made: readonly Entry[], prefix: string): string[] {
  const [now, then] = [byPath(file), byPath(made)];
  const lost = [...then.keys()].filter((path) => !now.has(path)).map((path) => `${prefix}${path}: not in the file`);
  const others = [...now].flatMap(([path, entry]) => {
    const before = then.get(path);
    if (before === undefined) return [`${prefix}${path}: only in the file`];
    if (!entry.body.equals(before.body)) return [`${prefix}${path}: ${otherContent}`];
    return metadata(entry) === metadata(before) ? [] : [`${prefix}${path}: other kind, mode, owner or time`];
  });
  return [...lost, ...others];
}

/** What an entry says of itself but for its content, whichever tar wrote it. */
function metadata({ type, mode, mtime, linkTarget, head }: Entry): string {
  const names = [fieldOf(head, 265, 32), fieldOf(head, 297, 32)].map((name) => name.replace(/\0.*$/s, ''));
  return JSON.stringify([type, mode, mtime, linkTarget, ownerOf({ head }), names]);
}

/** uid and gid of an entry, as in 0:0. */
export function ownerOf({ head }: Pick<Entry, 'head'>): string {
  return [fieldOf(head, 108, 8), fieldOf(head, 116, 8)].map((id) => id.replace(/^0+(?=[0-7])|[ \0]+$/g, '')).join(':');
}

/** A field of the header: uid and gid in octal digits, user and group by name (tar(5), ustar). */
function fieldOf(head: Buffer, start: number, length: number): string {
  return head.toString('latin1', head.length - 512 + start, head.length - 512 + start + length);
}

/** The entries by path. An archive may hold a path twice, and the later one counts when it is unpacked: both are kept apart. */
function byPath(entries: readonly Entry[]): Map<string, Entry> {
  const times = new Map<string, number>();
  return new Map(
    entries.map((entry) => {
      const path = plainPath(entry) || './';
      const before = times.get(path) ?? 0;
      times.set(path, before + 1);
      return [before === 0 ? path : `${path}, number ${before + 1}`, entry];
    }),
  );
}
