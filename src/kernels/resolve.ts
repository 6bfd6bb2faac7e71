/** What `--kernel`, `--headers`, `--kernel-source` and `--kernel-config` mean: resolved once, when the options are read. */
import { readFile } from 'node:fs/promises';
import { release as runningRelease } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Context } from '../context.js';
import { parseUrl, publicUrl } from '../download/url.js';
import { type Failure, fail, failInput, MftPatchError } from '../errors.js';
import { archOfRelease, debianArch } from './arch.js';
import { checkConfig } from './config.js';
import { headersTarget, imageName, refuseOtherKernel, releaseOf } from './headers-target.js';
import { hostTarget } from './host.js';
import { installedHeaders, readHeaders } from './read-headers.js';
import { type KernelRelease, parseKernelRelease } from './release.js';
import { nearestTargets, seriesOf, type Target, targetsFor, usualTargets } from './target.js';
import { refuseUnknown } from './unknown-kernel.js';

export interface KernelOptions {
  /** Targets, releases, `host` or `all`; each may hold several with commas between them. */
  kernel?: string[];
  /** Prepared headers: a directory, or packages. */
  headers?: string[];
  /** A kernel's source: a directory, a tar archive, or a URL of one. */
  kernelSource?: string;
  /** A kernel configuration. */
  kernelConfig?: string;
  /** Refuse to download what no digest is known for. */
  requireDigest?: boolean;
}

/** A kernel that a user means. */
export interface Kernel {
  /** As it was named; empty for that of --kernel-source or --headers without a name. */
  requested: string;
  /** What --kernel must say to mean it again; empty for that of --kernel-source or --headers. */
  again: string;
  /** Undefined for a source whose release shows when it is prepared. */
  release?: KernelRelease;
  /** Where it is verified. */
  target?: Target;
  /** Why there is no target. */
  noTarget?: Failure;
  /** The names of other targets that carry it. */
  alternatives: string[];
}

/** The names that --kernel gives, without blanks; undefined if it was not given. @throws usage if it names nothing */
export function kernelNames(given: readonly string[] | undefined): string[] | undefined {
  const names = given
    ?.flatMap((list) => list.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names?.length === 0) fail({ code: 'usage', detail: '--kernel is empty', hint: 'pass a list, as in 6.1,debian-13, or all' });
  return names;
}

/**
 * The kernels that the options mean, each once. With --kernel-source it is that source, and one --kernel may say which release
 * it is, or on which target it is prepared. With --headers it is theirs, and one --kernel may say the same as they do.
 *
 * @param targets the catalogue; `all` means these
 * @throws usage, no-input, source-unfit; that a kernel has no target is not a failure yet
 */
export async function resolveKernels(options: KernelOptions, targets: readonly Target[]): Promise<Kernel[]> {
  const names = kernelNames(options.kernel) ?? [];
  if (options.kernelConfig !== undefined && options.kernelSource === undefined)
    fail({ code: 'usage', detail: '--kernel-config requires --kernel-source', hint: 'pass the source that it configures' });
  if (options.kernelSource !== undefined) return [await sourceKernel(names, options.kernelSource, options, targets)];
  if (options.headers !== undefined) return [await headersKernel(names, options.headers, targets)];
  const wanted = names.flatMap((name) => (name === 'all' ? usualTargets(targets).map((target) => target.name) : [name]));
  const kernels = await Promise.all(wanted.map((name) => namedKernel(name, targets)));
  const archOf = ({ wanted }: Target) => wanted?.arch ?? debianArch(process.arch);
  const key = ({ target, requested }: Kernel) => (target ? `${target.name} ${archOf(target)}` : requested);
  return kernels.filter((kernel, index) => kernels.findIndex((other) => key(other) === key(kernel)) === index);
}

/** Where a kernel is verified, with a word on which of several targets that is. @throws no-target, usage */
export function targetOf({ requested, target, noTarget, alternatives }: Kernel, context: Context): Target {
  if (target === undefined) return fail(noTarget ?? { code: 'no-target', kernel: requested, targets: [] });
  const isNamed = ['', 'host', target.name].includes(requested) || target.source !== undefined || target.prepared !== undefined;
  const also = alternatives.length > 0 ? ` (also available: ${alternatives.join(', ')})` : '';
  if (!isNamed) context.progress({ step: 'verify', text: `${requested}: using target ${target.name}${also}` });
  return target;
}

/** @throws usage */
async function namedKernel(requested: string, targets: readonly Target[]): Promise<Kernel> {
  const named = targets.find(({ name }) => name === requested);
  if (named) return { requested, again: requested, release: parseKernelRelease(named.kernel), target: named, alternatives: [] };
  if (requested === 'host') return hostKernel(targets);
  if (!/^\d/.test(requested)) refuseUnknown(requested, targets);
  const release = parseKernelRelease(requested);
  const [target, ...others] = targetsFor(requested, targets);
  const arch = archOfRelease(requested);
  if (target) {
    const alternatives = others.map(({ name }) => name);
    if (arch === undefined) return { requested, again: target.name, release, target, alternatives };
    const again = arch === debianArch(process.arch) ? target.name : requested;
    return { requested, again, release, target: { ...target, wanted: { release: requested, arch } }, alternatives };
  }
  return { requested, again: requested, release, alternatives: [], ...releasedTarget(release, targets) };
}

