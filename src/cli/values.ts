/** Turns the options of a command into the values that it works with: each input is resolved here, once. */
import { release as runningRelease } from 'node:os';
import { extname } from 'node:path';
import type { ReleaseName } from '../bundle/releases.js';
import { resolvePlanSource, resolveSource, type Source, type SourceOptions } from '../bundle/vendor-package.js';
import type { ContainerSettings } from '../containers/images.js';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { debianArch } from '../kernels/arch.js';
import type { Kernel, KernelOptions } from '../kernels/resolve.js';

/** What names packages on a command line: each option that does so may be given several times, as `matrix` takes it. */
export interface SourceFlags extends Omit<SourceOptions, 'file' | keyof Places> {
  bundle?: string[];
  deb?: string[];
  mft?: string[];
  sample?: string[];
}

type Places = Pick<SourceOptions, 'bundle' | 'deb' | 'mft' | 'sample'>;
const placeNames = ['bundle', 'deb', 'mft', 'sample'] as const satisfies (keyof Places)[];

/** The options for each package that is named; one without a name for the default. */
function eachSource({ bundle, deb, mft, sample, ...rest }: SourceFlags, files: readonly string[]): SourceOptions[] {
  const given = { bundle, deb, mft, sample };
  const named = placeNames.flatMap((name) => (given[name] ?? []).map((value): SourceOptions => ({ ...rest, [name]: value })));
  const all = [...files.map((file): SourceOptions => ({ ...rest, file })), ...named];
  return all.length === 0 ? [rest] : all;
}

/** The options for the one package that is named. @throws usage for several */
export function oneSource(flags: SourceFlags, file?: string): SourceOptions {
  const [one = {}, ...others] = eachSource(flags, file === undefined ? [] : [file]);
  if (others.length === 0) return one;
  const hint = 'pass one; mft-patch matrix takes several';
  return fail({ code: 'usage', detail: 'several packages are named, and this command takes one', hint });
}

/** Where the package comes from. @throws usage, no-input */
export async function sourceOf(flags: SourceFlags, file: string | undefined, context: Context): Promise<Source> {
  return resolveSource(oneSource(flags, file), context);
}

/** Where the packages of a matrix come from. @throws usage, no-input */
export async function sourcesOf(flags: SourceFlags, files: readonly string[], context: Context): Promise<Source[]> {
  const each = eachSource(flags, files);
  if (each.length > 1 && flags.sha256 !== undefined && !flags.fromFile?.includes('sha256'))
    fail({ code: 'usage', detail: '--sha256 does not apply to several packages', hint: 'omit it, or name one package' });
  return Promise.all(each.map((options) => resolveSource(options, context)));
}

/** Where the package comes from that is planned for, or of which release it is. @throws usage, no-input */
export async function planSourceOf(flags: SourceFlags, file: string | undefined, context: Context): Promise<Source | ReleaseName> {
  return resolvePlanSource({ ...oneSource(flags, file), readOnly: true }, context);
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
export async function oneKernelOf(options: KernelOptions, context: Context): Promise<Kernel | undefined> {
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

/** The installed kernels that are verified on with --here: the running one, or those whose releases --kernel gives. @throws usage */
export function releasesHere({ kernel = ['host'] }: KernelOptions): string[] {
  const names = kernel.flatMap((list) => list.split(',')).map((name) => name.trim());
  const releases = names.filter((name) => name !== '').map((name) => (name === 'host' ? runningRelease() : name));
  const unknown = releases.find((name) => !/^\d+\.\d+[\w.+~-]*$/.test(name));
  if (releases.length > 0 && unknown === undefined) return [...new Set(releases)];
  const detail = `--here takes releases of installed kernels${unknown === undefined ? '' : `, not '${unknown}'`}`;
  return fail({ code: 'usage', detail, hint: 'pass a name of /lib/modules, as uname -r prints it, or omit --kernel for the running one' });
}

/** Directories with a series, and packages, as `patches check` takes them in any order. @throws usage, no-input */
export async function placesOf(places: readonly string[], { sample = [] }: SourceFlags, context: Context) {
  const { isSeries } = await import('../workbench/own-series.js');
  const areSeries = await Promise.all(places.map(isSeries));
  const files = places.filter((_, index) => !areSeries[index]).map((file) => ({ file }));
  const given: SourceOptions[] = [...files, ...sample.map((layout) => ({ sample: layout }))];
  const sources = await Promise.all(given.map((one) => resolveSource(one, context)));
  return { directories: places.filter((_, index) => areSeries[index]), sources };
}

/** How the container engine is used. */
export function settingsOf(options: ContainerSettings): ContainerSettings {
  const { engine, bootstrap, aptMirror, refresh, maxImageAge, arch, timeout, memory, processes, disk } = options;
  return {
    ...(engine ? { engine } : {}),
    ...(bootstrap ? { bootstrap } : {}),
    ...(aptMirror === undefined ? {} : { aptMirror }),
    ...(refresh ? { refresh } : {}),
    ...(arch === undefined ? {} : { arch: debianArch(arch) ?? refuseArch(arch) }),
    ...(maxImageAge === undefined ? {} : { maxImageAge }),
    ...{ timeout, memory, processes, disk },
  };
}

function refuseArch(arch: string): never {
  return fail({ code: 'usage', detail: `--arch ${arch}: unknown architecture`, hint: 'pass amd64 or arm64' });
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
export async function releaseOf(flags: SourceFlags, context: Context): Promise<Extract<Source, { kind: 'remote' }>> {
  const source = await resolveSource(oneSource(flags), context);
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
