import type { Context } from '../../context.js';
import type { MatrixCell, MatrixDocument } from '../../documents/index.js';
import { fail } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import type { Target } from '../../kernels/target.js';
import { findDifference, type Part } from './fit.js';
import { mergeResults, readResult, releaseText, writeReports } from './results.js';

export interface MergeRequest {
  /** The files of the results. */
  paths: readonly string[];
  /** The kernels that the whole must have; undefined for those that the results have. */
  kernels: Kernel[] | undefined;
  /** Files to write reports to, in the format that their name ends in. */
  reports: readonly string[];
}

/** Shows results of earlier runs as one; of the same kernel the later one counts. @throws usage if they cannot be one */
export async function mergeMatrix({ paths, kernels, reports }: MergeRequest, context: Context): Promise<MatrixDocument> {
  const hint = 'pass files written by matrix --json or --report FILE.json';
  const parts = await Promise.all(paths.map(async (path): Promise<Part> => ({ path, document: await readResult(path, hint) })));
  const [first, ...others] = parts;
  if (first === undefined) return fail({ code: 'usage', detail: '--merge names no file' });
  for (const other of others) refuseOtherRelease(first, other);
  refuseForeign(parts);
  const merged = others.map(({ document }) => document).reduce(mergeResults, first.document);
  const whole = kernels
    ? withExpected(
        merged,
        kernels.map((kernel) => ({ target: targetOf(kernel, context), again: kernel.again })),
      )
    : merged;
  await writeReports(reports, whole, context);
  return whole;
}

function refuseOtherRelease(first: Part, other: Part): void {
  const [one, two] = [first, other].map(({ document }) => releaseText(document));
  const detail = `results are for different releases (${one}, ${two})`;
  if (one !== two) fail({ code: 'usage', detail, hint: 'merge results of one release only' });
}

/** Refuses results that are not of one program and architecture, with the same options and packages. @throws usage */
function refuseForeign(parts: readonly Part[]): void {
  const found = findDifference(parts);
  if (found === undefined) return;
  const { one, other, difference } = found;
  const detail = `${one === other ? one : `${one} and ${other} cannot be merged`}: ${difference}`;
  fail({ code: 'usage', detail, hint: 'merge results of one program, one package and the same options; run matrix again for the others' });
}

/** The result with a row for each kernel that it must have, in their order; others come last. */
function withExpected(document: MatrixDocument, kernels: readonly { target: Target; again: string }[]): MatrixDocument {
  const names = new Set(kernels.map(({ target }) => target.name));
  const expected = kernels.map((kernel) => document.cells.find(({ target }) => target === kernel.target.name) ?? missingCell(kernel));
  return { ...document, cells: [...expected, ...document.cells.filter(({ target }) => !names.has(target))] };
}

function missingCell({ target, again }: { target: Target; again: string }): MatrixCell {
  const patched = { status: 'missing' as const, reason: 'none of the merged results has this kernel', seconds: 0, log: '', artifact: '' };
  return { target: target.name, requested: again, kernel: target.kernel, release: '', patches: [], patched };
}
