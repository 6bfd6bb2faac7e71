import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import type { Image } from '../../containers/image.js';
import type { Images } from '../../containers/images.js';
import type { Context } from '../../context.js';
import { defaultPackage } from '../../default-package.js';
import type { CellVerdict, KernelVerdict, MatrixCell, Provenance } from '../../documents/index.js';
import { parseKernelRelease } from '../../kernels/release.js';
import { seriesOf, type Target } from '../../kernels/target.js';
import type { PackedModules } from '../../output/modules.js';
import type { BuiltModules } from '../../packaging/built-modules.js';
import { planForKernel } from '../../packaging/plan-for-kernel.js';
import { dkmsConf, type PatchPlan, type VendorPackage } from '../../packaging/prepare.js';
import { type View, viewOf } from '../../packaging/view.js';
import { moment } from '../../report/run-words.js';
import { findVerdict, keepVerdict } from '../../verify/kept-verdicts.js';
import { provenanceOf } from '../../verify/provenance.js';
import { type PackageFile, type Verification, verifyIn } from '../../verify/verify.js';
import { type Attempt, attempt, verdictOf } from './attempt.js';
import { appliedPatches } from './document.js';
import { reasonToTest } from './fit.js';
import type { MatrixPackages, PackageVerdict } from './packages.js';
import { releaseField } from './read-releases.js';
import { awaitTurn } from './turn.js';

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
  /** Use no verdict of the cache. */
  fresh: boolean;
  /** Makes a package of the modules that were tested; undefined for none. */
  pack: ((tested: BuiltModules, plan: PatchPlan, deb: PackageFile) => Promise<PackedModules>) | undefined;
  /** What a cell is called in messages: by its target, and with several releases by that, too. */
  nameOf: (target: Pick<Target, 'name'>) => string;
}

/** A kernel of the matrix: where it is verified, and what --kernel must say to mean it again. */
export interface MatrixKernel {
  target: Target;
  again: string;
}

export interface CellResult {
  cell: MatrixCell;
  /** What became of the patched package, for its record. */
  verdicts: PackageVerdict[];
  /** The patched package's verdict is that of the last run. */
  isKept: boolean;
}

/** Builds and verifies for one kernel. Whatever goes wrong is in the cell; only an interruption is thrown. */
export async function runCell({ target, again }: MatrixKernel, run: MatrixRun, context: Context): Promise<CellResult> {
  const names = { ...releaseField(run.read), target: target.name, requested: again };
  awaitTurn(run, context);
  const image = await attempt(context, () => run.limit(() => run.images.ensure(target, context)));
  if ('verdict' in image) {
    const { verdict } = image;
    context.progress({ step: 'image', text: verdict.reason ?? verdict.status, finished: true });
    const vendor = run.baseline ? { vendor: verdict } : {};
    const patched = { ...verdict, artifact: '' };
    return { cell: { ...names, kernel: target.kernel, release: '', patches: [], ...vendor, patched }, verdicts: [], isKept: false };
  }
  const { release } = image.value;
  const cell = new Cell(target, image.value, run, context);
  const [vendor, { patches, patched, verdict, packed, isKept }] = await Promise.all([cell.verifyVendor(), cell.verifyPatched()]);
  const kernel = seriesOf(release) || target.kernel;
  return {
    cell: { ...names, kernel, release, patches, ...(vendor ? { vendor } : {}), patched },
    verdicts: verdict ? [{ artifact: patched.artifact, verdict, packed }] : [],
    isKept,
  };
}

interface PatchedResult {
  patches: string[];
  patched: MatrixCell['patched'];
  /** For the package's record. */
  verdict?: KernelVerdict | undefined;
  packed?: PackedModules | undefined;
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
    const { name, mft, vendor } = this.run.read;
    const deb = {
      name: `vendor-${name === defaultPackage ? '' : `${name}-`}${mft.version}-${mft.revision}.deb`,
      bytes: vendor.bytes,
      origin: { package: 'vendor' as const, patches: [] },
    };
    const { before } = this;
    const test: Test = { which: 'vendor', deb, boot: false, view: { digest: vendor.sha256, unseen: [] }, kept: ['builds', 'fails'] };
    const now = await this.#provenanceOf(test);
    const reason = reasonToTest(before?.vendor, now, test.kept);
    if (before?.vendor && reason === undefined) return asReused(before.vendor);
    return this.run.baseline ? verdictOf(await this.#verify(test, now, reason)) : undefined;
  }

