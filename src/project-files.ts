/** Reads the files of the project itself: `patches/`, `kernels/`, `samples/`, `container/`, `releases.json`; and a user's own beside them. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from './context.js';
import { fail, failInput, messageOf } from './errors.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a file or directory of the project is. */
export function projectPath(path: string): string {
  return join(root, path);
}

/** The text of a file, its path relative to the project. @throws bad-catalogue if it cannot be read */
export async function projectText(path: string): Promise<string> {
  return (await projectBytes(path)).toString('utf8');
}

/** The same as bytes. */
export async function projectBytes(path: string): Promise<Buffer> {
  return readFile(join(root, path)).catch((error) => fail({ code: 'bad-catalogue', file: path, detail: messageOf(error) }, error));
}

/** The names in a directory of the project, sorted. */
export async function projectNames(directory: string): Promise<string[]> {
  return (await readdir(join(root, directory))).sort();
}

/** The files below a directory of the project whose path fits, by path relative to it, in the order of their paths. */
export async function projectTree(directory: string, wanted = /./): Promise<Map<string, Buffer>> {
  const top = join(root, directory);
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(await Promise.all(files.map(async (file) => [file.slice(top.length + 1), await readFile(file)] as const)));
}

/** The program's own code, by path. */
export async function ownCode(): Promise<Map<string, Buffer>> {
  return projectTree(basename(fileURLToPath(new URL('.', import.meta.url))), /(?<!\.d)\.c?[jt]s$/);
}

/** The bytes of a file of the user's own, which then is an input. @param hint what to do if it cannot be read @throws no-input */
export async function ownBytes(path: string, hint: string, { inputs }: Pick<Context, 'inputs'>): Promise<Buffer> {
  const bytes = await readFile(path).catch((error) => failInput(path, error, hint));
  inputs.add(path);
  return bytes;
}

/** The names in a directory of the user's own, sorted. @throws no-input */
export async function ownNames(directory: string, hint: string): Promise<string[]> {
  return (await readdir(directory).catch((error) => failInput(directory, error, hint))).sort();
}
