import type { Context } from '../../context.js';
import type { MatrixListDocument } from '../../documents/index.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';

export type { HistoryRequest } from './history.js';
export { mergeMatrix } from './merge.js';
export { type MatrixRequest, matrix } from './run.js';

/** Lists the names of the kernels, to make CI jobs of. */
export function listMatrix(kernels: readonly Kernel[], format: 'text' | 'github' | undefined, context: Context): MatrixListDocument {
  return { schema: 'mft-patch/matrix-list@1', format: format ?? 'text', kernels: kernels.map((kernel) => targetOf(kernel, context).name) };
}
