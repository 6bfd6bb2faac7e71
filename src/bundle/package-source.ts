import { sha256 } from '../system/digest.js';
import type { FoundPackage } from './find-package.js';

/** The vendor's package, read into memory. */
export interface PackageSource {
  /** The file or URL that was read. */
  path: string;
  /** Its path inside the bundle; empty if it was given by itself. */
  member: string;
  bytes: Buffer;
  sha256: string;
  bundleSha256?: string;
  /** The bundle as a file: the one that was given, or the cache's. */
  bundleFile?: string;
}

/** A package that was found, with its digest. */
export function packageSource(path: string, found: FoundPackage): PackageSource {
  return { path, ...found, sha256: sha256(found.bytes) };
}
