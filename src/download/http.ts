import { setTimeout } from 'node:timers/promises';
import type { Response } from 'node-fetch';
import type { Context } from '../context.js';
import { fail, messageOf } from '../errors.js';
import { authorization } from './netrc.js';
import { proxyAgent } from './proxy.js';
import { isGuarded, isWeb, parseUrl, publicUrl, withoutCredentials } from './url.js';

/** How long to wait for what, in milliseconds; the whole of a download has no limit. */
export interface RetryPolicy {
  /** For an answer to begin. */
  connect: number;
  /** Between two pieces of an answer. */
  silence: number;
  /** Before the first retry; each further one waits twice as long. */
  backoff: number;
  /** The longest that a server's Retry-After is obeyed. */
  retryAfter: number;
  /** How many times in a row without a new byte. */
  retries: number;
}

export const retryPolicy: RetryPolicy = { connect: 20_000, silence: 30_000, backoff: 500, retryAfter: 60_000, retries: 6 };

const maxRedirects = 10;
/** Errors that another attempt would not fix: certificates, names that do not exist, what is not HTTP or cannot be requested. */
const permanentErrors = /CERT|ERR_TLS|ERR_SSL|EPROTO|HPE_|ERR_INVALID|UNABLE_TO_(?:GET|VERIFY)|ENOTFOUND/;

/** A failure that may pass: the connection, or a server that says so. */
export class TransientError extends Error {
  constructor(
    message: string,
    /** What Retry-After asks for, in milliseconds. */
    readonly waitFor?: number,
  ) {
    super(message);
  }
}

export interface Request {
  url: string;
  headers: Record<string, string>;
  retry: RetryPolicy;
  /** Ends the response, too. */
  signal: AbortSignal;
  /** Nothing but the way vouches for what comes: every hop must be https or this machine. */
  mustBeGuarded: boolean;
  /** A form to send; the request is a POST then. */
  form?: URLSearchParams;
}

/**
 * Requests a URL, following redirects, each under the same policy as the first URL: http or https, never from https to http,
 * and guarded where it must be.
 *
 * @returns a response with status 200, 206 or 416
 * @throws TransientError; download-failed for what another attempt would not fix: 404, 403, redirects in a circle;
 *   digest-unknown for a hop that is not guarded; usage for what is not a URL
 */
export async function request(wanted: Request, context: Context): Promise<Response> {
  const first = parseUrl(wanted.url);
  let place = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await requestOnce(place, first, wanted, context);
    if (![301, 302, 303, 307, 308].includes(response.status)) return checkStatus(response, place, wanted);
    place = nextHop(place, response.headers.get('location'), wanted);
  }
  return failDownload(wanted.url, `more than ${maxRedirects} redirects`);
}

/** Where a redirect leads. @throws download-failed, digest-unknown if policy forbids to go there */
function nextHop(from: URL, location: string | null, { url, mustBeGuarded }: Request): URL {
  if (location === null) return failDownload(url, 'the server redirects without a Location');
  if (!URL.canParse(location, from.href)) return failDownload(url, `the server redirects to an invalid URL, '${publicUrl(location)}'`);
  const next = new URL(location, from.href);
  const shown = publicUrl(next.href);
  if (!isWeb(next)) return failDownload(url, `the server redirects to ${shown}, which is not http or https`);
  if (from.protocol === 'https:' && next.protocol !== 'https:') return failDownload(url, `the server redirects from https to ${shown}`);
  if (!mustBeGuarded || isGuarded(next)) return next;
  const detail = `no known SHA-256, and the server redirects to ${shown}, which is not https; refusing an unauthenticated download`;
  return fail({ code: 'digest-unknown', path: publicUrl(url), detail });
}

async function requestOnce(place: URL, first: URL, wanted: Request, context: Context): Promise<Response> {
  const { headers, retry, signal, form } = wanted;
  const { default: fetch } = await import('node-fetch');
  const agent = await proxyAgent(place, context.env);
  const credentials = await authorization(place, first, context.env);
  const timer = new AbortController();
  const timeout = global.setTimeout(() => timer.abort(), retry.connect);
  return fetch(withoutCredentials(place.href).href, {
    redirect: 'manual',
    // What the server stores is wanted, not what it makes of it for the way: digests and ranges count these bytes.
    compress: false,
    headers: {
      ...{ ...headers, 'accept-encoding': 'identity', 'user-agent': 'mft-patch' },
      ...(credentials === undefined ? {} : { authorization: credentials }),
    },
    signal: AbortSignal.any([signal, timer.signal]),
    ...(agent ? { agent } : {}),
    ...(form ? { method: 'POST', body: form } : {}),
  })
    .catch((error: unknown) => {
      context.signal.throwIfAborted();
      // node-fetch names the whole URL, with all that is secret in it.
      const reason = messageOf(error).replace(/^request to .* failed, reason: /s, '');
      if (permanentErrors.test((error as NodeJS.ErrnoException).code ?? '')) failDownload(wanted.url, reason, error);
      throw new TransientError(timer.signal.aborted ? `no response within ${retry.connect / 1000} s` : reason);
    })
    .finally(() => clearTimeout(timeout));
}

function checkStatus(response: Response, place: URL, { url, retry }: Request): Response {
  const { status, statusText } = response;
  if ([200, 206, 416].includes(status)) return response;
  const detail = `the server returned ${status} ${statusText}`;
  if (status >= 500 || status === 429 || status === 408)
    throw new TransientError(detail, retryAfter(response.headers.get('retry-after'), retry));
  if (status !== 401 && status !== 403) return failDownload(url, detail);
  const hint = `if it asks for a password, put "machine ${place.hostname} login USER password PASSWORD" into ~/.netrc`;
  return fail({ code: 'download-failed', url: publicUrl(url), detail, hint });
}

/** Throws download-failed, with no secret of the URL in it. */
export function failDownload(url: string, detail: string, cause?: unknown): never {
  return fail({ code: 'download-failed', url: publicUrl(url), detail }, cause);
}

/** Retry-After is seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(text: string | null, retry: RetryPolicy): number | undefined {
  if (text === null) return undefined;
  const time = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time, 0), retry.retryAfter);
}

/** The text of a response. @throws TransientError, download-failed if it is longer than a page is */
export async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > pageLimit) failDownload(url, `the page has more than ${pageLimit} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The text behind a URL that nothing vouches for but the way: https alone. @throws as request and textOf do */
export async function guardedText(url: string, context: Context): Promise<string> {
  const wanted = { url, headers: {}, retry: retryPolicy, signal: context.signal, mustBeGuarded: true };
  return textOf(await request(wanted, context), url);
}

/** The longest page that is read whole: kernel.org's longest list of digests has about 1 MB. */
const pageLimit = 16 * 1024 * 1024;

/** Waits before the next attempt: as the server asks, else longer each time, never two clients in step. */
export function pause(failure: TransientError, failures: number, retry: RetryPolicy, signal: AbortSignal): Promise<void> {
  const time = failure.waitFor ?? retry.backoff * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
  return setTimeout(time, undefined, { signal });
}
