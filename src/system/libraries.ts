/** The libraries that read and write the bytes of a package. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sha256 } from './digest.js';

/** What the program loads of each. */
const loaded: Readonly<Record<string, string[]>> = {
  diff: ['diff/lib/patch/parse.js', 'diff/lib/patch/reverse.js'],
  fflate: ['fflate'],
  fzstd: ['fzstd'],
  semver: ['semver/classes/range.js'],
  tar: ['tar'],
  'xxhash-wasm': ['xxhash-wasm'],
  'xz-decompress': ['xz-decompress'],
};

/** Each with its version, and the SHA-256 of its files that are loaded. */
export function libraryDigests(): Promise<{ name: string; version: string; sha256: string }[]> {
  return Promise.all(
    Object.entries(loaded).map(async ([name, modules]) => {
      const paths = modules.map((module) => fileURLToPath(import.meta.resolve(module)));
      const top = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(paths[0] ?? '')?.[0] ?? '';
      const [manifest, ...files] = await Promise.all([readFile(`${top}package.json`, 'utf8'), ...paths.map((path) => readFile(path))]);
      return { name, version: (JSON.parse(manifest) as { version: string }).version, sha256: sha256(Buffer.concat(files)) };
    }),
  );
}
