/** The releases that a matrix is of: one, or several, where each cell says which it is of. */
import { releaseName } from '../default-package.js';
import type { MatrixCell, MatrixDocument } from '../documents/index.js';

/** What a version is of: the package, where it is not the default one, and version and revision. */
export type Release = Pick<MatrixDocument, 'package' | 'mft'>;

/** `MFT 4.20.1-14`, or another package with its version. Two releases of the same text are the same. */
export function releaseText({ package: name, mft }: Release): string {
  return `${releaseName(name)} ${versionText({ mft })}`;
}

/** `4.20.1-14`. */
export function versionText({ mft: { version, revision } }: Pick<Release, 'mft'>): string {
  return `${version}${revision ? `-${revision}` : ''}`;
}

/** The release of a cell: its own, else that of the result. */
export function releaseOf(document: Release, cell: Pick<MatrixCell, 'package' | 'mft'>): Release {
  const { package: name, mft } = cell.mft ? { ...cell, mft: cell.mft } : document;
  return { ...(name === undefined ? {} : { package: name }), mft };
}

/** The releases of a result, in their order. */
export function releasesOf(document: MatrixDocument): Release[] {
  return document.releases ?? [{ ...(document.package === undefined ? {} : { package: document.package }), mft: document.mft }];
}

/** What a cell is about, as a text that no other cell of the result has: its release and its target. */
export function cellKey(document: Release, cell: Pick<MatrixCell, 'package' | 'mft' | 'target'>): string {
  return `${releaseText(releaseOf(document, cell))} ${cell.target}`;
}

/** A result of several releases as a table: a row for each kernel, a column for each release. */
export interface Grid {
  /** What stands over the columns: versions, with the package's name where the releases are of several. */
  heads: string[];
  rows: { kernel: string; target: string; cells: (MatrixCell | undefined)[] }[];
}

/** @returns undefined for a result of one release */
export function gridOf(document: MatrixDocument): Grid | undefined {
  const releases = releasesOf(document);
  if (releases.length < 2) return undefined;
  const names = new Set(releases.map(({ package: name }) => name));
  const heads = releases.map((release) => (names.size > 1 ? releaseText(release) : versionText(release)));
  const cells = new Map(document.cells.map((cell) => [cellKey(document, cell), cell]));
  const rows = [...new Map(document.cells.map((cell) => [cell.target, cell])).keys()].map((target) => {
    const row = releases.map((release) => cells.get(cellKey(release, { target })));
    const kernel = row.find((cell) => cell?.kernel)?.kernel ?? '';
    return { kernel, target, cells: row };
  });
  return { heads, rows };
}

/** How a cell is called in a result: by its target, and with several releases by that first. */
export function cellName(document: MatrixDocument, cell: MatrixCell): string {
  return document.releases === undefined ? cell.target : cellKey(document, cell);
}
