import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fail, wordsOf } from '../errors.js';

/**
 * Makes the folder.
 * @returns the topmost folder that had to be made, or undefined if all were there
 * @throws cannot-write
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  return mkdir(path, { recursive: true }).catch((error) => cannotWrite(path, error));
}

/**
 * Writes a file whole or not at all: beside its place, then renamed.
 * @throws cannot-write; the half-written file is gone then
 */
export async function writeWhole(path: string, content: Buffer | string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    const file = await open(beside, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    cannotWrite(path, error);
  }
}

/** Puts a file's sum into SHA256SUMS of its folder, as sha256sum(1) writes and checks it; lines of files that are gone go. */
export async function noteSum(folder: string, name: string, sha256: string): Promise<void> {
  const path = join(folder, 'SHA256SUMS');
  const old = await readFile(path, 'utf8').catch((error) => (error.code === 'ENOENT' ? '' : cannotWrite(path, error)));
  const lines = old.split('\n').filter((line) => line !== '' && !line.endsWith(`  ${name}`));
  const kept = await Promise.all(lines.map(async (line) => ((await exists(join(folder, line.slice(66)))) ? [line] : [])));
  const sums = [...kept.flat(), `${sha256}  ${name}`].sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  await writeWhole(path, `${sums.join('\n')}\n`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function cannotWrite(path: string, error: unknown): never {
  const words: Record<string, string> = {
    ENOSPC: 'no space left',
    EACCES: 'no permission',
    EROFS: 'the file system is read-only',
    EEXIST: 'a file of this name is in the way',
    ENOTDIR: 'a part of the path is no folder',
    EISDIR: 'a folder of this name is in the way',
  };
  return fail({ code: 'cannot-write', path, detail: words[(error as NodeJS.ErrnoException).code ?? ''] ?? wordsOf(error) }, error);
}
