/** Bundles made by hand, for the strange ones that no tar program writes. */
import { gzipSync } from 'node:zlib';
import { Header } from 'tar/header';
import type { EntryTypeName } from 'tar/types';

export interface Member {
  path: string;
  body?: Buffer;
  type?: EntryTypeName;
  linkpath?: string;
  /** What the header says, in bytes, where it lies. */
  size?: number;
}

const block = 512;

/** The header of a member, and its content filled up to whole blocks. */
export function tarMember({ path, body = Buffer.alloc(0), type = 'File', linkpath, size = body.length }: Member): Buffer {
  const head = Buffer.alloc(block);
  const owner = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(1_656_720_000_000), devmaj: 1, devmin: 3 };
  new Header({ path, type, size, ...owner, ...(linkpath === undefined ? {} : { linkpath }) }).encode(head);
  return Buffer.concat([head, body, Buffer.alloc((block - (body.length % block)) % block)]);
}

export const endOfTar = Buffer.alloc(2 * block);

export function tarOf(...members: Member[]): Buffer {
  return Buffer.concat([...members.map(tarMember), endOfTar]);
}

export function bundleOf(...members: Member[]): Buffer {
  return gzipSync(tarOf(...members));
}

/** The same bytes each time, of no pattern that gzip could use. */
export function noise(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** The bytes in pieces of the given sizes, the last of them repeated; `pulled` counts what was asked for. */
export function pieces(bytes: Buffer, ...sizes: number[]): { source: AsyncIterable<Buffer>; pulled: () => number } {
  let offset = 0;
  const source = (async function* () {
    for (let i = 0; offset < bytes.length; i++) {
      const size = sizes[Math.min(i, sizes.length - 1)] ?? bytes.length;
      const piece = bytes.subarray(offset, offset + size);
      offset += piece.length;
      yield piece;
    }
  })();
  return { source, pulled: () => offset };
}
