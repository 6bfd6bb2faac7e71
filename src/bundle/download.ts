import type { Context } from '../context.js';
import { fail, wordsOf } from '../errors.js';

export interface Download {
  body: AsyncIterable<Buffer>;
  /** Bytes, if the server says. */
  size?: number;
}

/**
 * Starts a download; redirects are followed. The bytes come as the server stores them, not encoded for the way.
 *
 * @throws download-failed; also later, from the body, if the connection is cut
 */
export async function download(url: string, context: Context): Promise<Download> {
  if (context.offline) fail({ code: 'download-failed', url, detail: '--offline forbids it' });
  const { default: fetch } = await import('node-fetch');
  const failed = (error: unknown): never => {
    context.signal.throwIfAborted();
    return fail({ code: 'download-failed', url, detail: wordsOf(error) }, error);
  };
  const response = await fetch(url, { signal: context.signal, compress: false, headers: { 'accept-encoding': 'identity' } }).catch(failed);
  if (!response.ok) fail({ code: 'download-failed', url, detail: `the server answers ${response.status} ${response.statusText}` });
  const size = Number(response.headers.get('content-length')) || undefined;
  return { body: chunks(response.body, failed), ...(size === undefined ? {} : { size }) };
}

async function* chunks(body: NodeJS.ReadableStream | null, failed: (error: unknown) => never): AsyncIterable<Buffer> {
  try {
    for await (const chunk of body ?? []) yield chunk as Buffer;
  } catch (error) {
    failed(error);
  }
}
