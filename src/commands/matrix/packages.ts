import { join } from 'node:path';
import type { Context } from '../../context.js';
import { readDeb } from '../../deb/deb.js';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../../documents/index.js';
import type { PackedModules } from '../../output/modules.js';
import { writePackage, writeRecord } from '../../output/output-directory.js';
import { newRecord, recordedVerdicts, recordName } from '../../output/record.js';
import { buildPackage } from '../../packaging/patched-package.js';
import type { PatchPlan, VendorPackage } from '../../packaging/prepare.js';
import type { BuiltContent } from '../../packaging/view.js';
import { originOf } from '../../verify/provenance.js';
import type { PackageFile } from '../../verify/verify.js';

/** A patched package of a matrix. */
export interface MatrixPackage {
  deb: Required<PackageFile>;
  /** The verdicts that its record held before this run. */
  earlier: KernelVerdict[];
  document: BuildDocument;
  content: BuiltContent;
}

/** A verdict on a package, and the package of the modules that it is on. */
export interface PackageVerdict {
  artifact: string;
  verdict: KernelVerdict;
  packed?: PackedModules | undefined;
}

/** The packages of a matrix: kernels that need the same patches share one. */
export class MatrixPackages {
  /** By the patches that were chosen. */
  readonly #built = new Map<string, Promise<MatrixPackage>>();
  /** By their file names. */
  readonly #written = new Map<string, Promise<MatrixPackage>>();

  constructor(
    readonly directory: string,
    readonly read: VendorPackage,
    readonly context: Context,
  ) {}

  /**
   * The package with the patches that were chosen, built and written at the first call.
   * @throws patch-does-not-apply, cannot-write
   */
  get(plan: PatchPlan): Promise<MatrixPackage> {
    const key = plan.choices.flatMap(({ patch, selected }) => (selected ? [patch.id] : [])).join();
    const built = this.#built.get(key) ?? this.#build(plan);
    this.#built.set(key, built);
    return built;
  }

  async #build(plan: PatchPlan): Promise<MatrixPackage> {
    const { name, bytes, patches } = await buildPackage(plan);
    // Where the source does not have a fault, another choice of patches gives the same package.
    const written = this.#written.get(name) ?? this.#write(plan, { name, bytes }, patches);
    this.#written.set(name, written);
    return written;
  }

  async #write(plan: PatchPlan, file: PackageFile, patches: BuiltPatch[]): Promise<MatrixPackage> {
    const deb = { ...file, origin: originOf(plan.kernel === undefined, patches) };
    const earlier = await recordedVerdicts(join(this.directory, recordName(deb.name)));
    const document = await writePackage(this.directory, { deb, document: await newRecord(plan, patches, 'not done yet') }, this.context);
    const ids = patches.flatMap(({ id, match }) => (match === undefined ? [] : [id]));
    const forDkms = plan.patches.filter(({ id }) => ids.includes(id));
    // Read again: what counts is what was written.
    const content = { bytes: deb.bytes, deb: await readDeb(deb.bytes, deb.name), sourceRoot: plan.sourceRoot, forDkms };
    return { deb, earlier, document, content };
  }

  /** Writes each package's record with its verdicts on all kernels, and the packages of modules that were tested. */
  async writeRecords(verdicts: readonly PackageVerdict[]): Promise<void> {
    for (const settled of await Promise.allSettled(this.#written.values())) {
      if (settled.status === 'rejected') continue;
      const { deb, document } = settled.value;
      const own = verdicts.filter(({ artifact }) => artifact === document.artifacts[0]?.path);
      const kernels = own.map(({ verdict }) => verdict);
      document.verification = { status: statusOf(kernels), kernels };
      const packed = own.flatMap(({ packed }) => packed ?? []);
      if (packed.length > 0) document.modules = packed.map(({ entry }) => entry);
      await writeRecord(this.directory, { name: deb.name, document, added: packed.map(({ file }) => file) }, this.context);
    }
  }
}

function statusOf(kernels: readonly KernelVerdict[]): BuildDocument['verification']['status'] {
  if (kernels.some(({ status }) => status === 'fails')) return 'failed';
  return kernels.length > 0 && kernels.every(({ status }) => status === 'builds') ? 'passed' : 'skipped';
}
