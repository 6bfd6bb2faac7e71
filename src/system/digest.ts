import { createHash } from 'node:crypto';
import { fileBytes } from './file-bytes.js';

/** The SHA-256 in 64 hex digits. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The first 12 hex digits of the SHA-256: the tag of an image stands for the text that it was made from. */
export function shortDigest(text: string): string {
  return sha256(text).slice(0, 12);
}

/** The SHA-256 of a file in hex, read piece by piece: memory stays flat. Rejects with the system's error. */
export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of fileBytes(path, signal)) digest.update(chunk);
  return digest.digest('hex');
}
