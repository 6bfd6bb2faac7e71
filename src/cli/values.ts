/** Turns the options of a command into the values that it works with: each input is resolved here, once. */
import { extname } from 'node:path';
import type { ReleaseName } from '../bundle/releases.js';
import { resolvePlanSource, resolveSource, type Source, type SourceOptions } from '../bundle/vendor-package.js';
import type { ContainerSettings } from '../containers/images.js';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Kernel, KernelOptions } from '../kernels/resolve.js';

/** Where the package comes from. @throws usage, no-input */
export function sourceOf(options: SourceOptions, file: string | undefined, context: Context): Promise<Source> {
  return resolveSource({ ...options, ...(file === undefined ? {} : { file }) }, context);
}

/** Where the package comes from that is planned for, or of which release it is. @throws usage, no-input */
export function planSourceOf(options: SourceOptions, file: string | undefined, context: Context): Promise<Source | ReleaseName> {
  return resolvePlanSource({ ...options, readOnly: true, ...(file === undefined ? {} : { file }) }, context);
}

/** All kernels that the options name; undefined if they name none. @throws usage, no-input, source-unfit */
export async function kernelsOf(options: KernelOptions, context: Context): Promise<Kernel[] | undefined> {
  const { kernel, headers, kernelSource, kernelConfig } = options;
  const isNamed = [kernel, headers, kernelSource, kernelConfig].some((option) => option !== undefined);
  if (!isNamed) return undefined;
  // Loaded only where a kernel is named: a package for all kernels needs neither the catalogue nor this.
  const [{ resolveKernels }, { loadTargets }] = await Promise.all([import('../kernels/resolve.js'), import('../catalogue.js')]);
  return resolveKernels(options, await loadTargets(context));
}

/**
 * The one kernel that a package is built for; undefined for all kernels.
 * @throws usage for several: a package is baked for the patches of one
 */
export async function kernelOf(options: KernelOptions, context: Context): Promise<Kernel | undefined> {
  const isOwn = [options.headers, options.kernelSource, options.kernelConfig].some((option) => option !== undefined);
  if (options.kernel?.join() === 'all' && !isOwn) return undefined;
  const [kernel, ...others] = (await kernelsOf(options, context)) ?? [];
  if (others.length === 0) return kernel;
  const hint = `mft-patch matrix --kernel ${options.kernel?.join()} builds a package for each set of patches`;
  return fail({ code: 'usage', detail: 'a package is built for one kernel or for all', hint });
}

/** The one kernel that is meant, where all kernels have no meaning. @throws usage for several */
export async function oneKernelOf(
  { headers, ...options }: Omit<KernelOptions, 'headers'> & { headers?: string },
  context: Context,
): Promise<Kernel | undefined> {
  if (headers !== undefined && options.kernel !== undefined)
    fail({ code: 'usage', detail: '--headers and --kernel are mutually exclusive', hint: 'pass only one of --headers, --kernel' });
  const [kernel, ...others] = (await kernelsOf(options, context)) ?? [];
  if (others.length === 0) return kernel;
  return fail({ code: 'usage', detail: '--kernel takes one kernel here', hint: 'pass one, as in --kernel 6.1' });
}

/** The last kernel that dkms is to build for by itself. @throws usage if the package is for a later one */
export function maxKernelOf({ maxKernel }: { maxKernel?: string | undefined }, kernel: Kernel | undefined): string | undefined {
  if (maxKernel === undefined || kernel?.release === undefined) return maxKernel;
  const [most, wanted] = [maxKernel, kernel.release.version].map((text) => text.split('.').map(Number));
  const at = most?.findIndex((number, place) => number !== wanted?.[place]) ?? -1;
  if (at < 0 || (most?.[at] ?? 0) > (wanted?.[at] ?? 0)) return maxKernel;
  const detail = `--max-kernel ${maxKernel} is below the kernel of the package, ${kernel.requested || kernel.release.text}`;
  return fail({ code: 'usage', detail, hint: 'pass that kernel or a later one' });
}

