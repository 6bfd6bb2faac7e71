import type { Context } from '../../context.js';
import { fail } from '../../errors.js';
import type { MatrixDocument, MatrixListDocument } from '../../documents.js';
import { type MatrixOptions, matrix, matrixTargets } from './run.js';
import { merged, readRun } from './results.js';
import { checkReports, writeReports } from '../reports.js';

export interface MatrixModes extends MatrixOptions {
  /** Only tell the kernels. */
  list?: boolean;
  format?: 'text' | 'github';
  /** Results to be shown as one. */
  merge?: string[];
}

/** `matrix` runs one, but with --list or --merge it only reads. */
export async function matrixOrList(options: MatrixModes, context: Context): Promise<MatrixDocument | MatrixListDocument> {
  const { list, format, merge } = options;
  if (format !== undefined && !list) fail({ code: 'usage', detail: '--format is for --list' });
  if (merge !== undefined) return mergeRuns(merge, options.report ?? [], context);
  if (!list) return matrix(options, context);
  const kernels = (await matrixTargets(options, undefined, context)).map(({ name }) => name);
  return { schema: 'mft-patch/matrix-list@1', format: format ?? 'text', kernels };
}

async function mergeRuns(paths: readonly string[], reports: readonly string[], context: Context): Promise<MatrixDocument> {
  checkReports(reports);
  const [first, ...others] = await Promise.all(paths.map((path) => readRun(path, 'give files that matrix wrote with --report out.json')));
  if (first === undefined) return fail({ code: 'usage', detail: '--merge names no file' });
  const [release, ...releases] = [first, ...others].map(({ mft }) => `${mft.version}-${mft.revision}`);
  const stranger = releases.find((other) => other !== release);
  if (stranger !== undefined)
    fail({ code: 'usage', detail: `these are of MFT ${release} and of ${stranger}`, hint: 'merge results of one release' });
  const whole = others.reduce(merged, first);
  await writeReports(reports, whole, context);
  return whole;
}
