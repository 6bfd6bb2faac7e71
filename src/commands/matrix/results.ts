import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, wordsOf } from '../../errors.js';
import type { Target } from '../../kernels/target.js';
import type { CellVerdict, MatrixCell, MatrixDocument, MftVersion } from '../../documents.js';

/** The result that the last run left in the folder. @throws usage if there is none */
export function lastRun(folder: string): Promise<MatrixDocument> {
  return readRun(join(folder, 'matrix.json'), 'run it without --only-failed first, or name its folder with --out');
}

/** A result as `matrix --json` prints it. @throws usage if there is none in the file */
export async function readRun(path: string, hint: string): Promise<MatrixDocument> {
  try {
    const document = JSON.parse(await readFile(path, 'utf8')) as MatrixDocument;
    if (document?.schema === 'mft-patch/matrix@1' && isRelease(document.mft) && document.cells?.every?.(isCell)) return document;
  } catch (error) {
    return fail({ code: 'usage', detail: `${path} cannot be read: ${wordsOf(error)}`, hint }, error);
  }
  return fail({ code: 'usage', detail: `${path} is no result of a matrix`, hint });
}

const areTexts = (...values: unknown[]) => values.every((value) => typeof value === 'string');
const isOptional = (value: unknown, fits: (value: unknown) => boolean) => value === undefined || fits(value);

function isRelease(mft: MftVersion | null): boolean {
  return areTexts(mft?.version, mft?.revision);
}

/** Whether there is what the renderers take for granted: the file may have been written by hand, or cut. */
function isCell(cell: MatrixCell | null): boolean {
  if (!areTexts(cell?.target, cell?.kernel, cell?.release) || !Array.isArray(cell?.patches) || !areTexts(...cell.patches)) return false;
  return isVerdict(cell.patched) && areTexts(cell.patched.artifact) && isOptional(cell.vendor, isVerdict);
}

function isVerdict(value: unknown): boolean {
  const { status, reason, seconds, log, loads } = (value ?? {}) as Partial<CellVerdict>;
  const isText = (text: unknown) => areTexts(text);
  if (!['builds', 'fails', 'error'].includes(status ?? '') || !Number.isFinite(seconds) || !areTexts(log)) return false;
  return isOptional(reason, isText) && isOptional(loads, (word) => ['loads', 'fails', 'error'].includes(word as string));
}

/** Of the targets those that did not build last time, or were not tried. @throws usage if that was another release */
export function cellsToRun(last: MatrixDocument, mft: MftVersion, targets: readonly Target[]): Target[] {
  const [before, now] = [last.mft, mft].map(({ version, revision }) => `${version}-${revision}`);
  if (before !== now)
    fail({ code: 'usage', detail: `the last run was of MFT ${before}, not ${now}`, hint: 'run it without --only-failed' });
  const hasBuilt = ({ vendor, patched }: MatrixCell) => patched.status === 'builds' && vendor?.status !== 'error';
  const good = last.cells.filter(hasBuilt).map(({ target }) => target);
  return targets.filter(({ name }) => !good.includes(name));
}

/** The targets in the order in which they are best begun: what took longest last time first, what is not known before all. */
export function longestFirst(targets: readonly Target[], last: MatrixDocument | undefined): Target[] {
  const took = new Map(last?.cells.map(({ target, vendor, patched }) => [target, patched.seconds + (vendor?.seconds ?? 0)]));
  const expected = ({ name }: Target) => took.get(name) ?? Number.MAX_VALUE;
  return [...targets].sort((a, b) => expected(b) - expected(a));
}

/** The older result with the newer one's cells in their places; new ones come last. */
export function merged(older: MatrixDocument, newer: MatrixDocument): MatrixDocument {
  const fresh = new Map(newer.cells.map((cell) => [cell.target, cell]));
  const kept = older.cells.map((cell) => fresh.get(cell.target) ?? cell);
  const added = newer.cells.filter(({ target }) => !older.cells.some((cell) => cell.target === target));
  return { ...newer, cells: [...kept, ...added] };
}
