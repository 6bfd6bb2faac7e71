import { Header } from 'tar/header';
import { Pax } from 'tar/pax';

/** An entry of a tar stream. Its body must be read to its end before the next entry is asked for. */
export interface StreamedEntry {
  path: string;
  isFile: boolean;
  size: number;
  /** The header blocks as they lie there, with those for long names before them. */
  head: Buffer;
  body: AsyncIterable<Buffer>;
  /** The zeros that fill the body's last block. */
  padding: number;
}

const block = 512;
/** The most bytes that a long name or a pax header may have. */
const metaLimit = 1024 * 1024;

/** Reads a tar stream entry by entry. What follows the last entry is the value that the generator returns. */
export async function* tarEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamedEntry, Buffer> {
  const reader = new Reader(chunks);
  let head: Buffer[] = [];
  let pax: Pax | undefined;
  let longPath: string | undefined;
  for (;;) {
    const first = await reader.take(block);
    // The long name must be known here: cut at 100 bytes it may end in a slash, and the file be taken for a folder.
    const header = new Header(first, 0, longPath === undefined ? pax : { ...pax, path: longPath });
    if (header.nullBlock) return Buffer.concat([...head, first, await reader.rest()]);
    if (!header.cksumValid) throw new Error('a tar header has a wrong checksum');
    head.push(first);
    const isFile = ['File', 'OldFile', 'ContiguousFile'].includes(header.type);
    const isMeta = ['ExtendedHeader', 'GlobalExtendedHeader', 'NextFileHasLongPath', 'NextFileHasLongLinkpath'].includes(header.type);
    // GNU tar notes the size of its target with a hard link, and no body follows.
    const size = isFile || isMeta ? (header.size ?? 0) : 0;
    const padding = (block - (size % block)) % block;
    if (isMeta) {
      if (size > metaLimit) throw new Error(`a tar header of ${size} bytes`);
      const meta = await reader.take(size + padding);
      head.push(meta);
      const text = meta.toString('utf8', 0, size);
      if (header.type === 'ExtendedHeader') pax = Pax.parse(text, pax);
      if (header.type === 'NextFileHasLongPath') longPath = text.replace(/\0.*$/s, '');
      continue;
    }
    yield { path: header.path ?? '', isFile, size, head: Buffer.concat(head), body: reader.stream(size), padding };
    await reader.take(padding);
    head = [];
    pax = undefined;
    longPath = undefined;
  }
}

/** Takes bytes from a stream of chunks. */
class Reader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#source = chunks[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (!done) this.#rest = Buffer.concat([this.#rest, value]);
    return !done;
  }

  async take(size: number): Promise<Buffer> {
    while (this.#rest.length < size) if (!(await this.#fill())) throw new Error('the archive is cut off');
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  async *stream(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#fill())) throw new Error('the archive is cut off');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async rest(): Promise<Buffer> {
    while (await this.#fill());
    return this.#rest;
  }
}
