import { join } from 'node:path';
import type { VendorPackage } from '../bundle/source.js';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { BuildDocument, BuiltPatch } from '../report/documents.js';
import { asJson, type Content, inFolder, sha256, withSums, writeAll } from './artifacts.js';
import type { Companion, CompanionOptions } from './companions.js';
import { type Prepared, type PrepareOptions, prepare } from './prepare.js';
import type { EngineUse } from './verify.js';
import type { KernelOptions } from './wanted-kernel.js';

export interface BuildOptions extends PrepareOptions, CompanionOptions, EngineUse, KernelOptions {
  /** true: must be verified; false: must not; undefined: if an engine is there. */
  verify?: boolean;
}

/** Reads, patches and writes the package, then verifies it. */
export async function build(options: BuildOptions, context: Context): Promise<BuildDocument> {
  if (options.out === '') fail({ code: 'usage', detail: '--out is empty' });
  // While a bundle is unpacked in another thread there is time to load the rest of the program.
  const [prepared, { makePackage, recordName }] = await Promise.all([prepare(options, context), import('./patch-deb.js')]);
  const { name, bytes, patches } = await makePackage(prepared);
  context.signal.throwIfAborted();
  const { vendor } = prepared;
  const document = documentOf(prepared, patches, options.verify === false ? '--no-verify' : 'not done yet');
  // What is written stays if the verification is cut short: the package is whole, its record says that it is not proven.
  await inFolder(options.out, () =>
    withCompanions(vendor, bytes, options, async (companions) => {
      const artifacts = [{ name, sha256: sha256(bytes), bytes: bytes.length }, ...companions];
      document.artifacts = artifacts.map((artifact) => ({
        path: join(options.out, artifact.name),
        sha256: artifact.sha256,
        bytes: artifact.bytes,
      }));
      const sums = await withSums(options.out, artifacts);
      const beside = companions.map(({ name, content }): [string, Content] => [name, content]);
      await writeAll(
        options.out,
        new Map<string, Content>([[name, bytes], ...beside, [recordName(name), asJson(document)], ['SHA256SUMS', sums]]),
      );
    }),
  );
  if (options.verify === false) return document;
  const { verifyBuilt } = await import('./verify.js');
  const verified = { ...document, verification: await verifyBuilt(prepared, { name, bytes }, options, context) };
  await writeAll(options.out, new Map([[recordName(name), asJson(verified)]]));
  return verified;
}

/** What a build has to tell before anything is written or verified. */
export function documentOf({ vendor, mft, kernel, requested }: Prepared, patches: BuiltPatch[], unverified: string): BuildDocument {
  return {
    schema: 'mft-patch/build@1',
    mft,
    kernel: { requested, version: kernel?.version ?? '' },
    input: {
      path: vendor.path,
      member: vendor.member,
      sha256: vendor.sha256,
      ...(vendor.bundleSha256 === undefined ? {} : { bundleSha256: vendor.bundleSha256 }),
    },
    patches,
    artifacts: [],
    verification: { status: 'skipped', reason: unverified, kernels: [] },
  };
}

/** Does the work with what the user wants beside the package; most want nothing, and then nothing is loaded for it. */
async function withCompanions(
  vendor: VendorPackage,
  bytes: Buffer,
  options: BuildOptions,
  work: (companions: Companion[]) => Promise<void>,
): Promise<void> {
  if (!options.withUserland && !options.repackBundle) return work([]);
  const { makeCompanions } = await import('./companions.js');
  const { companions, dispose } = await makeCompanions(vendor, bytes, options, options.out);
  await work(companions).finally(dispose);
}
