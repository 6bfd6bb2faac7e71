/** A server that misbehaves as it is told, and downloads from it into a cache of the test's own. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { Patience } from '../../src/download/http.js';
import { type Obtained, type ObtainOptions, obtain } from '../../src/download/fetch-to-cache.js';
import type { WantedBundle } from '../../src/bundle/releases.js';
import { makeFolder, sample, type Told, testContext } from '../support.js';
import { noise, tarOf } from './archives.js';
import { vendorServer } from './vendor-server.js';

export const { deb, name } = await sample();
export const bundle = gzipSync(tarOf({ path: 'm/z', body: noise(300_000) }, { path: `m/${name}`, body: deb }));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** The digest of the bundle as it should come. */
export const right = sha256(bundle);
const wait: Patience = { connect: 400, silence: 300, backoff: 1, retryAfter: 50, retries: 4 };

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

const folder = makeFolder();
let runs = 0;
beforeEach(() => {
  server.requests = [];
  server.answer = (request, response) => serve(request, response);
  server.home = join(folder, String(runs++));
  mkdirSync(server.home);
  vi.spyOn(process, 'cwd').mockReturnValue(server.home);
});
afterEach(() => vi.restoreAllMocks());

export interface GetOptions extends ObtainOptions {
  env?: NodeJS.ProcessEnv;
  offline?: boolean;
}

/** Gets a bundle, by default one whose digest is known. */
export function get(
  changes: Partial<WantedBundle> = {},
  { env = {}, offline = false, ...options }: GetOptions = {},
): Promise<Obtained & { told: Told }> {
  const context = testContext({ cacheDir: join(server.home, 'cache'), offline, env });
  const wanted = { name: 'x.tgz', url: `${server.url}/x.tgz`, known: true, sha256: right, ...changes };
  return obtain(wanted, options, context, wait).then((got) => ({ ...got, told: context.told }));
}

/** A bundle that the catalogue knows no digest of. */
export const unknown = { sha256: undefined } as unknown as Partial<WantedBundle>;

/** The bundles in the cache. */
export function cached(): string[] {
  const bundles = join(server.home, 'cache/bundles');
  return existsSync(bundles) ? readdirSync(bundles) : [];
}

/** Answers as a good server does, ranges and all; cut off after `until` bytes of the content. */
export function serve(
  request: IncomingMessage,
  response: ServerResponse,
  content = bundle,
  etag = '"1"',
  until = Number.POSITIVE_INFINITY,
): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range && request.headers['if-range'] === etag ? Number(range[1]) : 0;
  const headers = { etag, 'content-length': content.length - start };
  if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });
  else response.writeHead(200, headers);
  if (until >= content.length) response.end(content.subarray(start));
  else response.write(content.subarray(start, Math.max(until, start)), () => setTimeout(() => response.destroy(), 5));
}

export async function expectRight(got: ReturnType<typeof get>): Promise<void> {
  const { path, sha256: digest } = await got;
  expect(digest).toBe(right);
  expect(sha256(readFileSync(path))).toBe(right);
  expect(cached()).toEqual([`${right}.tgz`]);
}
