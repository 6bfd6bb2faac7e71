import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Source } from '../../bundle/vendor-package.js';
import { loadTargets } from '../../catalogue.js';
import { refuseOtherArch } from '../../containers/arch.js';
import { type ContainerSettings, openImages } from '../../containers/images.js';
import type { Context } from '../../context.js';
import { packageField } from '../../default-package.js';
import type { MatrixDocument } from '../../documents/index.js';
import { type Kernel, resolveKernels, targetOf } from '../../kernels/resolve.js';
import { archOfPackage, planPatches, readVendorPackage } from '../../packaging/prepare.js';
import { asJson } from '../../system/json.js';
import { writeAtomic } from '../../system/stage.js';
import { secondsSince } from '../../verify/untested.js';
import { type MatrixKernel, runCell } from './cell.js';
import { findDifference } from './fit.js';
import { MatrixPackages } from './packages.js';
import { provenUpTo } from './proven.js';
import { lastResult, longestFirst, mergeResults, nameAgain, refuseOtherRelease, writeReports } from './results.js';

export interface MatrixRequest {
  source: Source;
  /** Undefined for those of the last run with `onlyFailed`, else for all of the catalogue. */
  kernels: Kernel[] | undefined;
  settings: ContainerSettings;
  /** Verify the vendor's package, too. */
  baseline: boolean;
  /** Load the patched modules on the booted kernels, too. */
  boot: boolean;
  /** A package for each set of patches, instead of the one for all kernels that `build` makes. */
  baked: boolean;
  /** The number of parallel containers; undefined for as many as cores and memory allow. */
  jobs: number | undefined;
  /** Keep the verdicts of the last run that hold for what would be tested now, and test only the rest. */
  onlyFailed: boolean;
  /** Test all, whatever the cache has. */
  fresh: boolean;
  /** Files to write reports to, in the format that their name ends in. */
  reports: string[];
  /** The directory for packages, records and the result. */
  out: string;
}

/** What a build of the modules takes at its peak, with room for the engine: bytes. */
const memoryOfJob = 1024 ** 3;

/** Builds and verifies the package on many kernels; what happens on one does not stop the others. */
export async function matrix(request: MatrixRequest, context: Context): Promise<MatrixDocument> {
  const [start, date] = [performance.now(), new Date().toISOString()];
  const { settings, baseline, boot, out, reports } = request;
  const last = request.onlyFailed ? await lastResult(out) : undefined;
  const kernels = await kernelsToRun(request, last, context);
  const [read, images] = await Promise.all([readVendorPackage(request.source, context), openImages(settings, context)]);
  const arch = archOfPackage(read);
  if (arch) refuseOtherArch(images.engine, { what: read.vendor.path, arch });
  if (last) refuseOtherRelease(last, read);
  const packages = new MatrixPackages(out, read, context);
  const limit = pLimit(request.jobs ?? defaultJobs());
  const universal = request.baked ? undefined : planPatches(read, undefined);
  const cells = last && new Map(last.cells.map((cell) => [cell.target, cell]));
  const run = { read, images, packages, limit, baseline, boot, universal, last: cells, fresh: request.fresh };
  await images.lookFor(
    kernels.map(({ target }) => target),
    context,
  );
  const times = last ?? (await lastResult(out).catch(() => undefined));
  const begun = new Map(
    longestFirst(kernels, times).map((kernel) => [kernel, runCell(kernel, run, cellContext(kernel.target.name, context))]),
  );
  // All are waited for, also when they are interrupted: each removes its container.
  await Promise.allSettled(begun.values());
  context.signal.throwIfAborted();
  const results = await Promise.all(kernels.flatMap((kernel) => begun.get(kernel) ?? []));
  await packages.writeRecords(results.flatMap(({ verdicts }) => verdicts));
  const document: MatrixDocument = {
    schema: 'mft-patch/matrix@1',
    ...packageField(read.name),
    mft: read.mft,
    date,
    seconds: secondsSince(start),
    cells: results.map(({ cell }) => cell),
  };
  const result =
    last === undefined
      ? document
      : withLast(
          document,
          last,
          results.some(({ isKept }) => isKept),
          context,
        );
  // What the packages for single kernels prove is not one package's.
  const maxKernel = request.baked ? undefined : provenUpTo(result.cells);
  const whole = maxKernel === undefined ? result : { ...result, maxKernel };
  await writeAtomic(join(out, 'matrix.json'), asJson(whole), context);
  await writeReports(reports, whole, context);
  return whole;
}

/** The kernels of the request; else those of the last result, else all. */
export async function kernelsToRun(
  { kernels: given }: Pick<MatrixRequest, 'kernels'>,
  last: MatrixDocument | undefined,
  context: Context,
): Promise<MatrixKernel[]> {
  const again = given ? [] : (last?.cells.map(nameAgain) ?? ['all']);
  const kernels = given ?? (again.length === 0 ? [] : await resolveKernels({ kernel: again }, await loadTargets(context)));
  return kernels.map((kernel) => ({ target: targetOf(kernel, context), again: kernel.again }));
}

/** The result with what the last one has of other kernels, as far as it can stand beside the new. */
function withLast(document: MatrixDocument, last: MatrixDocument, isAnyKept: boolean, context: Context): MatrixDocument {
  const fresh = new Set(document.cells.map(({ target }) => target));
  const others = last.cells.filter(({ target }) => !fresh.has(target));
  const kept = others.filter((cell) => {
    const found = findDifference([
      { path: 'then', document: { ...last, cells: [cell] } },
      { path: 'now', document },
    ]);
    if (found) context.warn(`${cell.target}: dropped the verdict of the last run: ${found.difference}`);
    return found === undefined;
  });
  if (kept.length === 0 && !isAnyKept) return document;
  // In the places that they had.
  const places = new Set([...kept.map(({ target }) => target), ...fresh]);
  return mergeResults({ ...last, cells: last.cells.filter(({ target }) => places.has(target)) }, document);
}

function defaultJobs(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / memoryOfJob)));
}

function cellContext(name: string, context: Context): Context {
  return { ...context, progress: (progress) => context.progress({ cell: name, ...progress }) };
}
