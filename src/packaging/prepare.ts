import { openSource, type SourceOptions, type VendorPackage } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { loadPatches, loadTargets } from '../catalogue.js';
import { controlFields, type Deb, plainPath, readDeb } from '../deb/deb.js';
import { parseVersion } from '../deb/version.js';
import { fail, wordsOf } from '../errors.js';
import type { KernelRelease } from '../kernels/release.js';
import { xz } from '../system/xz.js';
import type { Patch } from '../patches/patch.js';
import { type Ask, type Choice, selectPatches } from '../patches/select.js';
import type { MftVersion } from '../documents.js';
import { wantedRelease } from '../kernels/resolve.js';

export interface PrepareOptions extends SourceOptions {
  /** A kernel release, the name of a target, or `host`. */
  kernel?: string;
}

/** The vendor's package, read. */
export interface ReadPackage {
  vendor: VendorPackage;
  deb: Deb;
  /** The package's whole version. */
  version: string;
  architecture: string;
  mft: MftVersion;
  /** major.minor.patch, as ranges compare it. */
  mftNumber: string;
  /** All patches of the series. */
  patches: Patch[];
  /** The folder of the dkms source inside the package, with a slash at its end. */
  sourceRoot: string;
}

/** The package and the patches chosen for it: what `plan` shows and `build` goes on with. */
export interface Prepared extends ReadPackage {
  /** Undefined for all kernels. */
  kernel: KernelRelease | undefined;
  requested: string;
  choices: Choice[];
}

/**
 * Reads the vendor's package and chooses patches for it, or for every kernel; writes nothing.
 * @throws usage, input failures, package-unfit if the package is not a kernel-mft-dkms package
 */
export async function prepare(options: PrepareOptions, context: Context): Promise<Prepared> {
  const requested = options.kernel ?? 'all';
  if (requested === 'all') return prepareForAll(await readPackage(options, context));
  const kernel = wantedRelease(requested, await loadTargets());
  return prepareFor(await readPackage(options, context), kernel, requested);
}

/** Chooses the patches that concern the release of MFT; dkms will pick from them for each kernel. */
export function prepareForAll(read: ReadPackage): Prepared {
  const choices = read.patches.map((patch): Choice => {
    const { kernel, mft } = patch;
    if (!mft.test(read.mftNumber)) return { patch, selected: false, reason: `MFT ${read.mftNumber} is outside ${mft.raw}` };
    const kernels = kernel.raw === '*' ? 'every kernel' : `kernels ${kernel.raw}`;
    return { patch, selected: true, reason: `dkms applies it for ${kernels}; MFT ${read.mftNumber} is within ${mft.raw}` };
  });
  return { ...read, kernel: undefined, requested: 'all', choices };
}

/** Chooses patches for a kernel. `ask` is there where its headers are at hand. */
export function prepareFor(read: ReadPackage, kernel: KernelRelease, requested: string, ask?: Ask): Prepared {
  return { ...read, kernel, requested, choices: selectPatches(read.patches, kernel, read.mftNumber, ask) };
}

/**
 * Reads the vendor's package.
 * @throws input failures, package-unfit if the package is not a kernel-mft-dkms package
 */
export async function readPackage(options: SourceOptions, context: Context): Promise<ReadPackage> {
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
  return { vendor, deb, version, architecture, ...mftVersion(version, vendor.path), patches, sourceRoot: sourceRoot(deb, vendor.path) };
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
