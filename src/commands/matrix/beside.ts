import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { MatrixDocument } from '../../documents/index.js';

/**
 * The links from a page to the packages and logs of its result that lie beside it: in its directory or below, where the result says,
 * or under their names in that directory or its `logs`, where a job has put what others made. What lies elsewhere is private to
 * the machine, and is not linked.
 *
 * @param page its path
 * @returns by the paths in the result: relative URLs (RFC 3986, 4.2)
 */
export async function linksBeside(page: string, { cells }: MatrixDocument): Promise<Map<string, string>> {
  const directory = dirname(page);
  const paths = new Set(cells.flatMap(({ vendor, patched }) => [patched.artifact, patched.log, vendor?.log ?? '']));
  paths.delete('');
  const links = new Map<string, string>();
  for (const path of paths) {
    const inside = relative(directory, path);
    const places = [...(/^\.\.(\/|$)/.test(inside) ? [] : [inside]), basename(path), join('logs', basename(path))];
    for (const place of places) {
      if (links.has(path) || !(await isFile(join(directory, place)))) continue;
      links.set(path, place.split('/').map(encodeURIComponent).join('/'));
    }
  }
  return links;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
