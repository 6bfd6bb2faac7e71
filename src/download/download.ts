import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Context } from '../context.js';
import { fail, failWrite } from '../errors.js';
import { syncFile } from '../system/durable.js';
import type { Lock } from '../system/lock.js';
import { failDownload, pause, type RetryPolicy, request, TransientError } from './http.js';
import { digestsOf, discard, forget, makeOwn, sizeOf, validatorOf } from './part.js';
import { publicUrl } from './url.js';

export interface Downloaded {
  bytes: number;
  sha256: string;
  /** There if it was asked for. */
  md5?: string;
}

export interface Download {
  url: string;
  retry: RetryPolicy;
  /** MD5 proves nothing; it is computed only where there is one to compare with. */
  withMd5: boolean;
  /** That of the part: a process that has lost it leaves the part alone. */
  lock: Lock;
  /** No digest vouches for the content: all of it must come over https or from this machine. */
  mustBeGuarded: boolean;
  /** The most bytes that it may have. */
  limit: number;
}

/**
 * Downloads a URL to a file, going on where an earlier run was interrupted. What is there of the file is kept when this
 * fails or is interrupted.
 *
 * A part is only continued with the validator that the server gave with it (RFC 9110, 13.1.5, If-Range): if the
 * content has changed since, the server sends all of it and the part is begun anew.
 *
 * @param part the file; beside it `<part>.json` holds the validator
 * @throws download-failed, cannot-write
 */
export async function downloadTo(part: string, download: Download, context: Context): Promise<Downloaded> {
  const { url, retry, lock } = download;
  // Without room for a second one it is begun anew.
  await makeOwn(part).catch(() => discard(part));
  let reached = await sizeOf(part);
  for (let failures = 0; ; ) {
    try {
      return await attempt(part, download, context);
    } catch (error) {
      lock.signal.throwIfAborted();
      if (context.signal.aborted) return await endInterrupted(part, download, context.signal);
      // What the connection does is a TransientError: another error of the system is the disk's.
      if (!(error instanceof TransientError)) failWrite(part, error);
      const size = await sizeOf(part);
      failures = size > reached ? 1 : failures + 1;
      reached = size;
      if (failures > retry.retries) failDownload(url, `${error.message} (tried ${failures} times)`, error);
      context.debug(`${publicUrl(url)}: ${error.message}; trying again`);
      await pause(error, failures, retry, context.signal);
    }
  }
}

async function attempt(part: string, download: Download, context: Context): Promise<Downloaded> {
  const { url, retry, withMd5, lock, mustBeGuarded, limit } = download;
  const validator = await validatorOf(part, mustBeGuarded);
  const have = validator === undefined ? 0 : await sizeOf(part);
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, lock.signal, closing.signal]);
  try {
    const headers: Record<string, string> = have > 0 && validator !== undefined ? { range: `bytes=${have}-`, 'if-range': validator } : {};
    const response = await request({ url, headers, retry, signal, mustBeGuarded }, context);
    // The server may have taken its time, and this process may have been stopped meanwhile.
    await lock.check();
    const { start, total } = await extent(response, have, part);
    if ((total ?? 0) > limit) failDownload(url, `is ${total} bytes; the limit is ${limit}`);
    if (start === 0) await forget(part, response.headers, mustBeGuarded);
    const step = { step: 'download' as const, text: `downloading ${publicUrl(url)}`, ...(total === undefined ? {} : { total }) };
    const onChunk = (done: number) => context.progress({ ...step, done });
    const bytes = await store(unlessSilent(response.body ?? [], retry, closing), part, { start, most: total ?? limit, closing, onChunk });
    await refuseTooLong(part, bytes, { url, limit });
    if (total !== undefined && bytes !== total) {
      if (bytes > total) await discard(part);
      throw new TransientError(`received ${bytes} bytes, expected ${total}`);
    }
    await syncFile(part);
    return { bytes, ...(await digestsOf(part, withMd5, signal)) };
  } finally {
    closing.abort();
  }
}

/** @throws download-failed for what came without saying how long it is */
async function refuseTooLong(part: string, bytes: number, { url, limit }: Pick<Download, 'url' | 'limit'>): Promise<void> {
  if (bytes <= limit) return;
  await discard(part);
  failDownload(url, `is more than ${limit} bytes, the limit`);
}

interface Storing {
  start: number;
  /** The most bytes that may come. */
  most: number;
  /** Aborted if the file cannot be written. */
  closing: AbortController;
  onChunk(done: number): void;
}

/** Writes what comes to the part. @returns where it ends; more than the most if the server sends too much */
async function store(body: AsyncIterable<Buffer>, part: string, { start, most, closing, onChunk }: Storing): Promise<number> {
  const file = await open(part, start === 0 ? 'w' : 'r+');
  // A write stream gathers the pieces that come while the disk is busy.
  const output = file.createWriteStream({ start, highWaterMark: 4 * 1024 * 1024 });
  const written = finished(output);
  written.catch(() => closing.abort());
  let done = start;
  try {
    for await (const chunk of body) {
      if (!output.write(chunk)) await Promise.race([once(output, 'drain'), written]);
      done += chunk.length;
      onChunk(done);
      if (done > most) break;
    }
  } finally {
    output.end();
    await written;
  }
  return done;
}

/** Where the response's bytes belong. @throws TransientError if they fit nowhere; the part is begun anew then */
async function extent(response: { status: number; headers: { get(name: string): string | null } }, have: number, part: string) {
  const length = response.headers.get('content-length');
  if (response.status === 200) return { start: 0, total: length === null ? undefined : Number(length) };
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  const [first, last, total] = [Number(range?.[1]), Number(range?.[2]), Number(range?.[3])];
  if (response.status === 206 && range && have > 0 && first === have && last === total - 1) return { start: have, total };
  await discard(part);
  throw new TransientError(`the server returned ${response.status} with another range than was requested`);
}

/** Passes on what comes; gives up if nothing does for too long. */
async function* unlessSilent(
  body: AsyncIterable<unknown> | Iterable<never>,
  { silence }: RetryPolicy,
  closing: AbortController,
): AsyncGenerator<Buffer> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    closing.abort();
  }, silence);
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk as Buffer;
    }
  } catch (error) {
    throw new TransientError(isSilent ? `no data received for ${silence / 1000} s` : `connection lost: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends an interrupted download: what the next run can continue is kept, and said; anything else is removed. */
async function endInterrupted(part: string, { mustBeGuarded }: Download, signal: AbortSignal): Promise<never> {
  const isKept = (await validatorOf(part, mustBeGuarded)) !== undefined && (await sizeOf(part)) > 0;
  if (isKept) fail({ code: 'interrupted', kept: part }, signal.reason);
  await discard(part);
  throw signal.reason;
}
