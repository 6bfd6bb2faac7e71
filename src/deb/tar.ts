import { Header } from 'tar/header';
import { fail, messageOf } from '../errors.js';

export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo';

/** One entry of a tar archive, kept so that writing it back gives the same bytes. */
export interface Entry {
  /** The header blocks as they are in the archive, with the GNU long-name blocks that precede them. */
  readonly head: Buffer;
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Target of a symbolic or hard link, else empty. */
  readonly linkTarget: string;
  readonly body: Buffer;
}

const block = 512;
const record = 20 * block;

const typeNames: Record<string, EntryType> = {
  File: 'file',
  OldFile: 'file',
  Directory: 'directory',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
  CharacterDevice: 'character-device',
  BlockDevice: 'block-device',
  FIFO: 'fifo',
};

/**
 * Reads a tar archive of the kinds that dpkg reads (deb(5): v7, ustar, GNU long names; no pax headers).
 *
 * @param path names the archive in errors
 * @throws package-damaged; package-unfit for kinds of entries that dpkg refuses
 */
export function readTar(bytes: Buffer, path: string): Entry[] {
  const entries: Entry[] = [];
  let headStart = 0;
  let long: { path?: string; link?: string } = {};
  for (let offset = 0; ; ) {
    const header = readHeader(bytes, offset, path, long.path);
    if (header === undefined) return entries;
    const type = typeNames[header.type];
    const bodyStart = offset + block;
    const body = bytes.subarray(bodyStart, bodyStart + bodySize(header, bytes.length - bodyStart, offset, path));
    offset = bodyStart + Math.ceil(body.length / block) * block;
    if (type === undefined) {
      const name = body.toString('utf8').replace(/\0.*$/s, '');
      long = { ...long, [header.type === 'NextFileHasLongPath' ? 'path' : 'link']: name };
      continue;
    }
    entries.push({
      head: bytes.subarray(headStart, bodyStart),
      // The library puts the prefix of the header before a long name, which dpkg does not.
      path: long.path ?? header.path ?? '',
      type,
      mode: header.mode ?? 0,
      mtime: (header.mtime?.getTime() ?? 0) / 1000,
      linkTarget: long.link ?? header.linkpath ?? '',
      body,
    });
    headStart = offset;
    long = {};
  }
}

/** The header at an offset, checked; undefined at the end of the archive. */
function readHeader(bytes: Buffer, offset: number, path: string, longPath: string | undefined): Header | undefined {
  const damaged = (detail: string, cause?: unknown): never => fail({ code: 'package-damaged', path, detail }, cause);
  if (offset + block > bytes.length) damaged(`the tar archive is truncated at byte ${offset}`);
  let header: Header;
  try {
    // The long name must be known here: cut at 100 bytes it may end in a slash, and the file be mistaken for a directory.
    header = new Header(bytes, offset, longPath === undefined ? undefined : { path: longPath });
  } catch (error) {
    // It throws for invalid numbers in base 256, before it looks at the checksum.
    return damaged(`tar header at byte ${offset}: ${messageOf(error)}`, error);
  }
  if (header.nullBlock) return undefined;
  if (!header.cksumValid) damaged(`tar header at byte ${offset} has a wrong checksum`);
  const invalid = numbers.find(([, ...place]) => !isNumber(bytes, offset, ...place));
  if (invalid) damaged(`${header.path ?? '?'}: invalid ${invalid[0]} field (not accepted by tar or dpkg)`);
  if (!typeNames[header.type] && header.type !== 'NextFileHasLongPath' && header.type !== 'NextFileHasLongLinkpath')
    fail({ code: 'package-unfit', path, detail: `${header.path ?? '?'}: dpkg cannot read tar entries of type '${header.typeKey}'` });
  return header;
}

