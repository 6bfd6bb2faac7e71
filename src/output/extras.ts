import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { extractUserland, repack } from '../bundle/companions.js';
import { sha256OfFile } from '../system/digest.js';
import type { VendorPackage } from '../bundle/vendor-package.js';
import { fail } from '../errors.js';
import type { Stage } from '../system/stage.js';
import type { Artifact } from './output-directory.js';

export interface CompanionOptions {
  /** Put the vendor's tools package beside the result. */
  withUserland?: boolean;
  /** Write the bundle again with the patched package in it. */
  repackBundle?: boolean;
  /** The folder for what comes out. */
  out: string;
}

/**
 * Writes what a user wants beside the package to the stage.
 *
 * @throws usage if there is no bundle to take it from; bundle-damaged, package-unfit, cannot-write
 */
export async function addCompanions(
  stage: Stage,
  { bundleFile, member, path }: VendorPackage,
  patched: Buffer,
  options: CompanionOptions,
  signal: AbortSignal,
): Promise<Artifact[]> {
  if (bundleFile === undefined)
    fail({ code: 'usage', detail: '--with-userland and --repack-bundle need a bundle', hint: 'give it with --bundle or --mft' });
  const names = options.withUserland ? await extractUserland(bundleFile, stage, signal) : [];
  if (options.repackBundle) {
    const name = basename(new URL(path, 'file:///').pathname);
    await stage.write(name, (target) => repack(bundleFile, member, patched, target, signal));
    names.push(name);
  }
  return Promise.all(
    names.map((name) =>
      stage.write(name, async (path) => ({ name, sha256: await sha256OfFile(path, signal), bytes: (await stat(path)).size })),
    ),
  );
}
