import { join } from 'node:path';
import type { BuildDocument, BuiltPatch, KernelVerdict } from '../report/documents.js';
import type { Candidate } from '../verify/verify.js';
import { asJson, sha256, withSums, writeAll } from './artifacts.js';
import { documentOf } from './build.js';
import { makePackage, recordName } from './patch-deb.js';
import type { Prepared, ReadPackage } from './prepare.js';

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
    const { name, bytes } = deb;
    const document = documentOf(prepared, patches, 'not done yet');
    document.artifacts = [{ path: join(this.folder, name), sha256: sha256(bytes), bytes: bytes.length }];
    const files: [string, Buffer | string][] = [
      [name, bytes],
      [recordName(name), asJson(document)],
    ];
    await writeAll(this.folder, new Map(files));
    return { deb, inside: patches.flatMap(({ id, status }) => (status === 'not-needed' ? [] : [id])), document };
  }

  /** Writes each package's record with its verdicts on all kernels, and the sums of all packages. */
  async writeRecords(verdicts: readonly { artifact: string; verdict: KernelVerdict }[]): Promise<void> {
    const artifacts: { name: string; sha256: string }[] = [];
    for (const settled of await Promise.allSettled(this.#written.values())) {
      if (settled.status === 'rejected') continue;
      const { deb, document } = settled.value;
      const kernels = verdicts.flatMap(({ artifact, verdict }) => (artifact === document.artifacts[0]?.path ? [verdict] : []));
      document.verification = { status: statusOf(kernels), kernels };
      await writeAll(this.folder, new Map([[recordName(deb.name), asJson(document)]]));
      artifacts.push({ name: deb.name, sha256: document.artifacts[0]?.sha256 ?? '' });
    }
    if (artifacts.length > 0) await writeAll(this.folder, new Map([['SHA256SUMS', await withSums(this.folder, artifacts)]]));
  }
}

function statusOf(kernels: readonly KernelVerdict[]): BuildDocument['verification']['status'] {
  if (kernels.some(({ status }) => status === 'fails')) return 'failed';
  return kernels.length > 0 && kernels.every(({ status }) => status === 'builds') ? 'passed' : 'skipped';
}
