import { sha256 } from '../system/digest.js';
import type { FoundPackage } from './find-package.js';

/** The vendor's package, read into memory. */
export interface PackageSource extends FoundPackage {
  /** The file, directory or URL that was read; `-` for standard input. */
  path: string;
  sha256: string;
  /** The bundle as a file: the one that was given, or the cache's. */
  bundleFile?: string;
  /** The directory that the bundle was unpacked to. */
  bundleDirectory?: string;
}

/** A package that was found, with its digest. */
export function packageSource(path: string, found: FoundPackage): PackageSource {
  return { path, ...found, sha256: sha256(found.bytes) };
}