/** How many bytes of content follow a header. @param available how many bytes there are */
function bodySize(header: Header, available: number, offset: number, path: string): number {
  const type = typeNames[header.type];
  if (type !== undefined && type !== 'file') return 0;
  const { size } = header;
  if (size === undefined) return fail({ code: 'package-damaged', path, detail: `tar header at byte ${offset} has no size` });
  if (!Number.isSafeInteger(size) || size > available) {
    const detail = `${header.path ?? '?'} is truncated: header says ${size} bytes, ${available} available`;
    fail({ code: 'package-damaged', path, detail });
  }
  return size;
}

/** The numbers of a header: name, first byte, length (tar(5)). */
const numbers: [string, number, number][] = [
  ['mode', 100, 8],
  ['uid', 108, 8],
  ['gid', 116, 8],
  ['size', 124, 12],
  ['mtime', 136, 12],
  ['checksum', 148, 8],
];

/** Whether tar(1) and dpkg take the field as a number: octal digits, or base 256 of a size that octal could have held; where they warn, the library reads on. */
function isNumber(bytes: Buffer, offset: number, start: number, length: number): boolean {
  const field = bytes.subarray(offset + start, offset + start + length);
  if (field[0] !== 0x80) return /^ *[0-7]+[ \0]*$/.test(field.toString('latin1'));
  return field.subarray(1, -5).every((byte) => byte === 0) && (field.at(-5) ?? 0) < 2;
}

/** Writes the entries as an archive, ended and padded to a record of 10240 bytes as GNU tar and dpkg-deb do. */
export function writeTar(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  const push = (part: Buffer) => {
    parts.push(part);
    size += part.length;
  };
  for (const { head, body } of entries) {
    push(head);
    push(body);
    if (body.length % block > 0) push(Buffer.alloc(block - (body.length % block)));
  }
  const end = Math.ceil((size + 2 * block) / record) * record;
  push(Buffer.alloc(end - size));
  return Buffer.concat(parts);
}

/** The same entry with another content. Only size and checksum of its header change. */
export function withBody(entry: Entry, body: Buffer): Entry {
  return { ...entry, head: withSize(entry.head, body.length), body };
}

/** The header blocks of an entry, for another size of its body. */
export function withSize(head: Buffer, size: number): Buffer {
  const copy = Buffer.from(head);
  const last = copy.subarray(copy.length - block);
  last.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  last.fill(' ', 148, 156);
  const sum = last.reduce((total, byte) => total + byte, 0);
  last.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** A file of root. `mtime` in seconds since 1970. The path must fit a ustar header. */
export function fileEntry(path: string, body: Buffer, { mode = 0o644, mtime = 0 }: { mode?: number; mtime?: number } = {}): Entry {
  return newEntry({ path, type: 'file', mode, mtime, body });
}

/** A directory of root. */
export function directoryEntry(path: string, mtime: number): Entry {
  return newEntry({ path, type: 'directory', mode: 0o755, mtime, body: Buffer.alloc(0) });
}

/** A symbolic link of root. Target and path must fit a ustar header. */
export function symlinkEntry(path: string, linkTarget: string, mtime: number): Entry {
  return newEntry({ path, type: 'symlink', mode: 0o777, mtime, body: Buffer.alloc(0), linkTarget });
}

/** Of what newEntry makes: the library's names of their types. */
const newTypes = { file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const;

interface NewEntry extends Pick<Entry, 'path' | 'mode' | 'mtime' | 'body'> {
  type: keyof typeof newTypes;
  linkTarget?: string;
}

function newEntry({ linkTarget = '', ...fields }: NewEntry): Entry {
  const { path, mode, mtime, body } = fields;
  const header = new Header({
    ...{ path, mode, uid: 0, gid: 0, uname: 'root', gname: 'root' },
    ...(linkTarget === '' ? {} : { linkpath: linkTarget }),
    size: body.length,
    mtime: new Date(mtime * 1000),
    type: newTypes[fields.type],
  });
  const head = Buffer.alloc(block);
  if (header.encode(head)) throw new RangeError(`${path} does not fit a ustar header`);
  return { ...fields, head, linkTarget };
}
