import type { LimitFunction } from 'p-limit';
import type { Context } from '../../context.js';

/** Says that work must wait for other work to end, where that is so. @param limit lets so many pieces of work run at once */
export function awaitTurn({ limit }: { limit: LimitFunction }, context: Context): void {
  if (limit.activeCount + limit.pendingCount < limit.concurrency) return;
  const containers = limit.concurrency === 1 ? 'the container' : `one of ${limit.concurrency} containers`;
  context.progress({ step: 'wait', text: `waiting for ${containers}` });
}
