import type { Context } from '../context.js';
import { fail } from '../errors.js';

/**
 * Does work with a context that is interrupted after so many seconds.
 * @param what took too long, for the error
 * @throws engine-failed when the time is over
 */
export async function withTimeout<T>(seconds: number, what: string, context: Context, work: (context: Context) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, limit.signal]) });
  } catch (error) {
    if (!limit.signal.aborted || context.signal.aborted) throw error;
    return fail({
      code: 'engine-failed',
      detail: `${what} timed out after ${seconds} s`,
      hint: 'raise --timeout, or check that the container engine answers',
    });
  } finally {
    clearTimeout(timer);
  }
}
