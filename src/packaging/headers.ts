import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { versionIn } from '../kernels/headers.js';
import { headersFile, type PreparedHeaders } from '../kernels/read-headers.js';
import { parseKernelRelease } from '../kernels/release.js';
import type { Probe } from '../patches/header.js';
import type { ProbeHeaders } from '../patches/select.js';
import { runProgram } from '../system/run-program.js';
import { type Chosen, type PlannedKernel, planPatches, type SeriesFor } from './prepare.js';

/**
 * Chooses patches for the kernel of a directory of headers, which say its real version and answer for what it carries.
 *
 * @param headers prepared, as /lib/modules/<release>/build
 * @throws no-input if they are not
 */
export async function planForHeaders<Series extends SeriesFor>(read: Series, headers: string, context: Context): Promise<Series & Chosen> {
  const requested = (await textOf(headers, 'include/config/kernel.release'))?.trim();
  const version = versionIn((await textOf(headers, 'include/generated/uapi/linux/version.h')) ?? '');
  const refuse = (detail: string) =>
    fail({ code: 'no-input', path: headers, detail, hint: 'pass the directory of prepared headers, as /lib/modules/$(uname -r)/build' });
  if (requested === undefined) return refuse('contains no include/config/kernel.release');
  if (version === undefined && !/^\d/.test(requested))
    return refuse(`is of '${requested}', which is not a version, and contains no include/generated/uapi/linux/version.h`);
  const release = parseKernelRelease(version ?? requested);
  const text = release.text === requested ? requested : `${requested}, which is Linux ${version},`;
  const inHeaders = async (file: string) =>
    Buffer.concat(await Promise.all(topsOf(headers).map((top) => readFile(join(top, file)).catch(() => Buffer.alloc(0)))));
  return planPatches(read, { requested, release: { ...release, text } }, await askAll(probesOf(read), inHeaders, context));
}

/** A kernel with its headers, as --headers gives them. */
export interface PreparedKernel extends PlannedKernel {
  prepared: PreparedHeaders;
}

/** Chooses patches for the kernel of headers that are verified on, too. */
export async function planForPrepared<Series extends SeriesFor>(
  series: Series,
  { requested, release, prepared }: PreparedKernel,
  context: Context,
): Promise<Series & Chosen> {
  const { version } = prepared;
  const real = version === undefined ? release : { ...parseKernelRelease(version), text: release.text };
  return planPatches(series, { requested, release: real }, await askAll(probesOf(series), (file) => headersFile(prepared, file), context));
}

/** A file of the headers; undefined if they have none of that name. */
async function textOf(headers: string, file: string): Promise<string | undefined> {
  for (const top of topsOf(headers)) {
    const text = await readFile(join(top, file), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Debian keeps what all flavours of a kernel share in a directory of its own, which `source` beside `build` leads to. */
function topsOf(headers: string): string[] {
  return [headers, join(dirname(headers), 'source')];
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
