import type { PackageSource } from '../bundle/package-source.js';
import { readSource } from '../bundle/read-source.js';
import type { Source } from '../bundle/vendor-package.js';
import { readAllSeries } from '../catalogue.js';
import type { Context } from '../context.js';
import { controlFields, type Deb, plainPath, readDeb } from '../deb/deb.js';
import { parseVersion } from '../deb/version.js';
import { defaultPackage } from '../default-package.js';
import { packageForm } from '../documents/common.js';
import type { MftVersion } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import { archOfBundle } from '../kernels/arch.js';
import { isExtended } from '../patches/dkms-conf.js';
import { xz } from '../system/xz.js';
import { type Chosen, mftVersion, type SeriesFor } from './choose-patches.js';
import { isPatchedVersion } from './version.js';

/** The vendor's package, read. */
export interface VendorPackage extends SeriesFor {
  name: string;
  vendor: PackageSource;
  deb: Deb;
  /** The package's whole version. */
  version: string;
  architecture: string;
  /** The serial number of the series. */
  serial: string;
  /** The directory of the dkms source inside the package, with a slash at its end. */
  sourceRoot: string;
}

/** The package and the patches chosen for it: what `plan` and `build` go on with. */
export interface PatchPlan extends VendorPackage, Chosen {
  /** The last kernel that dkms is to build for by itself, as in 7.3; for all without. */
  maxKernel?: string;
}

/**
 * Reads the vendor's package.
 * @throws input failures, package-unfit if it is not a dkms package, or not the one that was asked for
 */
export async function readVendorPackage(source: Source, context: Context): Promise<VendorPackage> {
  // The patches are parsed while the bundle is unpacked in another thread.
  const [vendor, seriesOf] = await Promise.all([readSource(source, context), readAllSeries(context)]);
  const { path } = vendor;
  const deb = await readDeb(vendor.bytes, vendor.member ? `${path}: ${vendor.member}` : path, xz);
  const fields = controlFields(deb, path);
  const name = packageName(fields.get('package') ?? '', source, vendor);
  const { patches, serial, stale } = seriesOf(name);
  for (const { file, line } of stale)
    context.warn(`${file} has no serial number for these patches; for their packages to sort above each other write '${line}' to it`);
  const version = fields.get('version') ?? '';
  const architecture = fields.get('architecture') ?? '';
  if (!/^[a-z0-9][a-z0-9-]+$/.test(architecture)) fail({ code: 'package-unfit', path, detail: `invalid Architecture: '${architecture}'` });
  const numbers = name === defaultPackage ? mftVersion(version, path) : packageVersion(version, path);
  const read = { name, vendor, deb, version, architecture, ...numbers, patches, serial, sourceRoot: sourceRoot(deb, path) };
  refuseOwnPackage(read);
  return read;
}

/** The name of a package, which must be the one that was asked for; without that a bundle has the default one, and a .deb any. */
function packageName(name: string, source: Source, { path, member }: PackageSource): string {
  const wanted = 'package' in source ? source.package : undefined;
  const isAny = wanted === undefined && member === '' && packageForm.test(name);
  if (isAny || name === (wanted ?? defaultPackage)) return name;
  return fail({ code: 'package-unfit', path, detail: `is package ${name}, expected ${wanted ?? defaultPackage}` });
}

/** What a package of ours has become by its patches cannot be told from what it was: only the vendor's is patched. */
function refuseOwnPackage(read: VendorPackage): void {
  const { version, vendor } = read;
  if (!isPatchedVersion(version) && !isExtended(dkmsConf(read).toString('latin1'))) return;
  const hint = "pass the vendor's package or bundle: `input` in the .build.json beside this package names it";
  fail({ code: 'package-unfit', path: vendor.path, detail: `was already patched by mft-patch (version ${version})`, hint });
}

/** The architecture that a package is for: its own, else that of the bundle it is from; undefined for all, and for a sample. */
export function archOfPackage({ architecture, vendor: { path } }: VendorPackage): string | undefined {
  if (architecture !== 'all') return architecture;
  // A sample is named as the vendor names bundles, and is for any.
  return path.startsWith('sample:') ? undefined : archOfBundle(path);
}

/** The dkms.conf of the package. */
export function dkmsConf({ deb, sourceRoot }: VendorPackage): Buffer {
  return deb.data.find((entry) => plainPath(entry) === `${sourceRoot}dkms.conf`)?.body ?? Buffer.alloc(0);
}

/** What `mftVersion` gives, of another package: ranges compare the first three numbers of its version, as far as they are there. */
function packageVersion(text: string, path: string): { mft: MftVersion; mftNumber: string } {
  try {
    const { upstream, revision } = parseVersion(text);
    const numbers = /^\d{1,9}(\.\d{1,9}){0,2}/.exec(upstream)?.[0].split('.').map(Number) ?? [];
    return { mft: { version: upstream, revision }, mftNumber: [0, 1, 2].map((place) => numbers[place] ?? 0).join('.') };
  } catch (error) {
    return fail({ code: 'package-unfit', path, detail: messageOf(error) }, error);
  }
}

function sourceRoot(deb: Deb, path: string): string {
  const confs = deb.data
    .filter((entry) => entry.type === 'file')
    .map(plainPath)
    .filter((file) => /^usr\/src\/[^/]+\/dkms\.conf$/.test(file));
  const [conf, ...others] = confs;
  if (conf !== undefined && others.length === 0) return conf.replace(/dkms\.conf$/, '');
  const detail = conf === undefined ? 'contains no usr/src/*/dkms.conf' : `contains ${confs.length} dkms sources: ${confs.join(', ')}`;
  return fail({ code: 'package-unfit', path, detail });
}
