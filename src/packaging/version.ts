/**
 * The vendor's version with a suffix on its revision. Never before the first `-`: the vendor's postinst takes what is there for
 * the name of the source directory. deb-version(7) sorts text before text by letters, and numbers as numbers; so
 *
 * - every universal package sorts above every baked one, and both above those of mft-patch 0.1, `+mftpatch20261123.e7471d3`,
 * - of one kind that with newer patches is above; of one number of the project that with changed patches (`.local`), and above
 *   these that with patches of the user's own (`.own2026112601`), which go by their number and then by `.local`,
 * - of these the one that is for later kernels (`.k7.3`) is above, since `g` for the digest, as in git-describe(1), is before `k`,
 * - other contents have another digest, and so no version in common,
 * - and all are below the vendor's next revision, since `+` is below any further number.
 *
 * @param plan the vendor's version, the serial number of the patches, and the kernel that the package is for; undefined for all
 * @param labels for which kernels it is, as in before5.18 or k7.3
 */
export function patchedVersion(
  plan: { version: string; serial: string; kernel: object | undefined },
  labels: readonly string[],
  digest: string,
): string {
  const kind = plan.kernel === undefined ? 'universal' : 'baked';
  return `${plan.version}+mftpatch.${[kind + plan.serial, ...labels, `g${digest}`].join('.')}`;
}

/** Whether a version is one of ours, of today's form or an older one. */
export function isPatchedVersion(version: string): boolean {
  return version.includes('+mftpatch');
}

/** The version of the vendor's package that one of ours was made from. */
export function vendorVersion(version: string): string {
  return version.replace(/\+mftpatch.*$/, '');
}
