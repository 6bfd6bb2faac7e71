import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Source } from '../../bundle/vendor-package.js';
import { loadTargets } from '../../catalogue.js';
import { refuseOtherArch } from '../../containers/arch.js';
import { findEngine } from '../../containers/engine.js';
import { type ContainerSettings, type Images, imagesFor } from '../../containers/images.js';
import type { Context } from '../../context.js';
import type { MatrixDocument } from '../../documents/index.js';
import { type Kernel, resolveKernels, targetOf } from '../../kernels/resolve.js';
import { planPatches } from '../../packaging/choose-patches.js';
import { archOfPackage, type VendorPackage } from '../../packaging/prepare.js';
import type { KeyFiles } from '../../packaging/sign-modules.js';
import { cellKey, releaseOf, releaseText } from '../../report/releases.js';
import { asJson } from '../../system/json.js';
import { writeAtomic } from '../../system/stage.js';
import { secondsSince } from '../../verify/untested.js';
import { type MatrixKernel, type MatrixRun, runCell } from './cell.js';
import { documentOf, withLast, withProven } from './document.js';
import { type HistoryRequest, withHistory } from './history.js';
import { MatrixPackages } from './packages.js';
import { readReleases, releaseField } from './read-releases.js';
import { lastResult, longestFirst, nameAgain, refuseOtherRelease, writeReports } from './results.js';

export interface MatrixRequest extends HistoryRequest {
  /** A package each. */
  sources: readonly Source[];
  /** Undefined for those of the last run with `onlyFailed`, else for all of the catalogue. */
  kernels: Kernel[] | undefined;
  settings: ContainerSettings;
  /** Verify the vendor's package, too. */
  baseline: boolean;
  /** Load the patched modules on the booted kernel, too. */
  boot: boolean;
  /** A package for each set of patches, instead of the one for all kernels that `build` makes. */
  baked: boolean;
  /** The number of parallel containers; undefined for as many as cores and memory allow. */
  jobs: number | undefined;
  /** Keep the verdicts of the last run that hold for what would be tested now, and test only the rest. */
  onlyFailed: boolean;
  /** Test all, whatever the cache has. */
  fresh: boolean;
  /** Whether the modules that were tested become packages, too, and what signs them. */
  modules: { signing: KeyFiles | undefined } | undefined;
  /** Files to write reports to, in the format that their name ends in. */
  reports: string[];
  /** The directory for packages, records and the result. */
  out: string;
}

/** What a build of the modules takes at its peak, with room for the engine: bytes. */
const memoryOfJob = 1024 ** 3;

/** Builds and verifies each package on many kernels; what happens in one cell does not stop the others. */
export async function matrix(request: MatrixRequest, context: Context): Promise<MatrixDocument> {
  const [start, date] = [performance.now(), new Date().toISOString()];
  const { settings, out } = request;
  const last = request.onlyFailed ? await lastResult(out) : undefined;
  const kernels = await kernelsToRun(request, last, context);
  const [reads, engine] = await Promise.all([readReleases(request.sources, context), findEngine(settings, context)]);
  const arches = [...reads.map(archOfPackage), ...kernels.map(({ target }) => target.wanted?.arch)];
  const images = await imagesFor(engine, settings, arches, context);
  for (const read of reads) {
    const arch = archOfPackage(read);
    if (arch) refuseOtherArch(images.engine, { what: read.vendor.path, arch });
  }
  if (last) refuseOtherRelease(last, reads);
  const pack = request.modules && (await packer(request.modules.signing, context));
  const runs = runsOf(reads, request, { images, last, pack }, context);
  await images.lookFor(
    kernels.map(({ target }) => target),
    context,
  );
  const cells = runs.flatMap((run) => kernels.map((kernel) => ({ ...kernel, ...releaseField(run.read), run })));
  const times = last ?? (await lastResult(out).catch(() => undefined));
  const begun = new Map(
    longestFirst(cells, times).map((cell) => [cell, runCell(cell, cell.run, cellContext(cell.run.nameOf(cell.target), context))]),
  );
  // All are waited for, also when they are interrupted: each removes its container.
  await Promise.allSettled(begun.values());
  context.signal.throwIfAborted();
  const results = await Promise.all(cells.flatMap((cell) => begun.get(cell) ?? []));
  const verdicts = results.flatMap((result) => result.verdicts);
  for (const { packages } of runs) await packages.writeRecords(verdicts);
  const duration = { date, seconds: secondsSince(start) };
  const document = documentOf(
    runs.map(({ read }) => releaseField(read)),
    duration,
    results.map(({ cell }) => cell),
  );
  const isAnyKept = results.some(({ isKept }) => isKept);
  const result = last === undefined ? document : withLast(document, last, isAnyKept, context);
  // What the packages for single kernels prove is not one package's.
  const whole = await withHistory(request.baked ? result : withProven(result), request, context);
  await writeAtomic(join(out, 'matrix.json'), asJson(whole), context);
  await writeReports(request.reports, whole, context);
  return whole;
}

/** What the cells of each release share. All of them together run as many containers at once as are allowed. */
function runsOf(
  reads: readonly VendorPackage[],
  { out, jobs, baseline, boot, baked, fresh }: MatrixRequest,
  { images, last, pack }: { images: Images; last: MatrixDocument | undefined; pack: MatrixRun['pack'] },
  context: Context,
): MatrixRun[] {
  const limit = pLimit(jobs ?? defaultJobs());
  return reads.map((read) => {
    const release = releaseText(releaseField(read));
    const ofThis = last?.cells.filter((cell) => releaseText(releaseOf(last, cell)) === release);
    return {
      read,
      images,
      packages: new MatrixPackages(out, read, context),
      limit,
      baseline,
      boot,
      universal: baked ? undefined : planPatches(read, undefined),
      last: ofThis && new Map(ofThis.map((cell) => [cell.target, cell])),
      fresh,
      pack,
      nameOf: ({ name }) => (reads.length > 1 ? cellKey(releaseField(read), { target: name }) : name),
    };
  });
}

/** The kernels of the request; else those of the last result, else all. */
export async function kernelsToRun(
  { kernels: given }: Pick<MatrixRequest, 'kernels'>,
  last: MatrixDocument | undefined,
  context: Context,
): Promise<MatrixKernel[]> {
  const again = given ? [] : last ? [...new Set(last.cells.map(nameAgain))] : ['all'];
  const kernels = given ?? (again.length === 0 ? [] : await resolveKernels({ kernel: again }, await loadTargets(context)));
  return kernels.map((kernel) => ({ target: targetOf(kernel, context), again: kernel.again }));
}

/** What makes packages of modules. @throws no-input, cannot-write if the key cannot sign */
async function packer(signing: KeyFiles | undefined, context: Context): Promise<MatrixRun['pack']> {
  const [{ packModules }, { openSigner }] = await Promise.all([
    import('../../output/modules.js'),
    import('../../packaging/sign-modules.js'),
  ]);
  const signer = signing && (await openSigner(signing, context));
  return (tested, plan, deb) => packModules({ tested, plan, deb, signer });
}

function defaultJobs(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / memoryOfJob)));
}

function cellContext(name: string, context: Context): Context {
  return { ...context, progress: (progress) => context.progress({ cell: name, ...progress }) };
}
