import type { Context } from '../context.js';
import { loadReleases } from '../catalogue.js';
import { defaultRelease, type WantedBundle, wantedBundle } from './releases.js';

/** The release that the options name, and a warning if the catalogue does not know it. */
export async function wantedRelease(options: { mft?: string; arch?: string }, context: Context): Promise<WantedBundle> {
  const mft = options.mft ?? defaultRelease;
  const wanted = wantedBundle(mft, options.arch ?? process.arch, await loadReleases());
  if (!wanted.known) context.warn(`MFT ${mft} is not in releases.json; trying ${wanted.url}`);
  return wanted;
}