  async verifyPatched(): Promise<PatchedResult> {
    const { read, packages, universal, boot, pack } = this.run;
    const { release } = this.image;
    const kernel = () => ({ requested: release, release: parseKernelRelease(release), target: this.target });
    const built = await attempt(this.context, async () => {
      const plan = universal ?? (await planForKernel(read, kernel(), this.context));
      return { plan, ...(await packages.get(plan)) };
    });
    if ('verdict' in built) return { patches: [], patched: { ...built.verdict, artifact: '' }, isKept: false };
    const { plan, deb, earlier, document, content } = built.value;
    const artifact = join(packages.directory, deb.name);
    const { before } = this;
    // What failed last time is tested again by --only-failed.
    const kept: Test['kept'] = this.run.last ? ['builds'] : ['builds', 'fails'];
    const test: Test = { which: 'patched', deb, vendorConf: dkmsConf(read), boot, view: viewOf(content, release), kept };
    const found: BuiltModules[] = [];
    if (pack) test.onModules = (modules) => found.push(modules);
    const now = await this.#provenanceOf(test);
    const reason = reasonToTest(before?.patched, now, ['builds']);
    if (before && reason === undefined) {
      const verdict = earlier.find(({ target, on }) => target === this.target.name && on?.date === before.patched.on?.date);
      const patched = { ...asReused(before.patched), artifact };
      return { patches: before.patches, patched, verdict: verdict && asReused(verdict), isKept: true };
    }
    const result = await this.#verify(test, now, reason);
    const verdict = 'value' in result ? result.value : undefined;
    const [tested] = found;
    const packed = pack && tested && (await attempt(this.context, () => pack(tested, plan, deb)));
    if (packed && 'verdict' in packed) return { patches: [], patched: { ...packed.verdict, artifact }, verdict, isKept: false };
    return {
      patches: appliedPatches(document, verdict),
      patched: { ...verdictOf(result), artifact },
      verdict,
      packed: packed?.value,
      isKept: false,
    };
  }

  #provenanceOf({ deb, boot }: Test): Promise<Provenance> {
    return provenanceOf({ deb, boot, image: this.image, engine: this.run.images.engine });
  }

  /** The verdict that the cache has on what would be tested, else that of a test. */
  async #verify(test: Test, now: Provenance, reason: string | undefined): Promise<Attempt<KernelVerdict>> {
    const { target, context, run } = this;
    const { which, view, vendorConf, kept } = test;
    // The two packages of a cell are verified at the same time.
    const own: Context = { ...context, progress: (progress) => context.progress({ ...progress, cell: `${run.nameOf(target)}, ${which}` }) };
    const done = (text: string) => own.progress({ step: 'verify', text, finished: true });
    const reusable = { view, vendorConf, target, now };
    const found = run.fresh || test.onModules ? undefined : await findVerdict(reusable, context);
    if (found?.reused !== undefined && kept.includes(found.status)) {
      done(`${found.status}, reused from ${moment(found.reused)}`);
      return { value: found };
    }
    if (run.last) done(`testing: ${reason}`);
    awaitTurn(run, own);
    const result = await run.limit(() => attempt(context, () => verifyIn(this.image, { ...test, target, images: run.images }, own)));
    const { status, seconds } = verdictOf(result);
    done(`${status}, ${seconds} s`);
    if ('value' in result) await keepVerdict(reusable, result.value, context);
    return result;
  }
}

/** A test of a package in a cell. */
interface Test extends Pick<Verification, 'deb' | 'vendorConf' | 'boot' | 'onModules'> {
  which: 'vendor' | 'patched';
  view: View;
  /** With which statuses a verdict of an earlier run stands for it. */
  kept: CellVerdict['status'][];
}

function asReused<Verdict extends Pick<CellVerdict, 'on'>>(verdict: Verdict): Verdict & { reused?: string } {
  return verdict.on === undefined ? verdict : { ...verdict, reused: verdict.on.date };
}
