import { basename } from 'node:path';
import type { Context } from '../context.js';
import { fail, MftPatchError, wordsOf } from '../errors.js';
import { Cache } from './cache.js';
import { ask, patience } from './http.js';
import { obtain } from './fetch-to-cache.js';

/** Where released kernels come from, in folders v5.x, v6.x, … with a list of digests in each. */
const kernelOrg = 'https://www.kernel.org/pub/linux/kernel';

/**
 * The archive of a kernel as kernel.org released it, its SHA-256 checked against the published list.
 *
 * @param version as in 6.6.30; a last .0 is left out, as kernel.org names its files
 * @returns the path of the archive in the cache
 * @throws download-failed, also if there is no such release; digest-mismatch
 */
export async function releasedKernel(version: string, context: Context, site = kernelOrg): Promise<string> {
  const folder = `${site}/v${version.split('.')[0]}.x`;
  const name = `linux-${version.replace(/^(\d+\.\d+)\.0$/, '$1')}.tar.xz`;
  const url = `${folder}/${name}`;
  const known = await new Cache(context.cacheDir).digestOf(Cache.key(url));
  return kernelArchive(url, known ?? (await publishedDigest(`${folder}/sha256sums.asc`, name, context)), context);
}

async function publishedDigest(url: string, name: string, context: Context): Promise<string> {
  if (context.offline) return unobtainable(url, `--offline forbids it, and ${name} is not in the cache`);
  context.progress({ step: 'download', text: `looking up the digest of ${name}` });
  const list = await ask(url, {}, patience, context.signal, context)
    .then((response) => response.text())
    .catch((error) => {
      if (error instanceof MftPatchError || context.signal.aborted) throw withKernelHint(error);
      return unobtainable(url, wordsOf(error), error);
    });
  const line = list.split('\n').find((candidate) => candidate.endsWith(`  ${name}`));
  const digest = line?.slice(0, 64) ?? '';
  return /^[0-9a-f]{64}$/.test(digest) ? digest : unobtainable(url, `it lists no ${name}: kernel.org has released no such version`);
}

/**
 * A kernel's archive from any URL.
 *
 * @param sha256 the digest that it must have; without one it must come over https, and is noted in mft-patch.lock
 * @returns its path in the cache
 * @throws download-failed, digest-mismatch, digest-unknown
 */
export async function kernelArchive(url: string, sha256: string | undefined, context: Context): Promise<string> {
  const wanted = { name: basename(new URL(url).pathname) || 'linux.tar', url, known: false, isBundle: false };
  const { path } = await obtain({ ...wanted, ...(sha256 === undefined ? {} : { sha256 }) }, {}, withoutMirror(context)).catch((error) => {
    throw withKernelHint(error);
  });
  return path;
}

/** $MFT_PATCH_MIRROR holds the vendor's bundles, not kernels. */
function withoutMirror(context: Context): Context {
  return { ...context, env: { ...context.env, MFT_PATCH_MIRROR: '' } };
}

function unobtainable(url: string, detail: string, cause?: unknown): never {
  return fail({ code: 'download-failed', url, detail, hint: kernelHint }, cause);
}

const kernelHint = 'fetch the archive by hand and give it with --kernel-source FILE';

function withKernelHint(error: unknown): unknown {
  if (!(error instanceof MftPatchError)) return error;
  const { failure } = error;
  if (failure.code !== 'download-failed' && failure.code !== 'digest-unknown') return error;
  return new MftPatchError({ ...failure, hint: kernelHint }, { cause: error });
}
