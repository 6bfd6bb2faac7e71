/** The files of the project itself, by path relative to its root. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file. This module and its compiled form are equally deep in the project. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export function projectFile(path: string): Buffer {
  return readFileSync(projectPath(path));
}
