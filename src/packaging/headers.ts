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
  const probes = read.patches.flatMap(({ probe }) => (probe ? [probe] : []));
  const release = parseKernelRelease(version ?? requested);
  const text = release.text === requested ? requested : `${requested}, which is Linux ${version},`;
  return planPatches(read, { requested, release: { ...release, text } }, await askAll(headers, probes, context));
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
 * major.minor.patch by version.h of the kernel, which its Makefile writes. A release does not say that: 6.1.0-56-amd64 is
 * 6.1.192, and a tree of one's own may be named next-20250701.
 */
function versionIn(text: string): string | undefined {
  const value = (name: string) => /^\d+/.exec(text.split(`#define LINUX_VERSION_${name} `)[1] ?? '')?.[0];
  const [major, minor, patch] = [value('MAJOR'), value('PATCHLEVEL'), value('SUBLEVEL')];
  if (major !== undefined && minor !== undefined && patch !== undefined) return `${major}.${minor}.${patch}`;
  // Before 5.13 there is the code alone, whose last part ends at 255.
  const code = Number(value('CODE') ?? 0);
  return code === 0 ? undefined : `${code >> 16}.${(code >> 8) & 255}.${code & 255}`;
}

/** Asks all probes, by the same grep that dkms.conf calls in a package for all kernels. */
async function askAll(headers: string, probes: readonly Probe[], context: Context): Promise<ProbeHeaders> {
  const answers = new Map<Probe, boolean>();
  for (const probe of probes) {
    const files = topsOf(headers).map((top) => join(top, probe.file));
    const { exitCode } = await runProgram('grep', ['-Eqs', probe.pattern, ...files], {}, context);
    answers.set(probe, (exitCode === 0) === probe.matches);
  }
  return (probe) => answers.get(probe) ?? false;
}
