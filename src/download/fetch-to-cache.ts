import { relative } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Lock } from '../system/lock.js';
import { Cache } from './cache.js';
import { downloadTo } from './download.js';
import { type RetryPolicy, retryPolicy } from './http.js';
import { pinDigest, pinnedDigest, refuseUnwritable } from './lockfile.js';
import { discard } from './part.js';
import { isGuarded, isWhollyPublic, parseUrl, publicUrl, withoutCredentials } from './url.js';

/** A file to be fetched: a bundle, or a kernel's archive. */
export interface RemoteFile {
  /** Its file name, which mirrors of the vendor's releases have, too. */
  name: string;
  url: string;
  /** Which of the vendor's releases it is, as in `MFT 4.20.1-14 x86_64`; any other file is what its URL says. */
  release?: string;
  sha256?: string;
  md5?: string;
}

/** What is asked of a download. */
export interface FetchPolicy {
  /** The SHA-256 that it must have, as the user gave it. */
  sha256?: string;
  /** Refuse to download what no digest is known for. */
  requireDigest: boolean;
  /** The base URL to download from instead of the file's own; the file's name is appended. */
  mirror?: string;
  /** Leave mft-patch.lock as it is. */
  readOnly: boolean;
  /** Refuses a file, by throwing, that no digest vouches for. */
  check?: (path: string, url: string, signal: AbortSignal) => Promise<void>;
  /** How often and how long to try; else as is good for a person. */
  retry?: RetryPolicy;
  /** The most bytes to download; else what the largest driver bundles are far below. */
  limit?: number;
}

export interface FetchedFile {
  path: string;
  /** Where it is from, without what gives access to it. */
  url: string;
  sha256: string;
}

/** DOCA's largest repositories have 3 GB; what is longer would fill a disk. */
const downloadLimit = 8 * 1024 ** 3;

/** A file with all that is known of it before it is fetched. */
interface Wanted {
  file: RemoteFile;
  policy: FetchPolicy;
  /** Where to request it, with all that gives access to it. */
  place: string;
  /** The same, as it may be shown. */
  url: string;
  /** What it is: the vendor's release, or the URL. */
  identity: string;
  /** Its URL in the cache. */
  key: string;
  /** The digest that it must have; undefined if none is known. */
  expected: string | undefined;
  /** Any file with that digest is the right one; else the URL must have had it. */
  isByContent: boolean;
}

/**
 * Gets a file from the cache, else downloads it there, and checks its digest: the catalogue's, the user's, or that of
 * mft-patch.lock. Where none is known it is taken over https and its digest recorded in mft-patch.lock.
 *
 * @throws usage, download-failed, digest-mismatch, digest-unknown, cannot-write
 */
export async function fetchToCache(file: RemoteFile, policy: FetchPolicy, context: Context): Promise<FetchedFile> {
  const wanted = await identify(file, policy, context);
  const { key, expected, identity, url } = wanted;
  if (expected === undefined && policy.requireDigest)
    fail({ code: 'digest-unknown', path: file.name, detail: 'no known SHA-256, and --require-digest is set' });
  const cache = new Cache(context.cacheDir);
  const get = () => hit(wanted, cache, context);
  const obtain = async () => {
    if (context.offline) return refuseOffline(wanted, context);
    await refuseBefore(wanted, context);
    return cache.locked(key, context, async (lock) => (await get()) ?? download(wanted, { cache, lock }, context));
  };
  const fetched = (await get()) ?? (await obtain());
  if (expected === undefined && !policy.readOnly) {
    await pinDigest({ identity, url, sha256: fetched.sha256 }, context);
    context.warn(`no known SHA-256 for ${identity}; recorded ${fetched.sha256} in ${relative('', context.lockfile)}`);
  }
  return fetched;
}

