import type { Context } from '../../context.js';
import type { MatrixCell, MatrixDocument } from '../../documents/index.js';
import { fail } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import type { Target } from '../../kernels/target.js';
import { cellKey, releaseOf, releasesOf } from '../../report/releases.js';
import { documentOf, mergeResults } from './document.js';
import { findDifference, type Part } from './fit.js';
import { type HistoryRequest, withHistory } from './history.js';
import { readResult, writeReports } from './results.js';

export interface MergeRequest extends HistoryRequest {
  /** The files of the results. */
  paths: readonly string[];
  /** The kernels that the whole must have; undefined for those that the results have. */
  kernels: Kernel[] | undefined;
  /** Files to write reports to, in the format that their name ends in. */
  reports: readonly string[];
}

/**
 * Shows results of earlier runs as one, of one release or of several; of the same kernel and release the later one counts.
 * @throws usage if they cannot be one
 */
export async function mergeMatrix({ paths, kernels, reports, ...history }: MergeRequest, context: Context): Promise<MatrixDocument> {
  const hint = 'pass files written by matrix --json or --report FILE.json';
  const parts = await Promise.all(paths.map(async (path): Promise<Part> => ({ path, document: await readResult(path, hint) })));
  const [first, ...others] = parts;
  if (first === undefined) return fail({ code: 'usage', detail: '--merge names no file' });
  refuseForeign(parts);
  const merged = others.map(({ document }) => document).reduce(mergeResults, first.document);
  const complete = kernels
    ? withExpected(
        merged,
        kernels.map((kernel) => ({ target: targetOf(kernel, context), again: kernel.again })),
      )
    : merged;
  const whole = await withHistory(complete, history, context);
  await writeReports(reports, whole, context);
  return whole;
}

/** Refuses results that are not of one program and architecture, with the same options and packages. @throws usage */
function refuseForeign(parts: readonly Part[]): void {
  const found = findDifference(parts);
  if (found === undefined) return;
  const { one, other, difference } = found;
  const detail = `${one === other ? one : `${one} and ${other} cannot be merged`}: ${difference}`;
  fail({ code: 'usage', detail, hint: 'merge results of one program, one package and the same options; run matrix again for the others' });
}

/** The result with a cell for each release and kernel that it must have, in their order; others come last. */
function withExpected(document: MatrixDocument, kernels: readonly { target: Target; again: string }[]): MatrixDocument {
  const releases = releasesOf(document);
  const cells = new Map(document.cells.map((cell) => [cellKey(document, cell), { ...releaseOf(document, cell), ...cell }]));
  const expected = releases.flatMap(({ package: name, mft }) => {
    const release = { ...(name === undefined ? {} : { package: name }), mft };
    return kernels.map((kernel): [string, MatrixCell] => {
      const key = cellKey(release, { target: kernel.target.name });
      return [key, cells.get(key) ?? { ...release, ...missingCell(kernel) }];
    });
  });
  const { date, seconds } = document;
  const times = { ...(date === undefined ? {} : { date }), ...(seconds === undefined ? {} : { seconds }) };
  return documentOf(releases, times, [...new Map([...expected, ...cells]).values()]);
}

function missingCell({ target, again }: { target: Target; again: string }): MatrixCell {
  const patched = { status: 'missing' as const, reason: 'none of the merged results has this kernel', seconds: 0, log: '', artifact: '' };
  return { target: target.name, requested: again, kernel: target.kernel, release: '', patches: [], patched };
}
