/**
 * major.minor.patch of a version of MFT, as the ranges of patches compare it: 4.20.1 of 4.020.1, which Debian takes for the same
 * (deb-version(7)) and semver for no version at all, and 4.36.0 of 4.36.0.1031.
 *
 * @returns undefined for what is not one
 */
export function mftNumber(version: string): string | undefined {
  const [number] = /^\d{1,6}\.\d{1,6}\.\d{1,6}(?!\d)/.exec(version) ?? [];
  return number?.split('.').map(Number).join('.');
}
