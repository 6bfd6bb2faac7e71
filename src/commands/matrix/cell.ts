import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import type { Image } from '../../containers/image.js';
import type { Images } from '../../containers/images.js';
import type { Context } from '../../context.js';
import type { BootVerdict, BuildDocument, BuiltPatch, CellVerdict, KernelVerdict, MatrixCell } from '../../documents/index.js';
import { parseKernelRelease } from '../../kernels/release.js';
import { seriesOf, type Target } from '../../kernels/target.js';
import { dkmsConf, type PatchPlan, planPatches, type VendorPackage } from '../../packaging/prepare.js';
import { provenanceOf } from '../../verify/provenance.js';
import { secondsSince, verdictOnFailure } from '../../verify/untested.js';
import { type Verification, verifyIn } from '../../verify/verify.js';
import { reasonToTest } from './fit.js';
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
  /** The one package for all kernels; undefined for one for those that need the same patches. */
  universal: PatchPlan | undefined;
  /** The cells of the last run, by target, whose verdicts are kept where they hold; undefined to test all. */
  last: ReadonlyMap<string, MatrixCell> | undefined;
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
  /** The patched package's verdict is that of the last run. */
  isKept: boolean;
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
    return { cell: { ...names, kernel: target.kernel, release: '', patches: [], ...vendor, patched }, verdicts: [], isKept: false };
  }
  const { release } = image.value;
  const cell = new Cell(target, image.value, run, context);
  const [vendor, { patches, patched, verdict, isKept }] = await Promise.all([
    run.limit(() => cell.verifyVendor()),
    run.limit(() => cell.verifyPatched()),
  ]);
  const kernel = seriesOf(release) || target.kernel;
  return {
    cell: { ...names, kernel, release, patches, ...(vendor ? { vendor } : {}), patched },
    verdicts: verdict ? [{ artifact: patched.artifact, verdict }] : [],
    isKept,
  };
}

interface PatchedResult {
  patches: string[];
  patched: MatrixCell['patched'];
  /** For the package's record. */
  verdict?: KernelVerdict | undefined;
  isKept: boolean;
}

/** The two packages of a cell, verified in its image. */
class Cell {
  readonly before: MatrixCell | undefined;

  constructor(
    readonly target: Target,
    readonly image: Image,
    readonly run: MatrixRun,
    readonly context: Context,
  ) {
    this.before = run.last?.get(target.name);
  }

  /** The verdict on the vendor's package; undefined if none is wanted, and none of the last run holds. */
  async verifyVendor(): Promise<CellVerdict | undefined> {
    const { mft, vendor } = this.run.read;
    const deb = {
      name: `vendor-${mft.version}-${mft.revision}.deb`,
      bytes: vendor.bytes,
      origin: { package: 'vendor' as const, patches: [] },
    };
    const reason = await this.#reasonToTest(this.before?.vendor, { deb, boot: false }, ['builds', 'fails']);
    if (reason === undefined) return this.before?.vendor;
    return this.run.baseline ? verdictOf(await this.#verify('vendor', { deb, boot: false }, reason)) : undefined;
  }

  async verifyPatched(): Promise<PatchedResult> {
    const { read, packages, universal, boot } = this.run;
    const { release } = this.image;
    const plan = () => universal ?? planPatches(read, { requested: release, release: parseKernelRelease(release) });
    const built = await attempt(this.context, () => packages.get(plan()));
    if ('verdict' in built) return { patches: [], patched: { ...built.verdict, artifact: '' }, isKept: false };
    const { deb, earlier, document } = built.value;
    const artifact = join(packages.directory, deb.name);
    const { before } = this;
    const reason = await this.#reasonToTest(before?.patched, { deb, boot }, ['builds']);
    if (before && reason === undefined) {
      const verdict = earlier.find(({ target, on }) => target === this.target.name && on?.date === before.patched.on?.date);
      return { patches: before.patches, patched: { ...before.patched, artifact }, verdict, isKept: true };
    }
    const result = await this.#verify('patched', { deb, vendorConf: dkmsConf(read), boot }, reason);
    const verdict = 'value' in result ? result.value : undefined;
    return { patches: appliedPatches(document, verdict), patched: { ...verdictOf(result), artifact }, verdict, isKept: false };
  }

  async #reasonToTest(before: CellVerdict | undefined, what: What, kept: CellVerdict['status'][]): Promise<string | undefined> {
    const now = await provenanceOf({ ...what, image: this.image, engine: this.run.images.engine });
    return reasonToTest(before, now, kept);
  }

  async #verify(which: string, what: What, reason: string | undefined): Promise<Attempt<KernelVerdict>> {
    const { target, context } = this;
    // The two packages of a cell are verified at the same time.
    const own: Context = { ...context, progress: (progress) => context.progress({ ...progress, cell: `${target.name}, ${which}` }) };
    if (this.run.last) own.progress({ step: 'verify', text: `${target.name}: testing ${which}: ${reason}`, finished: true });
    const result = await attempt(context, () => verifyIn(this.image, { ...what, target, images: this.run.images }, own));
    const { status, seconds } = verdictOf(result);
    own.progress({ step: 'verify', text: `${target.name}: ${which} ${status}, ${seconds} s`, finished: true });
    return result;
  }
}

/** The patches that act on a kernel: those that are in the sources, and those that dkms applies for this kernel. */
function appliedPatches({ patches }: BuildDocument, verdict: KernelVerdict | undefined): string[] {
  const acts = ({ id, status, match }: BuiltPatch) => status !== 'not-needed' && (match === undefined || verdict?.patches.includes(id));
  return patches.filter(acts).map(({ id }) => id);
}

type What = Pick<Verification, 'deb' | 'vendorConf' | 'boot'>;

function verdictOf(result: Attempt<KernelVerdict>): CellVerdict {
  if ('verdict' in result) return result.verdict;
  const { status, reason, seconds, log, failedStep, notTested, boot, on } = result.value;
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    seconds,
    log,
    ...(failedStep ? { failedStep } : {}),
    ...(notTested ? { notTested } : {}),
    ...(boot ? bootedCell(boot) : {}),
    ...(on ? { on } : {}),
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