async function identify(file: RemoteFile, policy: FetchPolicy, context: Context): Promise<Wanted> {
  const place = mirrorUrl(file, policy.mirror);
  const url = publicUrl(place);
  const identity = file.release ?? url;
  const names = { identity, urls: [publicUrl(file.url), url], ...(file.release === undefined ? {} : { name: file.name }) };
  const known = file.sha256 ?? (await pinnedDigest(context, names));
  const { sha256 } = policy;
  if (sha256 !== undefined && known !== undefined && sha256 !== known)
    fail({ code: 'digest-mismatch', path: `${file.name}, by --sha256`, algorithm: 'SHA-256', expected: known, actual: sha256 });
  const isByContent = (file.release ?? file.sha256 ?? sha256) !== undefined || isWhollyPublic(place);
  return { file, policy, place, url, identity, key: Cache.key(withoutCredentials(place).href), expected: sha256 ?? known, isByContent };
}

/** @throws usage */
function mirrorUrl(file: RemoteFile, mirror: string | undefined): string {
  parseUrl(file.url);
  if (!mirror) return file.url;
  const url = parseUrl(mirror, '--mirror URL');
  // Behind a query there is no place for a name.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${file.name}`;
  return url.href;
}

/** The file in the cache, by the digest that it must have, or that its URL had. */
async function hit(
  { file, policy, key, url, expected, isByContent }: Wanted,
  cache: Cache,
  context: Context,
): Promise<FetchedFile | undefined> {
  // Without a connection any copy of a release will do that was good enough when it came; with one the mirror that is named decides.
  const isEnough = context.offline && file.release !== undefined;
  const noted = (await cache.digestOf(key)) ?? (isEnough ? await cache.digestOf(Cache.key(file.release ?? '')) : undefined);
  const sha256 = isByContent || noted === expected ? (expected ?? noted) : undefined;
  const path = sha256 === undefined ? undefined : await cache.get(sha256, context);
  // It may have come for a request that asked for less.
  if (path !== undefined && expected === undefined) await policy.check?.(path, url, context.signal);
  return path !== undefined && sha256 !== undefined ? { path, url, sha256 } : undefined;
}

async function download(
  { file, policy, place, url, identity, key, expected }: Wanted,
  { cache, lock }: { cache: Cache; lock: Lock },
  context: Context,
): Promise<FetchedFile> {
  const part = cache.part(key);
  const { retry = retryPolicy, limit = downloadLimit, check } = policy;
  const mustBeGuarded = expected === undefined;
  const wanted = { url: place, retry, withMd5: file.md5 !== undefined, lock, mustBeGuarded, limit };
  const { sha256, md5 } = await downloadTo(part, wanted, context);
  await refuseMismatch(part, { url, algorithm: 'SHA-256', expected, actual: sha256 });
  await refuseMismatch(part, { url, algorithm: 'MD5', expected: file.md5, actual: md5 });
  if (expected === undefined) {
    await check?.(part, url, context.signal).catch(async (error) => {
      await lock.check();
      if (!context.signal.aborted) await discard(part);
      throw error;
    });
  }
  const path = await cache.put(part, { key, sha256, lock });
  await cache.note(sha256, identity, context);
  return { path, url, sha256 };
}

interface Digests {
  url: string;
  algorithm: 'SHA-256' | 'MD5';
  expected: string | undefined;
  actual: string | undefined;
}

async function refuseMismatch(part: string, { url, algorithm, expected, actual }: Digests): Promise<void> {
  if (expected === undefined || actual === undefined || expected === actual) return;
  await discard(part);
  fail({ code: 'digest-mismatch', path: url, algorithm, expected, actual });
}

/** What would make a download useless is refused before it. @throws digest-unknown, cannot-write */
async function refuseBefore({ file, policy, place, url, expected }: Wanted, context: Context): Promise<void> {
  if (expected !== undefined) return;
  const detail = `no known SHA-256 and ${url} is not https; refusing an unauthenticated download`;
  if (!isGuarded(new URL(place))) fail({ code: 'digest-unknown', path: file.name, detail });
  if (!policy.readOnly) await refuseUnwritable(context);
}

function refuseOffline({ file, url, identity, expected }: Wanted, { cacheDir }: Context): never {
  const what = file.release === undefined ? file.name : identity;
  const which = expected === undefined ? 'by its name or URL; its SHA-256 is not known' : `with SHA-256 ${expected}`;
  const detail = `not in the cache, and --offline is set: ${cacheDir} has no ${what} ${which}`;
  const hint = 'download it with a connection and copy the cache directory; mft-patch cache ls lists what is in it';
  return fail({ code: 'download-failed', url, detail, hint });
}
