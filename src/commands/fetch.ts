import { stat } from 'node:fs/promises';
import type { Context } from '../context.js';
import type { FetchDocument } from '../documents/index.js';
import { type FetchPolicy, fetchToCache, type RemoteFile } from '../download/fetch-to-cache.js';

export interface FetchRequest {
  file: RemoteFile;
  policy: FetchPolicy;
  /** Ask the vendor's download page for the digest. */
  askVendor: boolean;
}

/** Downloads a release into the cache and checks it; nothing else. */
export async function fetchRelease({ file, policy, askVendor }: FetchRequest, context: Context): Promise<FetchDocument> {
  const asked = askVendor ? { sha256: await (await import('../download/ask-vendor.js')).askVendor(file, context) } : {};
  const { path, url, sha256 } = await fetchToCache(file, { ...asked, ...policy }, context);
  return { schema: 'mft-patch/fetch@1', path, url, sha256, bytes: (await stat(path)).size };
}
