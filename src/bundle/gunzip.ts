/** gzip with one buffer for all that comes out: new ones for each piece cost more than decompressing does, in time and memory. */
import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { constants, createGunzip, type Gunzip } from 'node:zlib';
import { copies } from './chunks.js';

/** What comes out at a time. */
const pieceSize = 256 * 1024;
/** How many pieces may come out of one that goes in, before signals are looked at: what has more is mostly zeros. */
const piecesInARow = 64;

/** What Node's zlib.js itself works with, from 20 to 26 at least. No type names it, since nobody promises that it stays. */
interface Inside {
  _handle?: { writeSync?(flush: number, ...inputThenOutput: [Uint8Array, number, number, Uint8Array, number, number]): void } | null;
  /** What is left after a write: of the output's room, and of the input. */
  _writeState: Uint32Array;
}

/**
 * Decompresses gzip. What follows the last member is padding, and is read to its end.
 *
 * @returns pieces, each of which holds until the next one is asked for
 * @throws Error while it is read, for what is truncated or corrupt
 */
export async function* gunzipped(source: AsyncIterable<Buffer>, stream: Gunzip = createGunzip()): AsyncGenerator<Buffer> {
  const gunzip = stream as Gunzip & Inside;
  // A Node without that does the same in more time.
  if (gunzip._handle?.writeSync === undefined) return yield* pipeline(Readable.from(copies(source)), gunzip, () => {});
  // It is thrown below.
  gunzip.on('error', () => {});
  const output = Buffer.allocUnsafeSlow(pieceSize);
  let isAtEnd = false;
  try {
    for await (const chunk of source) if (!isAtEnd) yield* inflated(chunk, constants.Z_NO_FLUSH);
    if (!isAtEnd) yield* inflated(Buffer.alloc(0), constants.Z_FINISH);
  } finally {
    gunzip.destroy();
  }

  async function* inflated(input: Buffer, flush: number): AsyncGenerator<Buffer> {
    let left = input.length;
    for (let pieces = 1; ; pieces++) {
      gunzip._handle?.writeSync?.(flush, input, input.length - left, left, output, 0, output.length);
      if (gunzip.errored) throw gunzip.errored;
      const [room = 0, rest = 0] = gunzip._writeState;
      left = rest;
      if (room < output.length) yield output.subarray(0, output.length - room);
      if (room > 0) break;
      if (pieces % piecesInARow === 0) await setImmediate();
    }
    // It takes nothing more though there is room.
    isAtEnd = left > 0;
  }
}
