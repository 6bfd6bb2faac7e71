import type { Context } from '../context.js';
import { fail } from '../errors.js';

/**
 * Does work with a context that is interrupted after so many seconds.
 * @param what the words for what took too long
 * @throws engine-failed when the time is over
 */
export async function withinTime<T>(seconds: number, what: string, context: Context, work: (context: Context) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, limit.signal]) });
  } catch (error) {
    if (!limit.signal.aborted || context.signal.aborted) throw error;
    return fail({
      code: 'engine-failed',
      detail: `${what} took longer than ${seconds} s and was ended`,
      hint: 'give it longer with --timeout',
    });
  } finally {
    clearTimeout(timer);
  }
}

/** @param start by performance.now() @returns the seconds since then, to a tenth */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
