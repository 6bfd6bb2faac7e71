import { Header } from 'tar/header';
import { fail, wordsOf } from '../errors.js';

export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo';

/** One entry of a tar archive, kept so that writing it back gives the same bytes. */
export interface Entry {
  /** The header blocks as they lay in the archive, with the GNU long-name blocks that precede them. */
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

const typeOf: Record<string, EntryType> = {
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
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (let offset = 0; ; ) {
    if (offset + block > bytes.length) {
      fail({ code: 'package-damaged', path, detail: `the tar archive is cut off at byte ${offset}` });
    }
    const header = readHeader(bytes, offset, path, longPath);
    if (header.nullBlock) return entries;
    if (!header.cksumValid) {
      fail({ code: 'package-damaged', path, detail: `tar header at byte ${offset} has a wrong checksum` });
    }
    const stranger = numbers.find(([, ...place]) => !isNumber(bytes, offset, ...place));
    if (stranger)
      fail({ code: 'package-damaged', path, detail: `${header.path ?? '?'}: its ${stranger[0]} is no number that tar and dpkg take` });
    const isLongName = header.type === 'NextFileHasLongPath' || header.type === 'NextFileHasLongLinkpath';
    const type = typeOf[header.type];
    if (!type && !isLongName) {
      fail({
        code: 'package-unfit',
        path,
        detail: `${header.path ?? '?'}: tar entries of type '${header.typeKey}' cannot be read by dpkg`,
      });
    }
    const hasBody = type === undefined || type === 'file';
    if (hasBody && header.size === undefined) {
      fail({ code: 'package-damaged', path, detail: `tar header at byte ${offset} has no size` });
    }
    const size = hasBody ? (header.size ?? 0) : 0;
    const bodyStart = offset + block;
    const bodyEnd = bodyStart + size;
    if (!Number.isSafeInteger(size) || bodyEnd > bytes.length) {
      fail({
        code: 'package-damaged',
        path,
        detail: `${header.path ?? '?'} is cut off: ${size} bytes promised, ${bytes.length - bodyStart} there`,
      });
    }
    const body = bytes.subarray(bodyStart, bodyEnd);
    offset = bodyStart + Math.ceil(size / block) * block;
    if (type === undefined) {
      const name = body.toString('utf8').replace(/\0.*$/s, '');
      if (header.type === 'NextFileHasLongPath') longPath = name;
      else longLink = name;
      continue;
    }
    entries.push({
      head: bytes.subarray(headStart, bodyStart),
      path: header.path ?? '',
      type,
      mode: header.mode ?? 0,
      mtime: (header.mtime?.getTime() ?? 0) / 1000,
      linkTarget: longLink ?? header.linkpath ?? '',
      body,
    });
    headStart = offset;
    longPath = undefined;
    longLink = undefined;
  }
}

function readHeader(bytes: Buffer, offset: number, path: string, longPath: string | undefined): Header {
  try {
    // The long name must be known here: cut at 100 bytes it may end in a slash, and the file be taken for a folder.
    return new Header(bytes, offset, longPath === undefined ? undefined : { path: longPath });
  } catch (error) {
    // It throws for numbers in base 256 that are none, before it looks at the checksum.
    fail({ code: 'package-damaged', path, detail: `tar header at byte ${offset}: ${wordsOf(error)}` }, error);
  }
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

/** What tar(1) and dpkg take as one: octal digits, or base 256 of a size that octal could have held; where they warn, the library reads on. */
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

/** Makes a file or directory of root. `mtime` in seconds since 1970. The path must fit a ustar header. */
export function newEntry(path: string, type: 'file' | 'directory', mode: number, mtime: number, body: Buffer = Buffer.alloc(0)): Entry {
  const header = new Header({
    path,
    mode,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: new Date(mtime * 1000),
    type: type === 'file' ? 'File' : 'Directory',
    uname: 'root',
    gname: 'root',
  });
  const head = Buffer.alloc(block);
  if (header.encode(head)) throw new RangeError(`${path} does not fit a ustar header`);
  return { head, path, type, mode, mtime, linkTarget: '', body };
}
