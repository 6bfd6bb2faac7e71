/** Work for a cell, and what its end means for the cell. */
import type { Context } from '../../context.js';
import type { BootVerdict, CellVerdict, KernelVerdict } from '../../documents/index.js';
import { secondsSince, verdictOnFailure } from '../../verify/untested.js';

export type Attempt<T> = { value: T } | { verdict: CellVerdict };

/** The value of some work, or the verdict that its failure means for the cell. An interruption is thrown. */
export async function attempt<T>(context: Context, work: () => Promise<T>): Promise<Attempt<T>> {
  const start = performance.now();
  try {
    return { value: await work() };
  } catch (error) {
    return { verdict: { ...verdictOnFailure(error, context), seconds: secondsSince(start), log: '' } };
  }
}

/** A verdict as a cell has it. */
export function verdictOf(result: Attempt<KernelVerdict>): CellVerdict {
  if ('verdict' in result) return result.verdict;
  const { status, reason, seconds, log, failedStep, notTested, boot, tools, on, reused, standsFor } = result.value;
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    seconds,
    log,
    ...(failedStep ? { failedStep } : {}),
    ...(notTested ? { notTested } : {}),
    ...(boot ? bootedCell(boot) : {}),
    ...(tools ? { tools } : {}),
    ...(on ? { on } : {}),
    ...(reused === undefined ? {} : { reused }),
    ...(standsFor ? { standsFor } : {}),
  };
}

function bootedCell({ status, loads, works, accel }: BootVerdict): Partial<CellVerdict> {
  const answers = status === 'loads' ? (works ? ('works' as const) : ('error' as const)) : loads && status;
  return { loads: loads ? 'loads' : status, ...(answers ? { works: answers } : {}), ...(accel === undefined ? {} : { accel }) };
}
