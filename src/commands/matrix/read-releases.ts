import type { Source } from '../../bundle/vendor-package.js';
import type { Context } from '../../context.js';
import { packageField } from '../../default-package.js';
import { fail } from '../../errors.js';
import { readVendorPackage, type VendorPackage } from '../../packaging/prepare.js';
import { type Release, releaseText } from '../../report/releases.js';

/**
 * The packages that a matrix is of, in the order of their sources. A package that two sources hold counts once, since `latest`
 * may be what is named beside it.
 *
 * @throws usage for two packages of one release that differ; what readVendorPackage throws
 */
export async function readReleases(sources: readonly Source[], context: Context): Promise<VendorPackage[]> {
  const said = new Set<string>();
  const warnOnce = (text: string) => {
    if (!said.has(text)) context.warn(text);
    said.add(text);
  };
  const all = await Promise.all(sources.map((source) => readVendorPackage(source, { ...context, warn: warnOnce })));
  const reads = new Map<string, VendorPackage>();
  for (const read of all) {
    const name = releaseText(releaseField(read));
    const other = reads.get(name);
    if (other && other.vendor.sha256 !== read.vendor.sha256) {
      const detail = `${other.vendor.path} and ${read.vendor.path} hold different packages of ${name}`;
      fail({ code: 'usage', detail, hint: 'test them in runs of their own, with another --out' });
    }
    reads.set(name, other ?? read);
  }
  return [...reads.values()];
}

/** The release of a package, as a document has it. */
export function releaseField({ name, mft }: Pick<VendorPackage, 'name' | 'mft'>): Release {
  return { ...packageField(name), mft };
}
