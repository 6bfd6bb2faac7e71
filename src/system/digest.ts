import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The SHA-256 of a file in hex, read as a stream: memory stays flat. Rejects with the system's error. */
export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) digest.update(chunk);
  return digest.digest('hex');
}