/** The kernels that the options name. @throws usage if they name none, or for --lock where no source is downloaded */
export async function someKernels(
  options: KernelOptions & { lock?: string; fromFile?: readonly string[] },
  context: Context,
): Promise<Kernel[]> {
  if (options.lock !== undefined && !options.fromFile?.includes('lock') && !/^https?:\/\//i.test(options.kernelSource ?? ''))
    fail({ code: 'usage', detail: '--lock requires the URL of a kernel source', hint: 'pass --kernel-source URL, or omit --lock' });
  return (
    (await kernelsOf(options, context)) ??
    fail({ code: 'usage', detail: 'missing --kernel', hint: 'run mft-patch kernels to list the targets' })
  );
}

/** Directories with a series, and packages, as `patches check` takes them in any order. @throws usage, no-input */
export async function placesOf(places: readonly string[], { sample }: SourceOptions, context: Context) {
  const { isSeries } = await import('../workbench/own-series.js');
  const areSeries = await Promise.all(places.map(isSeries));
  const files = places.filter((_, index) => !areSeries[index]).map((file) => ({ file }));
  const given: SourceOptions[] = [...files, ...(sample === undefined ? [] : [{ sample }])];
  const sources = await Promise.all(given.map((one) => resolveSource(one, context)));
  return { directories: places.filter((_, index) => areSeries[index]), sources };
}

/** How the container engine is used. */
export function settingsOf(options: ContainerSettings): ContainerSettings {
  const { engine, bootstrap, aptMirror, refresh, maxImageAge, timeout, memory, processes, disk } = options;
  return {
    ...(engine ? { engine } : {}),
    ...(bootstrap ? { bootstrap } : {}),
    ...(aptMirror === undefined ? {} : { aptMirror }),
    ...(refresh ? { refresh } : {}),
    ...(maxImageAge === undefined ? {} : { maxImageAge }),
    ...{ timeout, memory, processes, disk },
  };
}

/** The names that are given as arguments, or with --kernels, count as those of --kernel. */
export function withNames<Options extends KernelOptions>(options: Options, names: readonly string[] = []): Options {
  return names.length === 0 ? options : { ...options, kernel: [...(options.kernel ?? []), ...names] };
}

/** What `image rm` removes. @throws usage if that is nothing */
export async function imageNames(options: KernelOptions): Promise<string[]> {
  const hint = 'run mft-patch image ls to list the images, or pass all';
  return (await imageNamesIfAny(options)) ?? fail({ code: 'usage', detail: 'missing target', hint });
}

/** The images that are meant; undefined if none is named. @throws usage */
export async function imageNamesIfAny({ kernel }: KernelOptions): Promise<string[] | undefined> {
  return (await import('../kernels/resolve.js')).kernelNames(kernel);
}

/** The release that --mft names, and how it is to be fetched. @throws usage */
export async function releaseOf(options: SourceOptions, context: Context): Promise<Extract<Source, { kind: 'remote' }>> {
  const source = await resolveSource(options, context);
  return source.kind === 'remote' ? source : fail({ code: 'internal', detail: 'a release that is not downloaded' });
}

/** @throws usage if it is empty */
export function outputDirectory(out: string): string {
  return out === '' ? fail({ code: 'usage', detail: '--out is empty', hint: 'pass a directory' }) : out;
}

/** The files of --report. @throws usage for one whose name does not tell its format */
export async function reportsOf(paths: string[] = []): Promise<string[]> {
  const { reportFormats } = await import('../commands/matrix/results.js');
  const unknown = paths.find((path) => !reportFormats.includes(extname(path)));
  if (unknown === undefined) return paths;
  return fail({ code: 'usage', detail: `--report ${unknown}: unknown report format`, hint: `use one of ${reportFormats.join(', ')}` });
}
