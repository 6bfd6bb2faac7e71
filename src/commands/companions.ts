import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { extractUserland, repack } from '../bundle/companions.js';
import { sha256OfFile } from '../bundle/digest.js';
import type { VendorPackage } from '../bundle/source.js';
import { fail, MftPatchError, wordsOf } from '../errors.js';

export interface CompanionOptions {
  /** Put the vendor's tools package beside the result. */
  withUserland?: boolean;
  /** Write the bundle again with the patched package in it. */
  repackBundle?: boolean;
  /** The folder for what comes out. */
  out: string;
}

/** A file that lies ready to be moved to its place. */
export interface Companion {
  name: string;
  /** Moves it to the path that it is given. */
  content: (target: string) => Promise<void>;
  sha256: string;
  bytes: number;
}

/**
 * Makes what a user wants beside the package, in a folder of its own on the disk of the result.
 *
 * @param near an existing folder on the same file system as the result
 * @returns the files, and what removes the folder
 * @throws usage if there is no bundle to take them from; bundle-damaged, package-unfit, cannot-write
 */
export async function makeCompanions(
  vendor: VendorPackage,
  patched: Buffer,
  options: CompanionOptions,
  near: string,
): Promise<{ companions: Companion[]; dispose: () => Promise<void> }> {
  const { bundleFile } = vendor;
  if (bundleFile === undefined)
    fail({ code: 'usage', detail: '--with-userland and --repack-bundle need a bundle', hint: 'give it with --bundle or --mft' });
  const folder = await mkdtemp(join(near, '.mft-patch-')).catch((error) => cannotWrite(near, error));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const place = (name: string) => join(folder, name);
  try {
    const names = options.withUserland ? await extractUserland(bundleFile, place) : [];
    if (options.repackBundle) {
      const name = basename(new URL(vendor.path, 'file:///').pathname);
      await repack(bundleFile, vendor.member, patched, place(name));
      names.push(name);
    }
    return { companions: await Promise.all(names.map((name) => described(name, place(name)))), dispose };
  } catch (error) {
    await dispose();
    throw error instanceof MftPatchError ? error : cannotWrite(near, error);
  }
}

async function described(name: string, path: string): Promise<Companion> {
  return { name, content: (target) => rename(path, target), sha256: await sha256OfFile(path), bytes: (await stat(path)).size };
}

function cannotWrite(path: string, error: unknown): never {
  return fail({ code: 'cannot-write', path, detail: wordsOf(error) }, error);
}
