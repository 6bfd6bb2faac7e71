import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fail, failInput } from '../errors.js';
import { packageLimit, packageName } from './find-package.js';
import { type PackageSource, packageSource } from './package-source.js';

/** How many directories deep the package is looked for: a driver bundle has it in DEBS/COMMON below its own directory. */
const maxDepth = 4;

/**
 * Reads the kernel-mft-dkms package of a bundle that was unpacked into a directory. The rules are those of the archive: links
 * do not count, several packages must be the same.
 *
 * @throws no-input, package-unfit
 */
export async function readUnpacked(directory: string): Promise<PackageSource> {
  const found: PackageSource[] = [];
  for (const path of await packagesIn(directory, maxDepth)) {
    const { size } = await stat(path).catch((error) => failInput(path, error));
    if (size > packageLimit) fail({ code: 'package-unfit', path, detail: `is ${size} bytes; the limit is ${packageLimit}` });
    const bytes = await readFile(path).catch((error) => failInput(path, error));
    found.push(packageSource(directory, { member: relative(directory, path), bytes }));
  }
  const [first, ...others] = found;
  if (first === undefined) return fail({ code: 'package-unfit', path: directory, detail: 'contains no kernel-mft-dkms_….deb' });
  const other = others.find(({ sha256 }) => sha256 !== first.sha256);
  if (other === undefined) return first;
  const detail = `two different packages: ${first.member} and ${other.member}`;
  return fail({ code: 'package-unfit', path: directory, detail, hint: 'pass the right one with --deb' });
}

async function packagesIn(directory: string, depth: number): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error) => failInput(directory, error));
  const paths = await Promise.all(
    entries
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(async (entry) => {
        const path = join(directory, entry.name);
        if (entry.isDirectory() && depth > 0) return packagesIn(path, depth - 1);
        return entry.isFile() && packageName.test(entry.name) ? [path] : [];
      }),
  );
  return paths.flat();
}
