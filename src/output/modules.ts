/** The package of modules beside the package that they were built from, and what the record says of it. */
import { controlFields, madeAt, readDeb } from '../deb/deb.js';
import type { BuildDocument } from '../documents/index.js';
import type { BuiltModules } from '../packaging/built-modules.js';
import { modulesPackage } from '../packaging/modules-package.js';
import { noticesIn } from '../packaging/notices.js';
import type { PatchPlan } from '../packaging/prepare.js';
import type { Signer } from '../packaging/sign-modules.js';
import { sha256 } from '../system/digest.js';
import type { PackageFile } from '../verify/verify.js';

export interface TestedModules {
  tested: BuiltModules;
  plan: PatchPlan;
  /** The dkms package that was tested. */
  deb: PackageFile;
  signer: Signer | undefined;
}

export interface PackedModules {
  file: PackageFile;
  /** What the record says of it. */
  entry: NonNullable<BuildDocument['modules']>[number];
}

/** Packs the modules of a package that passed. @throws package-unfit, no-input if they cannot be signed */
export async function packModules({ tested, plan, deb, signer }: TestedModules): Promise<PackedModules> {
  const read = await readDeb(deb.bytes, deb.name);
  const version = controlFields(read, deb.name).get('version') ?? '';
  const days = plan.choices.flatMap(({ patch, selected }) => (selected ? [Date.parse(`${patch.lastUpdate}T00:00:00Z`)] : []));
  const origin = {
    ...{ name: plan.name, file: deb.name, version, sha256: sha256(deb.bytes) },
    date: new Date(Math.max(madeAt(read) * 1000, ...days)),
    notices: noticesIn(read),
  };
  const { name, bytes, release, modules } = await modulesPackage(tested, origin, signer);
  const by = signer === undefined ? {} : { signer: signer.fingerprint };
  return { file: { name, bytes }, entry: { package: name, release, files: modules, ...by } };
}
