import type { Context } from '../../context.js';
import type { MatrixDocument, MatrixListDocument } from '../../documents/index.js';
import { fail } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import { mergeResults, readResult, writeReports } from './results.js';

export { type MatrixRequest, matrix } from './run.js';

/** Lists the names of the kernels, to make CI jobs of. */
export function listMatrix(kernels: readonly Kernel[], format: 'text' | 'github' | undefined, context: Context): MatrixListDocument {
  return { schema: 'mft-patch/matrix-list@1', format: format ?? 'text', kernels: kernels.map((kernel) => targetOf(kernel, context).name) };
}

/** Shows results of earlier runs as one. @throws usage if they are not, or are for different releases */
export async function mergeMatrix(paths: readonly string[], reports: readonly string[], context: Context): Promise<MatrixDocument> {
  const hint = 'pass files written by matrix --json or --report FILE.json';
  const [first, ...others] = await Promise.all(paths.map((path) => readResult(path, hint)));
  if (first === undefined) return fail({ code: 'usage', detail: '--merge names no file' });
  const [release, ...releases] = [first, ...others].map(({ mft }) => `${mft.version}-${mft.revision}`);
  const other = releases.find((candidate) => candidate !== release);
  const detail = `results are for different MFT releases (${release}, ${other})`;
  if (other !== undefined) fail({ code: 'usage', detail, hint: 'merge results of one release only' });
  const whole = others.reduce(mergeResults, first);
  await writeReports(reports, whole, context);
  return whole;
}
