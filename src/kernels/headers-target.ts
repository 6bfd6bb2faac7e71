/** Prepared headers as a target: where modules are built against them, and with which compiler. */
import { fail } from '../errors.js';
import { type HeadersFacts, isKernel } from './headers.js';
import type { PreparedHeaders } from './read-headers.js';
import { type KernelRelease, parseKernelRelease } from './release.js';
import { seriesOf, type Target, type Tools } from './target.js';

/** Debian's suites by the major version of gcc, which each has; `isOwn` where that is what it calls gcc. */
const suites: Readonly<Record<number, { suite: string; isOwn: boolean }>> = {
  9: { suite: 'bullseye', isOwn: false },
  10: { suite: 'bullseye', isOwn: true },
  11: { suite: 'bookworm', isOwn: false },
  12: { suite: 'bookworm', isOwn: true },
  13: { suite: 'trixie', isOwn: false },
  14: { suite: 'trixie', isOwn: true },
  15: { suite: 'sid', isOwn: true },
};
/** The packages of gcc that kernels' headers may want beside that of a suite; the empty one is that gcc itself. */
export function compilersOn(suite: string): string[] {
  const others = Object.entries(suites).filter(([, of]) => of.suite === suite && !of.isOwn);
  return ['', ...others.map(([major]) => `gcc-${major}`)];
}

/** For kernels of other compilers. */
const usual = { suite: 'bookworm', gcc: 12 };

/**
 * The target of prepared headers: an image of the Debian that has the kernel's compiler.
 *
 * @param named the target to use instead, if one was named
 * @param title for people
 * @throws bad-catalogue if the catalogue has no target of that suite
 */
export function headersTarget(
  prepared: PreparedHeaders,
  targets: readonly Target[],
  { named, title }: { named?: Target; title: string },
): Target {
  const { release, arch } = prepared;
  const series = seriesOf(release);
  const { suite, tools } = toolsFor(prepared);
  const isOf = (target: Target) => target.suites[0] === suite && target.snapshot === '' && target.releases === undefined;
  // The same kernel's own target, too, has its image, which --boot wants.
  const base = named ?? targets.find((target) => isOf(target) && target.kernel === series) ?? targets.find(isOf);
  if (base === undefined)
    fail({ code: 'bad-catalogue', file: 'kernels/', detail: `has no target of ${suite}, on which these headers are used` });
  return {
    ...base,
    name: `headers-${imageName(release)}`,
    title,
    kernel: release.startsWith(`${series}.`) ? series : '',
    rolling: false,
    headers: '',
    tried: [],
    prepared: { ...prepared, ...(base.suites[0] === suite ? tools : toolsOn(base, prepared)) },
    ...(arch === undefined ? {} : { wanted: { release, arch } }),
  };
}

/** The suite that has the compiler of a kernel. */
function toolsFor({ compiler }: HeadersFacts): { suite: string; tools: Tools } {
  const found = compiler?.name === 'gcc' ? suites[compiler.major] : undefined;
  if (compiler === undefined || found === undefined) {
    const built = compiler === undefined ? 'a compiler that its configuration does not name' : compiler.text;
    const otherCompiler = `the kernel was built by ${built}, and its modules are built here by gcc ${usual.gcc}`;
    return { suite: usual.suite, tools: { gcc: '', otherCompiler } };
  }
  return { suite: found.suite, tools: { gcc: found.isOwn ? '' : `gcc-${compiler.major}` } };
}

/** The same on another target that was named. */
function toolsOn({ name }: Target, { compiler }: HeadersFacts): Tools {
  const built = compiler?.text ?? 'a compiler that its configuration does not name';
  return { gcc: '', otherCompiler: `the kernel was built by ${built}, and its modules are built here by the gcc of ${name}` };
}

/**
 * Refuses headers that are not of the kernel that --kernel names.
 * @param named the target of that name, if there is one
 * @throws usage
 */
export function refuseOtherKernel(prepared: PreparedHeaders, requested: string, named: Target | undefined): void {
  const { release, version, places } = prepared;
  const isSame = named ? isTargets(prepared, named) : isKernel(prepared, requested);
  if (isSame) return;
  const of = version === undefined || release.startsWith(version) ? release : `${release} (Linux ${version})`;
  const wanted = named ? `${requested} (${named.kernel}${named.rolling ? ' or later' : ''})` : requested;
  fail({
    code: 'usage',
    detail: `--kernel ${wanted} and --headers disagree: ${places[0]} is of ${of}`,
    hint: `omit --kernel, or pass the headers of ${requested}`,
  });
}

/** Whether headers are of a kernel that a target may have. */
function isTargets(prepared: PreparedHeaders, { kernel, rolling }: Target): boolean {
  if (isKernel(prepared, kernel)) return true;
  const [own, least] = [releaseOf(prepared), parseKernelRelease(kernel)];
  return rolling && own !== undefined && (own.major > least.major || (own.major === least.major && own.minor >= least.minor));
}

/** The release of headers, by what Linux calls it where the name says no number; undefined if nothing does. */
export function releaseOf({ release, version }: HeadersFacts): KernelRelease | undefined {
  const text = /^\d+\.\d+/.test(release) ? release.replaceAll('@', '-') : version;
  return text === undefined ? undefined : { ...parseKernelRelease(text), text: release };
}

/** A name as image repositories take it (docker-tag(1)). */
export function imageName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return name || 'linux';
}
