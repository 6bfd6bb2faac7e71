import type { VendorPackage } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { BuildDocument, BuiltPatch } from '../documents.js';
import type { Stage } from '../system/stage.js';
import { writePackage, writeRecord } from '../output/output-directory.js';
import type { CompanionOptions } from '../output/extras.js';
import { type Prepared, type PrepareOptions, prepare } from '../packaging/prepare.js';
import type { EngineUse } from './verify.js';
import type { KernelOptions } from '../kernels/resolve.js';

export interface BuildOptions extends PrepareOptions, CompanionOptions, EngineUse, KernelOptions {
  /** true: must be verified; false: must not; undefined: if an engine is there. */
  verify?: boolean;
}

/** Reads, patches and writes the package, then verifies it. */
export async function build(options: BuildOptions, context: Context): Promise<BuildDocument> {
  if (options.out === '') fail({ code: 'usage', detail: '--out is empty' });
  // While a bundle is unpacked in another thread there is time to load the rest of the program.
  const [prepared, { makePackage }] = await Promise.all([prepare(options, context), import('../packaging/patched-package.js')]);
  const { name, bytes, patches } = await makePackage(prepared);
  context.signal.throwIfAborted();
  const deb = { name, bytes };
  // What is written stays if the verification is cut short: the package is whole, its record says that it is not proven.
  const unverified = documentOf(prepared, patches, options.verify === false ? '--no-verify' : 'not done yet');
  const document = await writePackage(options.out, deb, unverified, context, companionsOf(prepared.vendor, bytes, options, context));
  if (options.verify === false) return document;
  const { verifyBuilt } = await import('./verify.js');
  const verified = { ...document, verification: await verifyBuilt(prepared, deb, options, context) };
  await writeRecord(options.out, name, verified, context);
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

/** What writes the files that the user wants beside the package; most want none, and then nothing is loaded for it. */
function companionsOf(vendor: VendorPackage, bytes: Buffer, options: BuildOptions, context: Context) {
  if (!options.withUserland && !options.repackBundle) return undefined;
  return async (stage: Stage) => (await import('../output/extras.js')).addCompanions(stage, vendor, bytes, options, context.signal);
}
