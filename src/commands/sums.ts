import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The lines of a SHA256SUMS by the names of their files, without those of files that are gone.
 * @throws the system's error if it is there and cannot be read
 */
export async function readSums(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const isThere = await Promise.all(
    lines.map((line) =>
      stat(join(dirname(path), line.slice(66))).then(
        () => true,
        () => false,
      ),
    ),
  );
  return new Map(lines.filter((_, index) => isThere[index]).map((line) => [line.slice(66), line]));
}

/** The text of a SHA256SUMS, as sha256sum(1) writes and checks it: lines by the names of their files, and the sums of new ones. */
export function renderSums(lines: ReadonlyMap<string, string>, artifacts: readonly { name: string; sha256: string }[]): string {
  const all = new Map([...lines, ...artifacts.map(({ name, sha256 }): [string, string] => [name, `${sha256}  ${name}`])]);
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => `${line}\n`)
    .join('');
}
