import { basename } from 'node:path';
import type { Context } from '../context.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { Cache } from './cache.js';
import { fetchToCache } from './fetch-to-cache.js';
import { guardedText } from './http.js';

/** Where released kernels come from, in directories v5.x, v6.x, … with a list of digests in each. */
const kernelOrg = 'https://www.kernel.org/pub/linux/kernel';

/**
 * The archive of a kernel as kernel.org released it, its SHA-256 checked against the published list.
 *
 * @param version as in 6.6.30; a last .0 is left out, as kernel.org names its files
 * @returns the path of the archive in the cache
 * @throws download-failed, also if there is no such release; digest-mismatch
 */
export async function releasedKernel(version: string, context: Context, site = kernelOrg): Promise<string> {
  const directory = `${site}/v${version.split('.')[0]}.x`;
  const name = `linux-${version.replace(/^(\d+\.\d+)\.0$/, '$1')}.tar.xz`;
  const url = `${directory}/${name}`;
  const known = await new Cache(context.cacheDir).digestOf(Cache.key(url));
  return kernelArchive(url, { sha256: known ?? (await publishedDigest(`${directory}/sha256sums.asc`, name, context)) }, context);
}

async function publishedDigest(url: string, name: string, context: Context): Promise<string> {
  if (context.offline) return unobtainable(url, `not in the cache, and --offline is set: ${name}`);
  context.progress({ step: 'download', text: `looking up the digest of ${name}` });
  const list = await guardedText(url, context).catch((error) => {
    if (error instanceof MftPatchError || context.signal.aborted) throw withKernelHint(error);
    return unobtainable(url, messageOf(error), error);
  });
  const line = list.split('\n').find((candidate) => candidate.endsWith(`  ${name}`));
  const digest = line?.slice(0, 64) ?? '';
  return /^[0-9a-f]{64}$/.test(digest) ? digest : unobtainable(url, `${name} is not listed; kernel.org has no such release`);
}

/**
 * A kernel's archive from any URL.
 *
 * @param known the digest that it must have; without one it must come over https, and is recorded in mft-patch.lock
 * @returns its path in the cache
 * @throws download-failed, digest-mismatch, digest-unknown
 */
export async function kernelArchive(url: string, known: { sha256?: string; requireDigest?: boolean }, context: Context): Promise<string> {
  const { requireDigest = false, ...digest } = known;
  const file = { name: basename(new URL(url).pathname) || 'linux.tar', url, ...digest };
  const { path } = await fetchToCache(file, { requireDigest, readOnly: false }, context).catch((error) => {
    throw withKernelHint(error);
  });
  return path;
}

function unobtainable(url: string, detail: string, cause?: unknown): never {
  return fail({ code: 'download-failed', url, detail, hint: kernelHint }, cause);
}

const kernelHint = 'download the archive by hand and pass it with --kernel-source FILE';

function withKernelHint(error: unknown): unknown {
  if (!(error instanceof MftPatchError)) return error;
  const { failure } = error;
  if (failure.code !== 'download-failed' && failure.code !== 'digest-unknown') return error;
  return new MftPatchError({ ...failure, hint: failure.hint ?? kernelHint }, { cause: error });
}
