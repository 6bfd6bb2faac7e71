import { createReadStream } from 'node:fs';
import { failInput } from '../errors.js';

/** The bytes of a file, or of another stream that is to be called `path`. @throws no-input while they are read */
export async function* chunksOf(
  path: string,
  stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1024 * 1024 }),
): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    failInput(path, error);
  }
}
