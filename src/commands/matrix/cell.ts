import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import type { Image } from '../../containers/image.js';
import type { Images } from '../../containers/images.js';
import type { Context } from '../../context.js';
import type { BootVerdict, CellVerdict, KernelVerdict, MatrixCell } from '../../documents/index.js';
import { parseKernelRelease } from '../../kernels/release.js';
import { seriesOf, type Target } from '../../kernels/target.js';
import { type PatchPlan, planPatches, type VendorPackage } from '../../packaging/prepare.js';
import { secondsSince, verdictOnFailure } from '../../verify/untested.js';
import { type Verification, verifyIn } from '../../verify/verify.js';
import type { MatrixPackages } from './packages.js';

/** What the cells of a matrix share. */
export interface MatrixRun {
  read: VendorPackage;
  images: Images;
  packages: MatrixPackages;
  /** Lets so many pieces of work run at once. */
  limit: LimitFunction;
  /** Verify the vendor's package, too. */
  baseline: boolean;
  /** Load the patched package's modules on the booted kernel, too. */
  boot: boolean;
  /** The one package for all kernels, instead of one for those that need the same patches. */
  universal: PatchPlan | undefined;
}

/** A kernel of the matrix: where it is verified, and what --kernel must say to mean it again. */
export interface MatrixKernel {
  target: Target;
  again: string;
}

export interface CellResult {
  cell: MatrixCell;
  /** What became of the patched package, for its record. */
  verdicts: { artifact: string; verdict: KernelVerdict }[];
}

/** Builds and verifies for one kernel. Whatever goes wrong is in the cell; only an interruption is thrown. */
export async function runCell({ target, again }: MatrixKernel, run: MatrixRun, context: Context): Promise<CellResult> {
  const names = { target: target.name, requested: again };
  const image = await attempt(context, () => run.limit(() => run.images.ensure(target, context)));
  if ('verdict' in image) {
    const { verdict } = image;
    context.progress({ step: 'image', text: `${target.name}: ${verdict.reason}`, finished: true });
    const vendor = run.baseline ? { vendor: verdict } : {};
    const patched = { ...verdict, artifact: '' };
    return { cell: { ...names, kernel: target.kernel, release: '', patches: [], ...vendor, patched }, verdicts: [] };
  }
  const { release } = image.value;
  const cell = new Cell(target, image.value, run, context);
  const [vendor, patched] = await Promise.all([
    run.baseline ? run.limit(() => cell.verifyVendor()) : undefined,
    run.limit(() => cell.verifyPatched()),
  ]);
  const { patches, artifact, result } = patched;
  return {
    cell: {
      ...names,
      kernel: seriesOf(release) || target.kernel,
      release,
      patches,
      ...(vendor ? { vendor: verdictOf(vendor) } : {}),
      patched: { ...verdictOf(result), artifact },
    },
    verdicts: 'value' in result ? [{ artifact, verdict: result.value }] : [],
  };
}

/** The two packages of a cell, verified in its image. */
class Cell {
  constructor(
    readonly target: Target,
    readonly image: Image,
    readonly run: MatrixRun,
    readonly context: Context,
  ) {}

  verifyVendor(): Promise<Attempt<KernelVerdict>> {
    const { mft, vendor } = this.run.read;
    const deb = { name: `vendor-${mft.version}-${mft.revision}.deb`, bytes: vendor.bytes };
    return this.#verify('vendor', { deb, boot: false });
  }

  async verifyPatched(): Promise<{ patches: string[]; artifact: string; result: Attempt<KernelVerdict> }> {
    const { read, packages, universal, boot } = this.run;
    const { release } = this.image;
    const plan = () => universal ?? planPatches(read, { requested: release, release: parseKernelRelease(release) });
    const built = await attempt(this.context, () => packages.get(plan()));
    if ('verdict' in built) return { patches: [], artifact: '', result: built };
    const { deb, inside } = built.value;
    const result = await this.#verify('patched', { deb, boot });
    const byDkms = 'value' in result ? result.value.patches : [];
    return { patches: universal ? byDkms : inside, artifact: join(packages.directory, deb.name), result };
  }

  async #verify(which: string, what: Pick<Verification, 'deb' | 'boot'>): Promise<Attempt<KernelVerdict>> {
    const { target, context } = this;
    // The two packages of a cell are verified at the same time.
    const own: Context = { ...context, progress: (progress) => context.progress({ ...progress, cell: `${target.name}, ${which}` }) };
    const result = await attempt(context, () => verifyIn(this.image, { ...what, target, images: this.run.images }, own));
    const { status, seconds } = verdictOf(result);
    own.progress({ step: 'verify', text: `${target.name}: ${which} ${status}, ${seconds} s`, finished: true });
    return result;
  }
}

function verdictOf(result: Attempt<KernelVerdict>): CellVerdict {
  if ('verdict' in result) return result.verdict;
  const { status, reason, seconds, log, notTested, boot } = result.value;
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    seconds,
    log,
    ...(notTested ? { notTested } : {}),
    ...(boot ? bootedCell(boot) : {}),
  };
}

function bootedCell({ status, loads, works, accel }: BootVerdict): Partial<CellVerdict> {
  const answers = status === 'loads' ? (works ? ('works' as const) : ('error' as const)) : loads && status;
  return { loads: loads ? 'loads' : status, ...(answers ? { works: answers } : {}), ...(accel === undefined ? {} : { accel }) };
}

type Attempt<T> = { value: T } | { verdict: CellVerdict };

/** The value of some work, or the verdict that its failure means for the cell. An interruption is thrown. */
async function attempt<T>(context: Context, work: () => Promise<T>): Promise<Attempt<T>> {
  const start = performance.now();
  try {
    return { value: await work() };
  } catch (error) {
    return { verdict: { ...verdictOnFailure(error, context), seconds: secondsSince(start), log: '' } };
  }
}
