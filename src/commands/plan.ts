import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { parseKernelRelease } from '../kernels/release.js';
import type { Probe } from '../patches/patch.js';
import type { Ask } from '../patches/select.js';
import type { PlanDocument } from '../documents.js';
import { runProgram } from '../system/run-program.js';
import { type PrepareOptions, prepare, prepareFor, readPackage } from '../packaging/prepare.js';

export interface PlanOptions extends PrepareOptions {
  /** A kernel's headers, as /lib/modules/<release>/build. */
  headers?: string;
}

/** Shows which patches would be applied, and why. */
export async function plan(options: PlanOptions, context: Context): Promise<PlanDocument> {
  const readOnly = { ...options, readOnly: true };
  const { mft, kernel, requested, choices } =
    options.headers === undefined ? await prepare(readOnly, context) : await planForHeaders(options.headers, readOnly, context);
  return {
    schema: 'mft-patch/plan@1',
    mft,
    kernel: { requested, version: kernel?.version ?? '' },
    patches: choices.map(({ patch, selected, reason }) => ({
      id: patch.id,
      sha256: patch.sha256,
      status: selected ? 'selected' : 'not-selected',
      reason,
    })),
  };
}

async function planForHeaders(folder: string, options: PrepareOptions, context: Context) {
  if (options.kernel !== undefined)
    fail({ code: 'usage', detail: '--headers and --kernel exclude each other', hint: 'the headers tell their kernel' });
  const release = (
    await readFile(join(folder, 'include/config/kernel.release'), 'utf8').catch((error) =>
      fail(
        {
          code: 'no-input',
          path: folder,
          detail: 'has no include/config/kernel.release',
          hint: 'give the folder of prepared headers, as /lib/modules/$(uname -r)/build',
        },
        error,
      ),
    )
  ).trim();
  const read = await readPackage(options, context);
  const answers = await probeAll(
    folder,
    read.patches.flatMap(({ probe }) => (probe ? [probe] : [])),
    context,
  );
  return prepareFor(read, parseKernelRelease(release), release, answers);
}

/** Asks all probes, by the same grep that dkms.conf calls in a universal package. */
async function probeAll(folder: string, probes: readonly Probe[], context: Context): Promise<Ask> {
  const answers = new Map<Probe, boolean>();
  for (const probe of probes) {
    const files = [folder, join(dirname(folder), 'source')].map((top) => join(top, probe.file));
    const { exitCode } = await runProgram('grep', ['-Eqs', probe.pattern, ...files], {}, context);
    answers.set(probe, (exitCode === 0) === probe.matches);
  }
  return (probe) => answers.get(probe) ?? false;
}
