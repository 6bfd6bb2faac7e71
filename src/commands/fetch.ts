import { stat } from 'node:fs/promises';
import { obtain } from '../download/fetch-to-cache.js';
import type { SourceOptions } from '../bundle/vendor-package.js';
import { wantedRelease } from '../bundle/wanted.js';
import type { Context } from '../context.js';
import type { FetchDocument } from '../documents.js';

export interface FetchOptions extends SourceOptions {
  /** Ask the vendor's download page for the digest. */
  askVendor?: boolean;
}

/** Downloads a release into the cache and checks it; nothing else. */
export async function fetchRelease(options: FetchOptions, context: Context): Promise<FetchDocument> {
  const wanted = await wantedRelease(options, context);
  const { askVendor } = await import('../download/ask-vendor.js');
  const asked = options.askVendor && !context.offline ? { sha256: await askVendor(wanted, context.signal) } : {};
  const { path, url, sha256 } = await obtain(wanted, { ...asked, ...options }, context);
  return { schema: 'mft-patch/fetch@1', path, url, sha256, bytes: (await stat(path)).size };
}
