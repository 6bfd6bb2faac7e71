import { openSource, type SourceOptions, type VendorPackage } from '../bundle/source.js';
import type { Context } from '../context.js';
import { loadPatches, loadTargets } from '../data.js';
import { controlFields, type Deb, plainPath, readDeb } from '../deb/deb.js';
import { parseVersion } from '../deb/version.js';
import { fail, wordsOf } from '../errors.js';
import { type KernelRelease, parseKernelRelease } from '../kernels/release.js';
import { xz } from '../outside.js';
import type { Patch } from '../patches/patch.js';
import { type Choice, selectPatches } from '../patches/select.js';
import type { MftVersion, PlanDocument } from '../report/documents.js';

export interface PrepareOptions extends SourceOptions {
  /** A kernel release, or the name of a target. */
  kernel?: string;
}

/** The package, read, and the patches chosen for it: what `plan` shows and `build` goes on with. */
export interface Prepared {
  vendor: VendorPackage;
  deb: Deb;
  /** The package's whole version. */
  version: string;
  architecture: string;
  mft: MftVersion;
  /** major.minor.patch, as ranges compare it. */
  mftNumber: string;
  kernel: KernelRelease;
  requested: string;
  /** All patches of the series. */
  patches: Patch[];
  choices: Choice[];
  /** The folder of the dkms source inside the package, with a slash at its end. */
  sourceRoot: string;
}

/**
 * Reads the vendor's package and chooses patches for it; writes nothing.
 * @throws usage, input failures, package-unfit if the package is not a kernel-mft-dkms package
 */
export async function prepare(options: PrepareOptions, context: Context): Promise<Prepared> {
  const requested =
    options.kernel ??
    fail({ code: 'usage', detail: 'which kernel? --kernel is missing', hint: 'for the running one: --kernel $(uname -r)' });
  const target = (await loadTargets()).find(({ name }) => name === requested);
  const kernel = parseKernelRelease(target?.kernel ?? requested);
  // The patches are parsed while the bundle is unpacked in another thread.
  const [vendor, patches] = await Promise.all([openSource(options, context), loadPatches()]);
  const deb = await readDeb(vendor.bytes, vendor.member ? `${vendor.path}: ${vendor.member}` : vendor.path, { xz });
  const fields = controlFields(deb, vendor.path);
  const name = fields.get('package');
  if (name !== 'kernel-mft-dkms') fail({ code: 'package-unfit', path: vendor.path, detail: `is the package ${name}, not kernel-mft-dkms` });
  const version = fields.get('version') ?? '';
  const architecture = fields.get('architecture') ?? '';
  if (!/^[a-z0-9][a-z0-9-]+$/.test(architecture))
    fail({ code: 'package-unfit', path: vendor.path, detail: `'${architecture}' is no architecture` });
  const { mft, mftNumber } = mftVersion(version, vendor.path);
  return {
    vendor,
    deb,
    version,
    architecture,
    mft,
    mftNumber,
    kernel,
    requested,
    patches,
    choices: selectPatches(patches, kernel, mftNumber),
    sourceRoot: sourceRoot(deb, vendor.path),
  };
}

function mftVersion(text: string, path: string): { mft: MftVersion; mftNumber: string } {
  try {
    const { upstream, revision } = parseVersion(text);
    const number = /^(\d{1,6}\.\d{1,6}\.\d{1,6})(?!\d)/.exec(upstream)?.[1];
    if (number === undefined) throw new SyntaxError(`'${upstream}' is not an MFT version`);
    // Our suffix goes to the revision; to a version without one it would change the folder that the postinst looks for.
    if (revision === '') throw new SyntaxError(`the version ${text} has no revision`);
    return { mft: { version: upstream, revision }, mftNumber: number };
  } catch (error) {
    return fail({ code: 'package-unfit', path, detail: wordsOf(error) }, error);
  }
}

function sourceRoot(deb: Deb, path: string): string {
  const confs = deb.data
    .filter((entry) => entry.type === 'file')
    .map(plainPath)
    .filter((file) => /^usr\/src\/[^/]+\/dkms\.conf$/.test(file));
  if (confs.length !== 1 || confs[0] === undefined) {
    fail({
      code: 'package-unfit',
      path,
      detail: confs.length === 0 ? 'has no usr/src/*/dkms.conf' : `has ${confs.length} dkms sources: ${confs.join(', ')}`,
    });
  }
  return confs[0].replace(/dkms\.conf$/, '');
}

/** Shows which patches would be applied, and why. */
export async function plan(options: PrepareOptions, context: Context): Promise<PlanDocument> {
  const { mft, kernel, requested, choices } = await prepare({ ...options, readOnly: true }, context);
  return {
    schema: 'mft-patch/plan@1',
    mft,
    kernel: { requested, version: kernel.version },
    patches: choices.map(({ patch, selected, reason }) => ({
      id: patch.id,
      sha256: patch.sha256,
      status: selected ? 'selected' : 'not-selected',
      reason,
    })),
  };
}
