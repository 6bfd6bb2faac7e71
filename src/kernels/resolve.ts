import { readFile } from 'node:fs/promises';
import { release as runningRelease } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Context } from '../context.js';
import { fail, wordsOf } from '../errors.js';
import { checkConfig } from './config.js';
import { hostTarget } from './host.js';
import { nearestNames } from './suggest.js';
import { type KernelRelease, parseKernelRelease } from './release.js';
import { nearestTargets, type Target, targetsFor } from './target.js';

/** Where a kernel comes from that no package brings. */
export interface KernelOptions {
  /** A kernel's source: a folder, a tar archive, or a URL of one. */
  kernelSource?: string;
  /** A kernel configuration. */
  kernelConfig?: string;
}

/** The release that `--kernel` names: a target's, the running one's, or itself. @throws usage */
export function wantedRelease(wanted: string, targets: readonly Target[]): KernelRelease {
  if (wanted === 'host') return parseKernelRelease(runningRelease());
  const named = targets.find(({ name }) => name === wanted);
  if (named) return parseKernelRelease(named.kernel);
  if (!/^\d/.test(wanted)) return unknown(wanted, targets);
  return parseKernelRelease(wanted);
}

/**
 * The target that a user means: one by its name, `host` for the running machine, the best of those that carry a release,
 * else the source that kernel.org released under that version; with --kernel-source that source.
 *
 * @param wanted undefined if only --kernel-source says it
 * @throws usage, no-target, no-input, source-unfit
 */
export async function wantedTarget(
  wanted: string | undefined,
  options: KernelOptions,
  targets: readonly Target[],
  context: Context,
): Promise<Target> {
  if (options.kernelSource !== undefined) return sourceTarget(wanted, options.kernelSource, options, targets);
  if (wanted === undefined)
    return fail({ code: 'usage', detail: 'which kernel? --kernel is missing', hint: 'mft-patch kernels lists them' });
  refuseLoneConfig(options);
  const named = targets.find(({ name }) => name === wanted);
  if (named) return named;
  if (wanted === 'host') return hostTarget(runningRelease(), await readFile('/etc/os-release', 'utf8').catch(() => ''), targets);
  const release = wantedRelease(wanted, targets);
  const [best, ...others] = targetsFor(wanted, targets);
  if (best) {
    const also = others.length > 0 ? ` (also on ${others.map(({ name }) => name).join(', ')})` : '';
    context.progress({ step: 'verify', text: `${wanted} is tried on ${best.name}${also}` });
    return best;
  }
  return releasedTarget(release, targets);
}

/** @throws usage for a configuration without a source that it is of */
export function refuseLoneConfig({ kernelSource, kernelConfig }: KernelOptions): void {
  if (kernelConfig !== undefined && kernelSource === undefined)
    fail({ code: 'usage', detail: '--kernel-config is for a kernel from source', hint: 'give that with --kernel-source' });
}

/** A version that kernel.org released. Kernels of distributions and candidates are none. */
function releasedTarget({ text, version }: KernelRelease, targets: readonly Target[]): Target {
  if (!/^\d+\.\d+(\.\d+)?$/.test(text)) {
    const near = nearestTargets(version, targets).slice(0, 3);
    fail({ code: 'no-target', kernel: text, targets: near.map(({ name, kernel }) => `${name} (${kernel})`) });
  }
  const open = async (context: Context) => (await import('../download/kernel-org.js')).releasedKernel(version, context);
  return fromSource(`linux-${text}`, `Linux ${text} as kernel.org released it`, toolsOf(undefined, targets), { open });
}

/** A kernel of one's own. `wanted` may name the target whose distribution and compiler prepare it. */
async function sourceTarget(
  wanted: string | undefined,
  place: string,
  { kernelConfig }: KernelOptions,
  targets: readonly Target[],
): Promise<Target> {
  const isUrl = /^https?:\/\//i.test(place);
  if (isUrl && !URL.canParse(place)) fail({ code: 'usage', detail: `--kernel-source: '${place}' is no URL`, hint: 'check it' });
  const open = async (context: Context) =>
    isUrl ? (await import('../download/kernel-org.js')).kernelArchive(place, undefined, context) : resolve(place);
  const config = kernelConfig === undefined ? {} : { config: checkConfig(kernelConfig, await readConfig(kernelConfig)) };
  const name = basename(isUrl ? new URL(place).pathname : resolve(place)).replace(/\.(tar(\.\w+)?|t[gx]z)$/, '');
  const isNamed = targets.some((target) => target.name === wanted);
  const target = fromSource(slug(name), `the source in ${place}`, toolsOf(wanted, targets), { open, ...config });
  return wanted === undefined || isNamed ? target : { ...target, kernel: seriesText(wantedRelease(wanted, targets)) };
}

function fromSource(name: string, title: string, tools: Target, source: NonNullable<Target['source']>): Target {
  return { ...tools, name, title, kernel: '', rolling: false, headers: '', tried: [], source };
}

/** Debian 12's compiler takes kernels from 4.19 to the newest. */
function toolsOf(wanted: string | undefined, targets: readonly Target[]): Target {
  const named = targets.find(({ name }) => name === wanted) ?? targets.find(({ name }) => name === 'debian-12');
  return (
    named ?? fail({ code: 'bad-catalogue', file: 'kernels/debian-12.json', detail: 'is missing; kernels from source are prepared on it' })
  );
}

function seriesText({ major, minor }: KernelRelease): string {
  return `${major}.${minor}`;
}

/** A name as image repositories take it (docker-tag(1)). */
function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '') || 'linux'
  );
}

function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) =>
    fail({ code: 'no-input', path, detail: wordsOf(error), hint: 'check --kernel-config' }, error),
  );
}

function unknown(wanted: string, targets: readonly Target[]): never {
  const near = nearestNames(wanted, ['host', ...targets.map(({ name }) => name)]);
  return fail({
    code: 'usage',
    detail: `'${wanted}' is neither a target nor a kernel release`,
    hint: `did you mean ${near.join(' or ')}? mft-patch kernels lists the targets; a release is 5.18 or 6.1.0-50-amd64, as uname -r prints it`,
  });
}
