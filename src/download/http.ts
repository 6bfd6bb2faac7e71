import { setTimeout } from 'node:timers/promises';
import type { Response } from 'node-fetch';
import type { Context } from '../context.js';
import { fail, messageOf } from '../errors.js';

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
/** Errors that another attempt would not fix: certificates, and names that do not exist. */
const permanentErrors = /CERT|ERR_TLS|UNABLE_TO_(?:GET|VERIFY)|ENOTFOUND/;

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
}

/**
 * Requests a URL, following redirects, but never from https to http.
 *
 * @returns a response with status 200, 206 or 416
 * @throws TransientError; download-failed for what another attempt would not fix: 404, 403, redirects in a circle
 */
export async function request(wanted: Request, context: Context): Promise<Response> {
  const { url, retry } = wanted;
  let place = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await requestOnce(place, wanted, context);
    if (![301, 302, 303, 307, 308].includes(response.status)) return checkStatus(response, url, retry);
    const next = new URL(response.headers.get('location') ?? '', place).href;
    if (place.startsWith('https:') && !next.startsWith('https:')) {
      fail({ code: 'download-failed', url, detail: `the server redirects from https to ${next}` });
    }
    place = next;
  }
  return fail({ code: 'download-failed', url, detail: `more than ${maxRedirects} redirects` });
}

async function requestOnce(place: string, { url, headers, retry, signal }: Request, context: Context): Promise<Response> {
  const { default: fetch } = await import('node-fetch');
  const agent = await proxyAgent(place, context.env);
  const timer = new AbortController();
  const timeout = global.setTimeout(() => timer.abort(), retry.connect);
  return fetch(place, {
    redirect: 'manual',
    // What the server stores is wanted, not what it makes of it for the way: digests and ranges count these bytes.
    compress: false,
    headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'mft-patch' },
    signal: AbortSignal.any([signal, timer.signal]),
    ...(agent ? { agent } : {}),
  })
    .catch((error: unknown) => {
      context.signal.throwIfAborted();
      if (permanentErrors.test((error as NodeJS.ErrnoException).code ?? ''))
        fail({ code: 'download-failed', url, detail: messageOf(error) }, error);
      throw new TransientError(timer.signal.aborted ? `no response within ${retry.connect / 1000} s` : messageOf(error));
    })
    .finally(() => clearTimeout(timeout));
}

function checkStatus(response: Response, url: string, retry: RetryPolicy): Response {
  const { status, statusText } = response;
  if ([200, 206, 416].includes(status)) return response;
  const detail = `the server returned ${status} ${statusText}`;
  if (status >= 500 || status === 429 || status === 408)
    throw new TransientError(detail, retryAfter(response.headers.get('retry-after'), retry));
  return fail({ code: 'download-failed', url, detail });
}

/** Retry-After is seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(text: string | null, retry: RetryPolicy): number | undefined {
  if (text === null) return undefined;
  const time = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time, 0), retry.retryAfter);
}

/** The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for a URL; the packages for it are loaded only then. */
async function proxyAgent(url: string, env: NodeJS.ProcessEnv) {
  if (!Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && env[name])) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  const proxy = getProxyForUrl(url);
  if (proxy === '') return undefined;
  if (url.startsWith('https:')) return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy);
  return new (await import('http-proxy-agent')).HttpProxyAgent(proxy);
}

/** Waits before the next attempt: as the server asks, else longer each time, never two clients in step. */
export function pause(failure: TransientError, failures: number, retry: RetryPolicy, signal: AbortSignal): Promise<void> {
  const time = failure.waitFor ?? retry.backoff * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
  return setTimeout(time, undefined, { signal });
}
