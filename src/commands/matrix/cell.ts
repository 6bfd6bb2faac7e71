import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import type { Context } from '../../context.js';
import { inOneLine, MftPatchError } from '../../errors.js';
import { parseKernelRelease } from '../../kernels/release.js';
import { seriesOf, type Target } from '../../kernels/target.js';
import type { CellVerdict, KernelVerdict, MatrixCell } from '../../documents.js';
import type { Image, Images } from '../../containers/images.js';
import { secondsSince } from '../../containers/timeout.js';
import { type Candidate, verifyIn } from '../../verify/verify.js';
import type { MatrixPackages } from './packages.js';
import { type Prepared, prepareFor, type ReadPackage } from '../../packaging/prepare.js';

/** What the cells of a matrix share. */
export interface MatrixRun {
  read: ReadPackage;
  images: Images;
  packages: MatrixPackages;
  /** Lets so many pieces of work go on at once. */
  limit: LimitFunction;
  /** Verify the vendor's package, too. */
  baseline: boolean;
  /** Load the patched package's modules on the booted kernel, too. */
  boot: boolean;
  /** The one package for all kernels, instead of one for those that need the same patches. */
  universal: Prepared | undefined;
}

export interface CellResult {
  cell: MatrixCell;
  /** What became of the patched package, for its record. */
  verdicts: { artifact: string; verdict: KernelVerdict }[];
}

/** Builds and verifies for one target. Whatever goes wrong is told in the cell; only an interruption is thrown. */
export async function runCell(target: Target, run: MatrixRun, context: Context): Promise<CellResult> {
  const image = await attempt(context, () => run.limit(() => run.images.ensure(target, context)));
  if ('verdict' in image) {
    const { verdict } = image;
    context.progress({ step: 'image', text: `${target.name}: ${verdict.reason}`, finished: true });
    const vendor = run.baseline ? { vendor: verdict } : {};
    const patched = { ...verdict, artifact: '' };
    return { cell: { target: target.name, kernel: target.kernel, release: '', patches: [], ...vendor, patched }, verdicts: [] };
  }
  const { release } = image.value;
  const [vendor, patched] = await Promise.all([
    run.baseline ? run.limit(() => tryVendor(target, image.value, run, context)) : undefined,
    run.limit(() => tryPatched(target, image.value, run, context)),
  ]);
  const { patches, artifact, tried } = patched;
  return {
    cell: {
      target: target.name,
      kernel: seriesOf(release) || target.kernel,
      release,
      patches,
      ...(vendor ? { vendor: verdictOf(vendor) } : {}),
      patched: { ...verdictOf(tried), artifact },
    },
    verdicts: 'value' in tried ? [{ artifact, verdict: tried.value }] : [],
  };
}

function tryVendor(target: Target, image: Image, { read, images }: MatrixRun, context: Context): Promise<Attempt<KernelVerdict>> {
  const name = `vendor-${read.mft.version}-${read.mft.revision}.deb`;
  return tryOn(images, image, target, 'vendor', { name, bytes: read.vendor.bytes }, false, context);
}

async function tryPatched(target: Target, image: Image, { read, images, packages, universal, boot }: MatrixRun, context: Context) {
  const { release } = image;
  const made = await attempt(context, () => packages.get(universal ?? prepareFor(read, parseKernelRelease(release), release)));
  if ('verdict' in made) return { patches: [], artifact: '', tried: made };
  const { deb, inside } = made.value;
  const tried = await tryOn(images, image, target, 'patched', deb, boot, context);
  const byDkms = 'value' in tried ? tried.value.patches : [];
  return { patches: universal ? byDkms : inside, artifact: join(packages.folder, deb.name), tried };
}

async function tryOn(images: Images, image: Image, target: Target, which: string, deb: Candidate, boot: boolean, context: Context) {
  // The two packages of a cell are tried at the same time.
  const own: Context = { ...context, progress: (progress) => context.progress({ ...progress, cell: `${target.name}, ${which}` }) };
  const tried = await attempt(context, () => verifyIn(images, image, target, deb, boot, own));
  const { status, seconds } = verdictOf(tried);
  own.progress({ step: 'verify', text: `${target.name}: ${which} ${status}, ${seconds} s`, finished: true });
  return tried;
}

function verdictOf(tried: Attempt<KernelVerdict>): CellVerdict {
  if ('verdict' in tried) return tried.verdict;
  const { status, reason, seconds, log, boot } = tried.value;
  return { status, ...(reason === undefined ? {} : { reason }), seconds, log, ...(boot ? { loads: boot.status } : {}) };
}

type Attempt<T> = { value: T } | { verdict: CellVerdict };

/**
 * The value of some work, or the verdict that its failure means for the cell: a patch that does not apply is a failure of
 * ours for this kernel, anything else means that it could not be tried. An interruption goes through.
 */
async function attempt<T>(context: Context, work: () => Promise<T>): Promise<Attempt<T>> {
  const start = performance.now();
  try {
    return { value: await work() };
  } catch (error) {
    context.signal.throwIfAborted();
    const known = error instanceof MftPatchError ? error : new MftPatchError({ code: 'internal', detail: String(error) }, { cause: error });
    const status = known.failure.code === 'patch-does-not-apply' ? 'fails' : 'error';
    return { verdict: { status, reason: inOneLine(known), seconds: secondsSince(start), log: '' } };
  }
}
