import { failInput } from '../errors.js';
import { fileBytes } from '../system/file-bytes.js';

/**
 * The bytes of a file, or of another stream that is to be called `path`.
 *
 * @returns chunks, each of which holds until the next one is asked for
 * @throws no-input while they are read
 */
export async function* chunksOf(path: string, stream: AsyncIterable<Buffer> = fileBytes(path)): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    failInput(path, error);
  }
}

/** Chunks that hold for as long as they are kept. What is passed over needs none. */
export async function* copies(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
