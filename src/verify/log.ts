import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, wordsOf } from '../errors.js';

/** Writes a log, making its folder. @returns its path @throws cannot-write */
export async function saveLog(path: string, text: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    fail({ code: 'cannot-write', path, detail: wordsOf(error) }, error);
  }
  return path;
}
