import type { Context } from '../../context.js';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../../documents.js';
import type { Candidate } from '../../verify/verify.js';
import { writePackage, writeRecord } from '../../output/output-directory.js';
import { documentOf } from '../build.js';
import { makePackage } from '../../packaging/patched-package.js';
import type { Prepared, ReadPackage } from '../../packaging/prepare.js';

/** A patched package of a matrix. */
export interface MatrixPackage {
  deb: Candidate;
  /** The patches inside, in the order of the series. */
  inside: string[];
  document: BuildDocument;
}

/** The packages of a matrix: kernels that need the same patches share one. */
export class MatrixPackages {
  readonly #made = new Map<string, Promise<MatrixPackage>>();
  /** By their file names. */
  readonly #written = new Map<string, Promise<MatrixPackage>>();

  constructor(
    readonly folder: string,
    readonly read: ReadPackage,
    readonly context: Context,
  ) {}

  /**
   * The package with the patches that were chosen, made and written at the first call.
   * @throws patch-does-not-apply, cannot-write
   */
  get(prepared: Prepared): Promise<MatrixPackage> {
    const key = prepared.choices.flatMap(({ patch, selected }) => (selected ? [patch.id] : [])).join();
    const made = this.#made.get(key) ?? this.#make(prepared);
    this.#made.set(key, made);
    return made;
  }

  async #make(prepared: Prepared): Promise<MatrixPackage> {
    const { name, bytes, patches } = await makePackage(prepared);
    // Where the source does not have a fault, another choice of patches gives the same package.
    const written = this.#written.get(name) ?? this.#write(prepared, { name, bytes }, patches);
    this.#written.set(name, written);
    return written;
  }

  async #write(prepared: Prepared, deb: Candidate, patches: BuiltPatch[]): Promise<MatrixPackage> {
    const document = await writePackage(this.folder, deb, documentOf(prepared, patches, 'not done yet'), this.context);
    return { deb, inside: patches.flatMap(({ id, status }) => (status === 'not-needed' ? [] : [id])), document };
  }

  /** Writes each package's record with its verdicts on all kernels. */
  async writeRecords(verdicts: readonly { artifact: string; verdict: KernelVerdict }[]): Promise<void> {
    for (const settled of await Promise.allSettled(this.#written.values())) {
      if (settled.status === 'rejected') continue;
      const { deb, document } = settled.value;
      const kernels = verdicts.flatMap(({ artifact, verdict }) => (artifact === document.artifacts[0]?.path ? [verdict] : []));
      document.verification = { status: statusOf(kernels), kernels };
      await writeRecord(this.folder, deb.name, document, this.context);
    }
  }
}

function statusOf(kernels: readonly KernelVerdict[]): BuildDocument['verification']['status'] {
  if (kernels.some(({ status }) => status === 'fails')) return 'failed';
  return kernels.length > 0 && kernels.every(({ status }) => status === 'builds') ? 'passed' : 'skipped';
}
