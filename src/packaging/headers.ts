import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { headersFile, type PreparedHeaders } from '../kernels/read-headers.js';
import { parseKernelRelease } from '../kernels/release.js';
import type { Kernel } from '../kernels/resolve.js';
import type { Probe } from '../patches/header.js';
import type { ProbeHeaders } from '../patches/select.js';
import { runProgram } from '../system/run-program.js';
import { type Chosen, planPatches, type SeriesFor } from './choose-patches.js';

/**
 * Chooses patches for the kernel of prepared headers, which say its real version and answer for what it carries.
 * @throws no-input if they say no version
 */
export async function planForHeaders<Series extends SeriesFor>(
  series: Series,
  { requested, release }: Pick<Kernel, 'requested' | 'release'>,
  prepared: PreparedHeaders,
  context: Context,
): Promise<Series & Chosen> {
  const { release: name, version } = prepared;
  const real = version === undefined ? release : parseKernelRelease(version);
  if (real === undefined) {
    const detail = `is of '${name}', which is not a version, and contains no include/generated/uapi/linux/version.h`;
    const hint = 'pass the directory of prepared headers, as /lib/modules/$(uname -r)/build, or the packages with them';
    return fail({ code: 'no-input', path: prepared.places[0] ?? '', detail, hint });
  }
  const text = version === undefined || version === name ? name : `${name}, which is Linux ${version},`;
  const probe = await askAll(probesOf(series), (file) => headersFile(prepared, file), context);
  return planPatches(series, { requested: requested || name, release: { ...real, text } }, probe);
}

/**
 * Asks all probes, by the same grep that dkms.conf calls in a package for all kernels.
 * @param read gives the bytes of a file of the headers, of all their parts that have it
 */
async function askAll(probes: readonly Probe[], read: (file: string) => Promise<Buffer>, context: Context): Promise<ProbeHeaders> {
  const answers = new Map<Probe, boolean>();
  for (const probe of probes) {
    const { exitCode } = await runProgram('grep', ['-Eqs', probe.pattern], { input: await read(probe.file) }, context);
    answers.set(probe, (exitCode === 0) === probe.matches);
  }
  return (probe) => answers.get(probe) ?? false;
}

function probesOf({ patches }: SeriesFor): Probe[] {
  return patches.flatMap(({ probe }) => (probe ? [probe] : []));
}
