import type { Context } from '../context.js';
import type { Kernel } from '../kernels/resolve.js';
import { type Chosen, planPatches, type SeriesFor } from './choose-patches.js';

/**
 * Chooses patches for a kernel, by its headers where these were given, else by its release; without a kernel for all.
 * @throws no-input for headers that say no version
 */
export async function planForKernel<Series extends SeriesFor>(
  series: Series,
  kernel: Pick<Kernel, 'requested' | 'release' | 'target'> | undefined,
  context: Context,
): Promise<Series & Chosen> {
  const prepared = kernel?.target?.prepared;
  if (kernel === undefined || prepared === undefined)
    return planPatches(series, kernel?.release && { requested: kernel.requested, release: kernel.release });
  // Asking headers runs a program, which takes some time to load.
  return (await import('./headers.js')).planForHeaders(series, kernel, prepared, context);
}
