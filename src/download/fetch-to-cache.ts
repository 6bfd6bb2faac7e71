import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { Cache } from './cache.js';
import { discard, downloadTo } from './download.js';
import { type Patience, patience } from './http.js';
import type { WantedBundle } from '../bundle/releases.js';
import { lockDigest, lockedDigest } from './lockfile.js';

/** What a user says of a download. */
export interface ObtainOptions {
  /** The SHA-256 that it must have. */
  sha256?: string;
  /** Refuse to download what no digest is known for. */
  requireDigest?: boolean;
  /** Where to look instead of the vendor's server; the file's name is put behind it. */
  mirror?: string;
  /** Leave mft-patch.lock as it is. */
  readOnly?: boolean;
}

export interface Obtained {
  path: string;
  url: string;
  sha256: string;
}

/** The lock file's name; it lies in the working folder. */
const lockFile = 'mft-patch.lock';

/**
 * Gets a bundle from the cache, else downloads it there, and checks its digest: the catalogue's, the user's, or that of
 * mft-patch.lock. Where none is known it is taken over https and its digest noted in mft-patch.lock.
 *
 * @throws usage, download-failed, digest-mismatch, cannot-write
 */
export async function obtain(wanted: WantedBundle, options: ObtainOptions, context: Context, wait: Patience = patience): Promise<Obtained> {
  const url = placeOf(wanted, options.mirror ?? context.env.MFT_PATCH_MIRROR);
  const lock = resolve(lockFile);
  const expected = await expectedDigest(wanted, options, lock);
  if (expected === undefined) refuseUnknown(wanted, url, options);
  const cache = new Cache(context.cacheDir);
  const key = Cache.key(url);
  const hit = async () => {
    const sha256 = expected ?? (await cache.digestOf(key));
    const path = sha256 === undefined ? undefined : await cache.get(sha256, context);
    return path !== undefined && sha256 !== undefined ? { path, url, sha256 } : undefined;
  };
  const download = async () => {
    const part = cache.part(key);
    const { sha256, md5 } = await downloadTo(part, url, wanted.md5 !== undefined, wait, context);
    if (expected !== undefined && sha256 !== expected) {
      await discard(part);
      fail({ code: 'digest-mismatch', path: url, algorithm: 'SHA-256', expected, actual: sha256 });
    }
    if (wanted.md5 !== undefined && md5 !== undefined && md5 !== wanted.md5) {
      await discard(part);
      fail({ code: 'digest-mismatch', path: url, algorithm: 'MD5', expected: wanted.md5, actual: md5 });
    }
    if (expected === undefined && wanted.isBundle !== false) await refuseDamaged(part, url, context);
    return { path: await cache.put(part, key, sha256), url, sha256 };
  };
  const obtained =
    (await hit()) ?? (context.offline ? offline(url, wanted) : await cache.locked(key, context, async () => (await hit()) ?? download()));
  if (expected === undefined && !options.readOnly) {
    await lockDigest(lock, wanted.name, url, obtained.sha256, context);
    context.warn(`no SHA-256 was known for ${wanted.name}; it has ${obtained.sha256}, now noted in ${lockFile}`);
  }
  return obtained;
}

/** What no digest vouches for must at least be a whole bundle: a proxy's login page comes with status 200, too. */
async function refuseDamaged(part: string, url: string, context: Context): Promise<void> {
  const { findPackage } = await import('../bundle/find-package.js');
  try {
    await findPackage(createReadStream(part), { path: url, whole: true, signal: context.signal });
  } catch (error) {
    if (!context.signal.aborted) await discard(part);
    throw error;
  }
}

function placeOf(wanted: WantedBundle, mirror: string | undefined): string {
  if (!mirror) return wanted.url;
  if (!/^https?:\/\/[^/]/.test(mirror)) fail({ code: 'usage', detail: `'${mirror}' is no mirror`, hint: 'give a http or https URL' });
  return `${mirror.replace(/\/+$/, '')}/${wanted.name}`;
}

async function expectedDigest(wanted: WantedBundle, options: ObtainOptions, lock: string): Promise<string | undefined> {
  const given = options.sha256?.toLowerCase();
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
    fail({ code: 'usage', detail: `'${options.sha256}' is no SHA-256`, hint: 'it has 64 hex digits' });
  const known = wanted.sha256 ?? (await lockedDigest(lock, wanted.name));
  if (given !== undefined && known !== undefined && given !== known) {
    fail({ code: 'digest-mismatch', path: `${wanted.name}, by --sha256`, algorithm: 'SHA-256', expected: known, actual: given });
  }
  return given ?? known;
}

function refuseUnknown({ name }: WantedBundle, url: string, { requireDigest }: ObtainOptions): void {
  if (requireDigest) {
    fail({ code: 'digest-unknown', path: name, detail: 'no SHA-256 is known for it, and --require-digest wants one' });
  }
  // TLS guards the way; to this very machine there is none.
  const isSafe = url.startsWith('https:') || /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?\//.test(url);
  if (!isSafe) {
    fail({
      code: 'digest-unknown',
      path: name,
      detail: `no SHA-256 is known for it, and ${url} is not https: nothing vouches for what comes`,
    });
  }
}

function offline(url: string, { name }: WantedBundle): never {
  return fail({ code: 'download-failed', url, detail: `--offline forbids it, and ${name} is not in the cache` });
}
