import { open } from 'node:fs/promises';

const pieceSize = 1024 * 1024;

/**
 * The bytes of a file, with one buffer for all of it: a read stream's new ones cost more than reading does.
 *
 * @returns pieces, each of which holds until the next one is asked for. Rejects with the system's error, or the signal's reason
 */
export async function* fileBytes(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceSize);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, pieceSize);
      if (bytesRead === 0) return;
      signal?.throwIfAborted();
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
