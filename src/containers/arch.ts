import { fail } from '../errors.js';
import type { Engine } from './engine.js';

/** A thing of one architecture, as Debian names that. */
export interface Foreign {
  /** For the message, as in `kernel 6.1.0-56-arm64`. */
  what: string;
  arch: string;
}

/**
 * Refuses to test what is of another architecture than the engine's containers: a verdict on these would say nothing about it.
 * @throws engine-failed
 */
export function refuseOtherArch({ name, arch }: Engine, { what, arch: wanted }: Foreign): void {
  if (arch === '' || wanted === arch) return;
  fail({
    code: 'engine-failed',
    detail: `${what} is for ${wanted}, and ${name} runs ${arch} containers here: it cannot be tested`,
    hint: `run this on a machine of ${wanted}, or on an engine there (DOCKER_HOST); build --no-verify makes a package without testing it`,
  });
}
