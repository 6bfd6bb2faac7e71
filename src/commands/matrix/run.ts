import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { SourceOptions } from '../../bundle/vendor-package.js';
import type { Context } from '../../context.js';
import { loadTargets } from '../../catalogue.js';
import { fail } from '../../errors.js';
import type { Target } from '../../kernels/target.js';
import type { MatrixDocument } from '../../documents.js';
import { writeWhole } from '../../system/stage.js';
import { asJson } from '../../output/output-directory.js';
import { runCell } from './cell.js';
import { MatrixPackages } from './packages.js';
import { cellsToRun, lastRun, longestFirst, merged } from './results.js';
import { prepareForAll, readPackage } from '../../packaging/prepare.js';
import { checkReports, writeReports } from '../reports.js';
import { type EngineUse, openImages, wantedTargets } from '../verify.js';
import { type KernelOptions, refuseLoneConfig } from '../../kernels/resolve.js';

export interface MatrixOptions extends SourceOptions, EngineUse, KernelOptions {
  /** Kernels or targets with commas between them, or `all`. */
  kernels?: string;
  /** Verify the vendor's package, too. */
  baseline?: boolean;
  /** Load the patched modules on the booted kernels, too. */
  boot?: boolean;
  /** One package for all kernels, whose patches dkms picks. */
  universal?: boolean;
  /** How many containers may run at once; else as many as cores and memory allow. */
  jobs?: number;
  /** Run again only what did not build last time. */
  onlyFailed?: boolean;
  /** Files to write reports to, in the format that their name ends in. */
  report?: string[];
  /** The folder for packages, records and the result. */
  out: string;
}

/** What a build of the modules takes at its peak, with room for the engine: bytes. */
const memoryOfJob = 1024 ** 3;

/** Builds and verifies the package on many kernels; what happens on one does not stop the others. */
export async function matrix(options: MatrixOptions, context: Context): Promise<MatrixDocument> {
  checkReports(options.report ?? []);
  const last = options.onlyFailed ? await lastRun(options.out) : undefined;
  const targets = await matrixTargets(options, last, context);
  const [read, images] = await Promise.all([readPackage(options, context), openImages(options, context)]);
  const packages = new MatrixPackages(options.out, read, context);
  const todo = last === undefined ? targets : cellsToRun(last, read.mft, targets);
  const limit = pLimit(options.jobs ?? defaultJobs());
  const universal = options.universal ? prepareForAll(read) : undefined;
  const run = { read, images, packages, limit, baseline: options.baseline ?? false, boot: options.boot ?? false, universal };
  const times = last ?? (await lastRun(options.out).catch(() => undefined));
  const begun = new Map(longestFirst(todo, times).map((target) => [target, runCell(target, run, cellContext(target, context))]));
  // All are waited for, also when they are interrupted: each removes its container.
  await Promise.allSettled(begun.values());
  context.signal.throwIfAborted();
  const results = await Promise.all(todo.flatMap((target) => begun.get(target) ?? []));
  await packages.writeRecords(results.flatMap(({ verdicts }) => verdicts));
  const document: MatrixDocument = { schema: 'mft-patch/matrix@1', mft: read.mft, cells: results.map(({ cell }) => cell) };
  const whole = last === undefined ? document : merged(last, document);
  await writeWhole(join(options.out, 'matrix.json'), asJson(whole), context);
  await writeReports(options.report ?? [], whole, context);
  return whole;
}

function defaultJobs(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / memoryOfJob)));
}

/** The targets that the options name; without a list those of the last run, else all of the catalogue. */
export async function matrixTargets(
  options: Pick<MatrixOptions, 'kernels' | 'kernelSource' | 'kernelConfig'>,
  last: MatrixDocument | undefined,
  context: Context,
): Promise<Target[]> {
  refuseLoneConfig(options);
  const { kernels, kernelSource, kernelConfig } = options;
  const own =
    kernelSource === undefined
      ? []
      : await wantedTargets([], { kernelSource, ...(kernelConfig === undefined ? {} : { kernelConfig }) }, context);
  if (kernels === undefined && own.length > 0) return own;
  const named = kernels ?? last?.cells.map(({ target }) => target.replace(/^linux-(?=\d)/, '')).join(',') ?? 'all';
  if (named === 'all') return [...(await loadTargets()), ...own];
  const wishes = named
    .split(',')
    .map((wish) => wish.trim())
    .filter((wish) => wish !== '');
  if (wishes.length === 0) fail({ code: 'usage', detail: '--kernels names none', hint: 'give a list, as in 6.1,debian-13, or all' });
  return [...(await wantedTargets(wishes, {}, context)), ...own];
}

function cellContext({ name }: Target, context: Context): Context {
  return { ...context, progress: (progress) => context.progress({ cell: name, ...progress }) };
}
