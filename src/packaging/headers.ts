import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { parseKernelRelease } from '../kernels/release.js';
import type { Probe } from '../patches/header.js';
import type { ProbeHeaders } from '../patches/select.js';
import { runProgram } from '../system/run-program.js';
import { type Chosen, planPatches, type SeriesFor } from './prepare.js';

/**
 * Chooses patches for the kernel of a directory of headers, which answer for its backports.
 *
 * @param headers prepared, as /lib/modules/<release>/build
 * @throws no-input if they are not
 */
export async function planForHeaders<Series extends SeriesFor>(read: Series, headers: string, context: Context): Promise<Series & Chosen> {
  const text = await readFile(join(headers, 'include/config/kernel.release'), 'utf8').catch((error) =>
    fail(
      {
        code: 'no-input',
        path: headers,
        detail: 'contains no include/config/kernel.release',
        hint: 'pass the directory of prepared headers, as /lib/modules/$(uname -r)/build',
      },
      error,
    ),
  );
  const requested = text.trim();
  const probes = read.patches.flatMap(({ probe }) => (probe ? [probe] : []));
  return planPatches(read, { requested, release: parseKernelRelease(requested) }, await askAll(headers, probes, context));
}

/** Asks all probes, by the same grep that dkms.conf calls in a package for all kernels. */
async function askAll(headers: string, probes: readonly Probe[], context: Context): Promise<ProbeHeaders> {
  const answers = new Map<Probe, boolean>();
  for (const probe of probes) {
    const files = [headers, join(dirname(headers), 'source')].map((top) => join(top, probe.file));
    const { exitCode } = await runProgram('grep', ['-Eqs', probe.pattern, ...files], {}, context);
    answers.set(probe, (exitCode === 0) === probe.matches);
  }
  return (probe) => answers.get(probe) ?? false;
}
