import { readFile } from 'node:fs/promises';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type Engine, isElsewhere } from './engine.js';

/** A thing of one architecture, as Debian names that. */
export interface Foreign {
  /** For the message, as in `kernel 6.1.0-56-arm64`. */
  what: string;
  arch: string;
}

/** The architectures whose containers another one may run, as QEMU names them. */
const emulators: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
/** Those as Debian names them. */
export const emulatedArches: readonly string[] = Object.keys(emulators);

/**
 * Refuses to test what is of another architecture than the engine's containers: a verdict on these would say nothing about it.
 * @throws engine-failed
 */
export function refuseOtherArch({ name, arch, emulatedOn }: Engine, { what, arch: wanted }: Foreign): void {
  if (arch === '' || wanted === arch) return;
  const machine = `run this on a machine of ${wanted}, or on an engine there (DOCKER_HOST)`;
  const isPossible = wanted in emulators && emulatedOn === undefined;
  const emulation = isPossible
    ? 'apt install mmdebstrap arch-test qemu-user-static binfmt-support to emulate it, which takes long; or '
    : '';
  fail({
    code: 'engine-failed',
    detail: `${what} is for ${wanted}, and ${name} runs ${arch} containers here: it cannot be tested`,
    hint: `${emulation}${machine}; build --no-verify makes a package without testing it`,
  });
}

/**
 * The engine as it runs containers of an architecture: by emulation, where this machine is of another one and emulates it. An
 * engine that cannot stays as it is.
 *
 * @param arch undefined for the engine's own
 */
export async function engineFor(engine: Engine, arch: string | undefined, context: Context): Promise<Engine> {
  if (arch === undefined || engine.arch === '' || arch === engine.arch || !(await isEmulated(arch, context))) return engine;
  context.progress({ step: 'image', text: `emulating ${arch} on ${engine.arch}: what is tested there takes about ten times as long` });
  return { ...engine, arch, emulatedOn: engine.arch };
}

/** Whether this machine runs programs of an architecture by QEMU, and the engine is on it. */
async function isEmulated(arch: string, context: Context): Promise<boolean> {
  const name = emulators[arch];
  if (name === undefined || isElsewhere(context)) return false;
  return runsInContainers(await readFile(`/proc/sys/fs/binfmt_misc/qemu-${name}`, 'utf8').catch(() => ''));
}

/**
 * Whether the kernel starts an interpreter, which containers need not have: it was opened when it was registered.
 * @param registration as the kernel shows it (Documentation/admin-guide/binfmt-misc.rst, flag F)
 */
export function runsInContainers(registration: string): boolean {
  return /^enabled$/m.test(registration) && /^flags: \w*F/m.test(registration);
}
