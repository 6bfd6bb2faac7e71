/** The document of a matrix: made of its cells, of one release or of several, and of earlier results. */
import type { Context } from '../../context.js';
import type { BuildDocument, BuiltPatch, KernelVerdict, MatrixCell, MatrixDocument } from '../../documents/index.js';
import { cellKey, type Release, releaseOf, releasesOf, releaseText } from '../../report/releases.js';
import { findDifference } from './fit.js';
import { provenUpTo } from './proven.js';

/**
 * A result. With one release it stands in the document alone, as ever; with several in each cell, too.
 *
 * @param cells each with its release, where that is not the first one
 */
export function documentOf(
  releases: readonly Release[],
  times: Pick<MatrixDocument, 'date' | 'seconds'>,
  cells: readonly MatrixCell[],
): MatrixDocument {
  const [first = { mft: { version: '', revision: '' } }] = releases;
  const isOne = releases.length < 2;
  return {
    schema: 'mft-patch/matrix@1',
    ...first,
    ...times,
    ...(isOne ? {} : { releases: [...releases] }),
    cells: cells.map(({ package: name, mft, ...cell }) =>
      isOne ? cell : { ...releaseOf(first, { ...(name === undefined ? {} : { package: name }), ...(mft ? { mft } : {}) }), ...cell },
    ),
  };
}

/** The older result with the newer one's cells in their places; new ones come last. */
export function mergeResults(older: MatrixDocument, newer: MatrixDocument): MatrixDocument {
  const [old, fresh] = [older, newer].map(keyed) as [Map<string, MatrixCell>, Map<string, MatrixCell>];
  const cells = [...new Map([...old, ...fresh]).values()];
  const [date] = [older.date, newer.date].filter((date) => date !== undefined).sort();
  const seconds = [older.seconds, newer.seconds].filter((seconds) => seconds !== undefined);
  const sum = seconds.reduce((total, some) => total + some, 0);
  const times = { ...(date === undefined ? {} : { date }), ...(seconds.length > 0 ? { seconds: Math.round(sum * 10) / 10 } : {}) };
  return documentOf(releasesIn([older, newer], cells), times, cells);
}

/** The cells by what they are about, each with its release. What a history said of a part does not hold for the whole. */
function keyed(document: MatrixDocument): Map<string, MatrixCell> {
  return new Map(document.cells.map(({ history: _, ...cell }) => [cellKey(document, cell), { ...releaseOf(document, cell), ...cell }]));
}

/** The releases of results that have a cell, each once; those of the last result if there is none. */
function releasesIn(documents: readonly MatrixDocument[], cells: readonly MatrixCell[]): Release[] {
  const all = documents.flatMap(releasesOf).map(({ package: name, mft }) => ({ ...(name === undefined ? {} : { package: name }), mft }));
  const known = new Map(all.map((release) => [releaseText(release), release]));
  const used = [...known].filter(([text]) => cells.some((cell) => cell.mft && releaseText(releaseOf({ mft: cell.mft }, cell)) === text));
  return used.length > 0 ? used.map(([, release]) => release) : all.slice(-1);
}

/** The result with what the last one has of other cells, as far as it can stand beside the new. */
export function withLast(document: MatrixDocument, last: MatrixDocument, isAnyKept: boolean, context: Context): MatrixDocument {
  const fresh = new Set(document.cells.map((cell) => cellKey(document, cell)));
  const others = last.cells.filter((cell) => !fresh.has(cellKey(last, cell)));
  const kept = others.filter((cell) => {
    const found = findDifference([
      { path: 'then', document: { ...last, cells: [cell] } },
      { path: 'now', document },
    ]);
    if (found) context.warn(`${cell.target}: dropped the verdict of the last run: ${found.difference}`);
    return found === undefined;
  });
  if (kept.length === 0 && !isAnyKept) return document;
  // In the places that they had.
  const places = new Set([...kept.map((cell) => cellKey(last, cell)), ...fresh]);
  return mergeResults({ ...last, cells: last.cells.filter((cell) => places.has(cellKey(last, cell))) }, document);
}

/** The result with the last kernel that each package is proven for. */
export function withProven(document: MatrixDocument): MatrixDocument {
  const proven = (cells: readonly MatrixCell[]) => {
    const maxKernel = provenUpTo(cells);
    return maxKernel === undefined ? {} : { maxKernel };
  };
  const { releases } = document;
  if (releases === undefined) return { ...document, ...proven(document.cells) };
  const cellsOf = (release: Release) => document.cells.filter((cell) => releaseText(releaseOf(document, cell)) === releaseText(release));
  return { ...document, releases: releases.map((release) => ({ ...release, ...proven(cellsOf(release)) })) };
}

/** The patches that act on a kernel: those that are in the sources, and those that dkms applies for this kernel. */
export function appliedPatches({ patches }: BuildDocument, verdict: KernelVerdict | undefined): string[] {
  const acts = ({ id, status, match }: BuiltPatch) => status !== 'not-needed' && (match === undefined || verdict?.patches.includes(id));
  return patches.filter(acts).map(({ id }) => id);
}
