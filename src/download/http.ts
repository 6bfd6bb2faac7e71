import { setTimeout } from 'node:timers/promises';
import type { Response } from 'node-fetch';
import type { Context } from '../context.js';
import { fail, wordsOf } from '../errors.js';

/** How long to wait for what, in milliseconds; the whole of a download has no limit. */
export interface Patience {
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

export const patience: Patience = { connect: 20_000, silence: 30_000, backoff: 500, retryAfter: 60_000, retries: 6 };

const maxRedirects = 10;
/** Errors that another attempt would not mend: certificates, and names that there are not. */
const lasting = /CERT|ERR_TLS|UNABLE_TO_(?:GET|VERIFY)|ENOTFOUND/;

/** A failure that may pass: the connection, or a server that says so. */
export class PassingFailure extends Error {
  constructor(
    message: string,
    /** What Retry-After asks for, in milliseconds. */
    readonly waitFor?: number,
  ) {
    super(message);
  }
}

/**
 * Asks for a URL, following redirects, but never from https to http.
 *
 * @returns an answer with status 200, 206 or 416
 * @throws PassingFailure; download-failed for what will not pass: 404, 403, redirects in a circle
 */
export async function ask(
  url: string,
  headers: Record<string, string>,
  wait: Patience,
  signal: AbortSignal,
  context: Context,
): Promise<Response> {
  const { default: fetch } = await import('node-fetch');
  const agent = await proxyAgent(context.env);
  let place = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const timer = new AbortController();
    const timeout = global.setTimeout(() => timer.abort(), wait.connect);
    const response = await fetch(place, {
      redirect: 'manual',
      // What the server stores is wanted, not what it makes of it for the way: digests and ranges count these bytes.
      compress: false,
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'mft-patch' },
      signal: AbortSignal.any([signal, timer.signal]),
      ...(agent ? { agent } : {}),
    })
      .catch((error: unknown) => {
        context.signal.throwIfAborted();
        if (lasting.test((error as NodeJS.ErrnoException).code ?? ''))
          fail({ code: 'download-failed', url, detail: wordsOf(error) }, error);
        throw new PassingFailure(timer.signal.aborted ? `no answer within ${wait.connect / 1000} s` : wordsOf(error));
      })
      .finally(() => clearTimeout(timeout));
    if (![301, 302, 303, 307, 308].includes(response.status)) return judge(response, url, wait);
    const next = new URL(response.headers.get('location') ?? '', place).href;
    if (place.startsWith('https:') && !next.startsWith('https:')) {
      fail({ code: 'download-failed', url, detail: `the server redirects from https to ${next}` });
    }
    place = next;
  }
  return fail({ code: 'download-failed', url, detail: `more than ${maxRedirects} redirects` });
}

function judge(response: Response, url: string, wait: Patience): Response {
  const { status, statusText } = response;
  if ([200, 206, 416].includes(status)) return response;
  const words = `the server answers ${status} ${statusText}`;
  if (status >= 500 || status === 429 || status === 408)
    throw new PassingFailure(words, retryAfter(response.headers.get('retry-after'), wait));
  return fail({ code: 'download-failed', url, detail: words });
}

/** Retry-After is seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(text: string | null, wait: Patience): number | undefined {
  if (text === null) return undefined;
  const time = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time, 0), wait.retryAfter);
}

/** The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name; the package for it is loaded only then. */
async function proxyAgent(env: NodeJS.ProcessEnv) {
  if (!Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && env[name])) return undefined;
  const { ProxyAgent } = await import('proxy-agent');
  return new ProxyAgent();
}

/** Waits before the next attempt: as the server asks, else longer each time, never two clients in step. */
export function pause(failure: PassingFailure, failures: number, wait: Patience, signal: AbortSignal): Promise<void> {
  const time = failure.waitFor ?? wait.backoff * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
  return setTimeout(time, undefined, { signal });
}
