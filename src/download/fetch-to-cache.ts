import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Lock } from '../system/lock.js';
import { Cache } from './cache.js';
import { discard, downloadTo } from './download.js';
import { type RetryPolicy, retryPolicy } from './http.js';
import { pinDigest, pinnedDigest } from './lockfile.js';

/** A file to be fetched: a bundle, or a kernel's archive. */
export interface RemoteFile {
  /** Its file name, by which mirrors and mft-patch.lock know it. */
  name: string;
  url: string;
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
}

export interface FetchedFile {
  path: string;
  url: string;
  sha256: string;
}

/** The lockfile's name; it lies in the working directory. */
const lockfile = 'mft-patch.lock';

/**
 * Gets a file from the cache, else downloads it there, and checks its digest: the catalogue's, the user's, or that of
 * mft-patch.lock. Where none is known it is taken over https and its digest recorded in mft-patch.lock.
 *
 * @throws usage, download-failed, digest-mismatch, digest-unknown, cannot-write
 */
export async function fetchToCache(file: RemoteFile, policy: FetchPolicy, context: Context): Promise<FetchedFile> {
  const url = mirrorUrl(file, policy.mirror);
  const lock = resolve(lockfile);
  const expected = await expectedDigest(file, policy.sha256, lock);
  if (expected === undefined) refuseUnknown(file, url, policy);
  const cache = new Cache(context.cacheDir);
  const key = Cache.key(url);
  const hit = async () => {
    const sha256 = expected ?? (await cache.digestOf(key));
    const path = sha256 === undefined ? undefined : await cache.get(sha256, context);
    return path !== undefined && sha256 !== undefined ? { path, url, sha256 } : undefined;
  };
  const download = async (lock: Lock) => {
    const part = cache.part(key);
    const retry = policy.retry ?? retryPolicy;
    const { sha256, md5 } = await downloadTo(part, { url, retry, withMd5: file.md5 !== undefined, lock }, context);
    await refuseMismatch(part, { url, algorithm: 'SHA-256', expected, actual: sha256 });
    await refuseMismatch(part, { url, algorithm: 'MD5', expected: file.md5, actual: md5 });
    if (expected === undefined) {
      await policy.check?.(part, url, context.signal).catch(async (error) => {
        await lock.check();
        if (!context.signal.aborted) await discard(part);
        throw error;
      });
    }
    return { path: await cache.put(part, { key, sha256, lock }), url, sha256 };
  };
  const fetched =
    (await hit()) ??
    (context.offline ? refuseOffline(file, url) : await cache.locked(key, context, async (lock) => (await hit()) ?? download(lock)));
  if (expected === undefined && !policy.readOnly) {
    await pinDigest(lock, { name: file.name, url, sha256: fetched.sha256 }, context);
    context.warn(`no known SHA-256 for ${file.name}; recorded ${fetched.sha256} in ${lockfile}`);
  }
  return fetched;
}

function mirrorUrl(file: RemoteFile, mirror: string | undefined): string {
  if (!mirror) return file.url;
  if (!/^https?:\/\/[^/]/.test(mirror))
    fail({ code: 'usage', detail: `invalid --mirror URL '${mirror}'`, hint: 'pass an http or https URL' });
  return `${mirror.replace(/\/+$/, '')}/${file.name}`;
}

async function expectedDigest(file: RemoteFile, wanted: string | undefined, lock: string): Promise<string | undefined> {
  const known = file.sha256 ?? (await pinnedDigest(lock, file.name));
  if (wanted !== undefined && known !== undefined && wanted !== known) {
    fail({ code: 'digest-mismatch', path: `${file.name}, by --sha256`, algorithm: 'SHA-256', expected: known, actual: wanted });
  }
  return wanted ?? known;
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

function refuseUnknown({ name }: RemoteFile, url: string, { requireDigest }: FetchPolicy): void {
  if (requireDigest) fail({ code: 'digest-unknown', path: name, detail: 'no known SHA-256, and --require-digest is set' });
  // TLS guards the way; to this very machine there is none.
  const isSafe = url.startsWith('https:') || /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?\//.test(url);
  if (isSafe) return;
  fail({ code: 'digest-unknown', path: name, detail: `no known SHA-256 and ${url} is not https; refusing an unauthenticated download` });
}

function refuseOffline({ name }: RemoteFile, url: string): never {
  return fail({ code: 'download-failed', url, detail: `not in the cache, and --offline is set: ${name}` });
}
