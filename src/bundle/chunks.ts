import { open } from 'node:fs/promises';
import { failInput } from '../errors.js';

const chunkSize = 1024 * 1024;

/**
 * The bytes of a file, or of another stream that is to be called `path`.
 *
 * @returns chunks, each of which holds until the next one is asked for
 * @throws no-input while they are read
 */
export async function* chunksOf(path: string, stream: AsyncIterable<Buffer> = bytesOf(path)): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    failInput(path, error);
  }
}

/** One buffer for all of a file: a read stream's new ones cost more than reading does. */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(chunkSize);
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Chunks that hold for as long as they are kept. What is passed over needs none. */
export async function* copies(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
