/** A server that misbehaves as it is told, and downloads from it into a cache of the test's own. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { type FetchedFile, type FetchPolicy, fetchToCache, type RemoteFile } from '../../src/download/fetch-to-cache.js';
import type { RetryPolicy } from '../../src/download/http.js';
import { noise, tarOf } from '../bundle/archives.js';
import { makeDirectory, sample, type Told, testContext } from '../support.js';
import { vendorServer } from './vendor-server.js';

export const { deb, name } = await sample();
export const bundle = gzipSync(tarOf({ path: 'm/z', body: noise(300_000) }, { path: `m/${name}`, body: deb }));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** The digest of the bundle as it should come. */
export const right = sha256(bundle);
/** Patient enough for a busy machine; what is about patience says how much it has. */
const retry: RetryPolicy = { connect: 20_000, silence: 20_000, backoff: 1, retryAfter: 50, retries: 4 };
export const impatient: RetryPolicy = { ...retry, connect: 400, silence: 300 };

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What a test sets, and what it sees. */
export const server = {
  url: '',
  answer: (() => {}) as Answer,
  requests: [] as IncomingMessage[],
  /** The working folder of the test. */
  home: '',
};
server.url = await vendorServer((request, response) => {
  server.requests.push(request);
  server.answer(request, response);
});

const folder = makeDirectory();
let runs = 0;
beforeEach(() => {
  server.requests = [];
  server.answer = (request, response) => serve(request, response);
  server.home = join(folder, String(runs++));
  mkdirSync(server.home);
  vi.spyOn(process, 'cwd').mockReturnValue(server.home);
});
afterEach(() => vi.restoreAllMocks());

/** Another file than the one that is got by default; with null for a digest that is not known. */
type FileChanges = Partial<Omit<RemoteFile, 'sha256'>> & { sha256?: string | null };

export interface GetOptions extends Partial<FetchPolicy> {
  env?: NodeJS.ProcessEnv;
  offline?: boolean;
  lockfile?: string;
}

/** Gets a bundle, by default one whose digest is known. */
export function get(
  changes: FileChanges = {},
  { env = {}, offline = false, lockfile = join(server.home, 'mft-patch.lock'), ...policy }: GetOptions = {},
): Promise<FetchedFile & { told: Told }> {
  const context = testContext({ cacheDir: join(server.home, 'cache'), lockfile, offline, env: { HOME: server.home, ...env } });
  const { sha256 = right, ...file } = { name: 'x.tgz', url: `${server.url}/x.tgz`, ...changes };
  const wanted: RemoteFile = sha256 === null ? file : { ...file, sha256 };
  const whole: FetchPolicy = { requireDigest: false, readOnly: false, check: refuseOtherFiles, retry, ...policy };
  return fetchToCache(wanted, whole, context).then((got) => ({ ...got, told: context.told }));
}

/** A bundle that the catalogue knows no digest of. */
export const unknown: FileChanges = { sha256: null };

/** As the program checks a bundle that no digest vouches for. */
async function refuseOtherFiles(path: string, url: string, signal: AbortSignal): Promise<void> {
  await findPackage(createReadStream(path), { path: url, whole: true, signal });
}

/** The bundles in the cache. */
export function cached(): string[] {
  const bundles = join(server.home, 'cache/bundles');
  return existsSync(bundles) ? readdirSync(bundles) : [];
}

/** Answers as a good server does, ranges and all; cut off after `until` bytes of the content. */
export function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { content = bundle, etag = '"1"', until = Number.POSITIVE_INFINITY } = {},
): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range && request.headers['if-range'] === etag ? Number(range[1]) : 0;
  const headers = { etag, 'content-length': content.length - start };
  if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });
  else response.writeHead(200, headers);
  if (until >= content.length) response.end(content.subarray(start));
  else response.write(content.subarray(start, Math.max(until, start)), () => cut(response, until > start ? start : undefined));
}

/**
 * Ends a connection when the client has written what was sent, as it does where the network is slower than the disk.
 * @param start how much of the file the client had before; undefined if nothing was sent
 */
export async function cut(response: ServerResponse, start?: number): Promise<void> {
  const parts = join(server.home, 'cache/parts');
  const hasMore = () =>
    existsSync(parts) && readdirSync(parts).some((name) => name.endsWith('.part') && statSync(join(parts, name)).size > (start ?? 0));
  // A client that writes nothing is cut off as well.
  for (let tries = 0; start !== undefined && tries < 500 && !response.closed && !hasMore(); tries++) await setTimeout(20);
  response.destroy();
}

export async function expectRight(got: ReturnType<typeof get>): Promise<void> {
  const { path, sha256: digest } = await got;
  expect(digest).toBe(right);
  expect(sha256(readFileSync(path))).toBe(right);
  expect(cached()).toEqual([`${right}.tgz`]);
}
