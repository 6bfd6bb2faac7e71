import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail, wordsOf } from '../errors.js';

/** A file's content, or what writes it to the path that it is given. */
export type Content = Buffer | string | ((path: string) => Promise<void>);

/**
 * Writes files into a folder, all of them whole or none: each beside its place, and renamed when all are there. The
 * folder is made if need be.
 *
 * @param files contents by name, in the order in which they appear
 * @throws cannot-write; what was half written is gone then
 */
export async function writeAll(folder: string, files: ReadonlyMap<string, Content>): Promise<void> {
  const beside = [...files.keys()].map((name) => ({ name, path: join(folder, `.${name}.${randomBytes(4).toString('hex')}.tmp`) }));
  await inFolder(folder, () => writeBeside(folder, files, beside));
}

/** Makes a folder and does some work in it; if that fails, the folder goes again, but for what others have put there. */
export async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const made = await mkdir(folder, { recursive: true }).catch((error) => cannotWrite(folder, error));
  try {
    return await work();
  } catch (error) {
    if (made !== undefined) await removeEmpty(folder, made);
    throw error;
  }
}

async function writeBeside(folder: string, files: ReadonlyMap<string, Content>, beside: { name: string; path: string }[]): Promise<void> {
  let place = folder;
  try {
    for (const { name, path } of beside) {
      place = join(folder, name);
      const content = files.get(name) ?? '';
      if (typeof content === 'function') await content(path);
      else await writeFile(path, content, { flag: 'wx', mode: 0o644 });
      // rename(2) would refuse a folder in the way when other files are in place already.
      if ((await stat(place).catch(() => undefined))?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    }
    for (const { name, path } of beside) {
      place = join(folder, name);
      await rename(path, place);
    }
  } catch (error) {
    await Promise.all(beside.map(({ path }) => rm(path, { force: true }).catch(() => {})));
    cannotWrite(place, error);
  }
}

/** Removes the folders that were made, from `folder` up to `top`, but for what another process has put there since. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  for (let path = resolve(folder); path.startsWith(resolve(top)); path = dirname(path)) {
    if (
      !(await rmdir(path).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

/** The text of the folder's SHA256SUMS with the sums of these files in it, as sha256sum(1) writes and checks it; lines of files that are gone go. */
export async function withSums(folder: string, artifacts: readonly { name: string; sha256: string }[]): Promise<string> {
  const path = join(folder, 'SHA256SUMS');
  const old = await readFile(path, 'utf8').catch((error) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? '' : cannotWrite(path, error),
  );
  const lines = old.split('\n').filter((line) => line !== '' && !artifacts.some(({ name }) => line.endsWith(`  ${name}`)));
  const kept = await Promise.all(lines.map(async (line) => ((await exists(join(folder, line.slice(66)))) ? [line] : [])));
  const sums = [...kept.flat(), ...artifacts.map(({ name, sha256 }) => `${sha256}  ${name}`)].sort((a, b) =>
    a.slice(66) < b.slice(66) ? -1 : 1,
  );
  return `${sums.join('\n')}\n`;
}

/** A document as it is written to a file. */
export function asJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The SHA-256 in hex digits. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
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
