import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { ByteReader } from './byte-reader.js';
import { copies } from './chunks.js';

/** An entry of a tar stream. Its body can be read until the next entry is asked for. */
export interface StreamedEntry {
  path: string;
  /** As the library names it: File, OldFile, Link, SymbolicLink, CharacterDevice … */
  type: string;
  isFile: boolean;
  /** The target of a link, else empty. */
  linkTarget: string;
  /** The bytes of its body. */
  size: number;
  /** The header blocks as they are in the archive, with those for long names before them. */
  head: Buffer;
  body: AsyncIterable<Buffer>;
  /** The zeros that fill the body's last block. */
  padding: number;
}

const block = 512;
/** The most bytes that a long name or a pax header may have. */
const metaLimit = 1024 * 1024;
const fileTypes = ['File', 'OldFile', 'ContiguousFile'];
/** No body follows these: GNU tar notes the size of its target with a hard link. */
const bodilessTypes = ['Link', 'SymbolicLink', 'CharacterDevice', 'BlockDevice', 'Directory', 'FIFO'];
const metaTypes = ['ExtendedHeader', 'GlobalExtendedHeader', 'NextFileHasLongPath', 'NextFileHasLongLinkpath'];

/** A tar stream: its entries, and after the last of them what follows. */
export interface TarStream {
  entries: AsyncIterable<StreamedEntry>;
  /** The zeros that end the archive, and whatever comes after them. */
  rest(): AsyncIterable<Buffer>;
}

/**
 * Reads a tar stream entry by entry: v7, ustar, GNU and pax. It ends at the first empty block, as GNU tar has it, or with the
 * stream. An entry whose body is not read is passed over.
 *
 * @throws Error while it is read, for a stream that is truncated or corrupt
 */
export function readTarStream(chunks: AsyncIterable<Buffer>): TarStream {
  const reader = new ByteReader(chunks);
  let end: Buffer[] = [];
  const entries = async function* () {
    for (;;) {
      const { header, names, head } = await readHead(reader);
      if (header === undefined) {
        end = head;
        return;
      }
      const { size, isFile, padding } = extentOf(header);
      // The library puts the prefix of the header before a long name, and prefers the short target of a link.
      const path = names.long?.path ?? names.pax?.path ?? header.path ?? '';
      const linkTarget = names.long?.linkpath ?? names.pax?.linkpath ?? header.linkpath ?? '';
      yield { path, linkTarget, type: header.type, isFile, size, padding, head: Buffer.concat(head), body: copies(reader.body(size)) };
      await reader.skip(padding);
    }
  };
  const rest = async function* () {
    yield* end;
    yield* copies(reader.rest());
  };
  return { entries: entries(), rest };
}

/** The next entry's header, and its blocks with those for long names before them; no header at the end of the archive. */
async function readHead(reader: ByteReader): Promise<{ header?: Header; names: Names; head: Buffer[] }> {
  const head: Buffer[] = [];
  let names: Names = {};
  for (;;) {
    if (head.length === 0 && (await reader.isAtEnd())) return { names, head };
    const first = await reader.read(block);
    // The long name must be known here: cut at 100 bytes it may end in a slash, and the file be mistaken for a directory.
    const header = new Header(first, 0, { ...names.pax, ...names.long });
    head.push(first);
    if (header.nullBlock) return { names, head };
    if (!header.cksumValid) throw new Error('a tar header has a wrong checksum');
    if (!metaTypes.includes(header.type)) return { header, names, head };
    const { size, padding } = extentOf(header);
    if (size > metaLimit) throw new Error(`a tar header of ${size} bytes`);
    const meta = await reader.read(size + padding);
    head.push(meta);
    names = withMeta(names, header.type, meta.toString('utf8', 0, size));
  }
}

/** What the entries before a header say of it. */
interface Names {
  pax?: Pax;
  long?: { path?: string; linkpath?: string };
}

function withMeta(names: Names, type: string, text: string): Names {
  if (type === 'ExtendedHeader') return { ...names, pax: Pax.parse(text, names.pax) };
  const name = text.replace(/\0.*$/s, '');
  if (type === 'NextFileHasLongPath') return { ...names, long: { ...names.long, path: name } };
  if (type === 'NextFileHasLongLinkpath') return { ...names, long: { ...names.long, linkpath: name } };
  return names;
}

function extentOf(header: Header): { size: number; isFile: boolean; padding: number } {
  const isFile = fileTypes.includes(header.type);
  // What is of no known type has a body, too (pax(1), ustar interchange format).
  const size = bodilessTypes.includes(header.type) ? 0 : header.size;
  if (size === undefined || size < 0) throw new Error('a tar header has an invalid size');
  return { size, isFile, padding: (block - (size % block)) % block };
}
