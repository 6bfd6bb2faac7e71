import type { Context } from '../context.js';
import { MftPatchError, messageOf } from '../errors.js';
import { oneLine } from '../explain.js';

/**
 * What a failure means for a verdict: a patch that does not apply is a fault of ours for this kernel, anything else means that
 * the package could not be tested. An interruption is thrown on.
 */
export function verdictOnFailure(error: unknown, context: Context): { status: 'fails' | 'error'; reason: string } {
  context.signal.throwIfAborted();
  const known =
    error instanceof MftPatchError ? error : new MftPatchError({ code: 'internal', detail: messageOf(error) }, { cause: error });
  return { status: known.failure.code === 'patch-does-not-apply' ? 'fails' : 'error', reason: oneLine(known) };
}

/** Whether the engine failed, which says nothing about what it was to test. */
export function isEngineFailure(error: unknown): boolean {
  return error instanceof MftPatchError && error.failure.code === 'engine-failed';
}

/** @param start by performance.now() @returns the seconds since then, to a tenth */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
