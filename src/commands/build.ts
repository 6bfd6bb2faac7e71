import type { Source } from '../bundle/vendor-package.js';
import type { ContainerSettings } from '../containers/images.js';
import type { Context } from '../context.js';
import type { BuildDocument, Verification } from '../documents/index.js';
import type { Kernel } from '../kernels/resolve.js';
import type { Extras } from '../output/extras.js';
import { writePackage, writeRecord } from '../output/output-directory.js';
import { newRecord } from '../output/record.js';
import type { BuiltModules } from '../packaging/built-modules.js';
import { planPatches } from '../packaging/choose-patches.js';
import { planForKernel } from '../packaging/plan-for-kernel.js';
import { type PatchPlan, readVendorPackage, type VendorPackage } from '../packaging/prepare.js';
import type { KeyFiles } from '../packaging/sign-modules.js';
import type { BuiltPackage } from '../verify/after-build.js';

export interface BuildRequest {
  source: Source;
  /** Undefined for a package for all kernels. */
  kernel: Kernel | undefined;
  /** The last kernel that dkms is to build for by itself; for all without. */
  maxKernel: string | undefined;
  /** The output directory. */
  out: string;
  extras: Extras;
  /** Whether the modules that were tested become a package, too, and what signs them. */
  modules: { signing: KeyFiles | undefined } | undefined;
  /** Whether the forms of in-toto and CycloneDX are written, too. */
  provenance: boolean;
  verify: 'required' | 'if-possible' | 'no';
  settings: ContainerSettings;
}

/** Chooses patches: for the kernel that was named, asking its own headers where they were given; else for all. */
async function planFor(read: VendorPackage, kernel: Kernel | undefined, context: Context): Promise<PatchPlan> {
  // A source or headers without a name are what the package for all kernels is verified on.
  if (!kernel?.requested || kernel.release === undefined) return planPatches(read, undefined);
  return planForKernel(read, kernel, context);
}

/** Reads, patches and writes the package, then verifies it, and packs its modules. */
export async function build(request: BuildRequest, context: Context): Promise<BuildDocument> {
  const { source, kernel, maxKernel, out, extras, modules, provenance, verify, settings } = request;
  // While a bundle is unpacked in another thread there is time to load the rest of the program.
  const [read, { buildPackage }] = await Promise.all([readVendorPackage(source, context), import('../packaging/patched-package.js')]);
  const signer = modules?.signing && (await (await import('../packaging/sign-modules.js')).openSigner(modules.signing, context));
  const planned = await planFor(read, kernel, context);
  const plan = maxKernel === undefined ? planned : { ...planned, maxKernel };
  const { name, bytes, patches } = await buildPackage(plan);
  context.signal.throwIfAborted();
  const deb = { name, bytes };
  // What is written stays if the verification is interrupted: the package is whole, its record says that it is not verified.
  const unverified = await newRecord(plan, patches, verify === 'no' ? '--no-verify' : 'not done yet');
  const isExtra = extras.withUserland || extras.repackBundle;
  const addExtras = isExtra ? (await import('../output/extras.js')).extrasWriter(read.vendor, bytes, extras, context) : undefined;
  const document = await writePackage(out, { deb, document: unverified, ...(addExtras ? { addExtras } : {}) }, context);
  if (verify === 'no' && !provenance) return document;
  const built = { plan, deb, patches, kernel, isRequired: verify === 'required' || modules !== undefined, settings };
  const { tested, ...proof }: Partial<Proof> = verify === 'no' ? {} : await prove(built, modules !== undefined, context);
  const packed = tested && (await (await import('../output/modules.js')).packModules({ tested, plan, deb, signer }));
  const whole = { ...document, ...proof, ...(packed ? { modules: [packed.entry] } : {}) };
  const added = packed ? [packed.file] : [];
  if (provenance) added.push(...(await (await import('../output/provenance.js')).provenanceFiles(whole, deb, packed?.file)));
  return writeRecord(out, { name, document: whole, added }, context);
}

interface Proof {
  verification: Verification;
  /** The modules, if they are wanted and passed. */
  tested?: BuiltModules;
}

/** Verifies what was built. */
async function prove(built: BuiltPackage, withModules: boolean, context: Context): Promise<Proof> {
  const { verifyBuilt } = await import('../verify/after-build.js');
  const found: BuiltModules[] = [];
  const verification = await verifyBuilt({ ...built, ...(withModules ? { onModules: (modules) => found.push(modules) } : {}) }, context);
  return { verification, ...(found[0] ? { tested: found[0] } : {}) };
}