async function hostKernel(targets: readonly Target[]): Promise<Kernel> {
  const release = runningRelease();
  const kernel = { requested: 'host', again: 'host', release: parseKernelRelease(release), alternatives: [] };
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  try {
    const prepared = await installedHeaders(release);
    if (prepared === undefined) return { ...kernel, target: hostTarget(release, osRelease, targets) };
    const target = headersTarget(prepared, targets, { title: `this machine, with its headers of ${prepared.release}` });
    return { ...kernel, target: { ...target, name: 'host' } };
  } catch (error) {
    if (!(error instanceof MftPatchError)) throw error;
    // A plan needs no target.
    return { ...kernel, noTarget: error.failure };
  }
}

/** A version that kernel.org released. Kernels of distributions and candidates are not. */
function releasedTarget({ text, version }: KernelRelease, targets: readonly Target[]): Pick<Kernel, 'target' | 'noTarget'> {
  if (!/^\d+\.\d+(\.\d+)?$/.test(text)) {
    const near = nearestTargets(version, targets).slice(0, 3);
    return { noTarget: { code: 'no-target', kernel: text, targets: near.map(({ name, kernel }) => `${name} (${kernel})`) } };
  }
  const open = async (context: Context) => (await import('../download/kernel-org.js')).releasedKernel(version, context);
  return { target: fromSource(`linux-${text}`, `Linux ${text} as kernel.org released it`, toolsOf(undefined, targets), { open }) };
}

/** @throws usage if --kernel names another kernel, or several; as readHeaders */
async function headersKernel(names: string[], places: readonly string[], targets: readonly Target[]): Promise<Kernel> {
  const [name, ...others] = names;
  if (others.length > 0 || name === 'all') {
    const hint = 'omit --kernel: headers say of which kernel they are; test other kernels in a run of their own';
    fail({ code: 'usage', detail: '--headers takes one --kernel at most', hint });
  }
  const named = targets.find((target) => target.name === name);
  // What is no kernel at all is refused as it is elsewhere.
  if (name !== undefined && named === undefined && name !== 'host' && !/^\d/.test(name)) refuseUnknown(name, targets);
  const wanted = name === 'host' ? runningRelease() : name;
  const prepared = await readHeaders(places);
  if (wanted !== undefined) refuseOtherKernel(prepared, wanted, named);
  const title = `the headers in ${places.join(', ')}`;
  const target = headersTarget(prepared, targets, { ...(named ? { named } : {}), title });
  const release = releaseOf(prepared);
  return { requested: name ?? '', again: '', ...(release ? { release } : {}), target, alternatives: [] };
}

async function sourceKernel(names: string[], place: string, options: KernelOptions, targets: readonly Target[]): Promise<Kernel> {
  const { kernelConfig: configPath, requireDigest = false } = options;
  const [name, ...others] = names;
  if (others.length > 0 || name === 'all') {
    const hint = 'pass the release of the source or the target to prepare it on; test other kernels in a run of their own';
    fail({ code: 'usage', detail: '--kernel-source takes one --kernel at most', hint });
  }
  const isUrl = /^https?:\/\//i.test(place);
  if (isUrl) parseUrl(place, '--kernel-source URL');
  const open = async (context: Context) =>
    isUrl ? (await import('../download/kernel-org.js')).kernelArchive(place, { requireDigest }, context) : resolve(place);
  const config = configPath === undefined ? {} : { config: checkConfig(configPath, await readConfig(configPath)) };
  const base = basename(isUrl ? new URL(place).pathname : resolve(place)).replace(/\.(tar(\.\w+)?|t[gx]z)$/, '');
  const target = fromSource(imageName(base), `the source in ${isUrl ? publicUrl(place) : place}`, toolsOf(name, targets), {
    open,
    ...config,
  });
  if (name === undefined) return { requested: '', again: '', target, alternatives: [] };
  const { release } = await namedKernel(name, targets);
  const isTarget = targets.some((candidate) => candidate.name === name);
  return {
    requested: name,
    again: '',
    ...(release ? { release } : {}),
    target: isTarget ? target : { ...target, kernel: seriesOf(release?.version ?? '') },
    alternatives: [],
  };
}

function fromSource(name: string, title: string, tools: Target, source: NonNullable<Target['source']>): Target {
  return { ...tools, name, title, kernel: '', rolling: false, headers: '', tried: [], source };
}

/** The target that kernels from source are prepared on: Debian 12's compiler takes kernels from 4.19 to the newest. */
function toolsOf(name: string | undefined, targets: readonly Target[]): Target {
  const named = targets.find((target) => target.name === name) ?? targets.find((target) => target.name === 'debian-12');
  return (
    named ?? fail({ code: 'bad-catalogue', file: 'kernels/debian-12.json', detail: 'is missing; kernels from source are prepared on it' })
  );
}

function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => failInput(path, error, 'check --kernel-config'));
}
