import { once } from 'node:events';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Context } from '../context.js';
import { fail, failWrite } from '../errors.js';
import { bootId } from '../system/boot.js';
import { syncFile } from '../system/durable.js';
import type { Lock } from '../system/lock.js';
import { pause, type RetryPolicy, request, TransientError } from './http.js';
import { digestsOf, makeOwn } from './part.js';

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
      if (context.signal.aborted) return await endInterrupted(part, context.signal);
      // What the connection does is a TransientError: another error of the system is the disk's.
      if (!(error instanceof TransientError)) failWrite(part, error);
      const size = await sizeOf(part);
      failures = size > reached ? 1 : failures + 1;
      reached = size;
      if (failures > retry.retries) fail({ code: 'download-failed', url, detail: `${error.message} (tried ${failures} times)` }, error);
      context.debug(`${url}: ${error.message}; trying again`);
      await pause(error, failures, retry, context.signal);
    }
  }
}

async function attempt(part: string, { url, retry, withMd5, lock }: Download, context: Context): Promise<Downloaded> {
  const validator = await validatorOf(part);
  const have = validator === undefined ? 0 : await sizeOf(part);
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, lock.signal, closing.signal]);
  try {
    const headers: Record<string, string> = have > 0 && validator !== undefined ? { range: `bytes=${have}-`, 'if-range': validator } : {};
    const response = await request({ url, headers, retry, signal }, context);
    // The server may have taken its time, and this process may have been stopped meanwhile.
    await lock.check();
    const { start, total } = await extent(response, have, part);
    if (start === 0) await forget(part, response.headers.get('etag'), response.headers.get('last-modified'));
    const onChunk = (done: number) => {
      context.progress({ step: 'download', text: `downloading ${url}`, done, ...(total === undefined ? {} : { total }) });
    };
    const bytes = await store(unlessSilent(response.body ?? [], retry, closing), part, { start, total, closing, onChunk });
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

interface Storing {
  start: number;
  total: number | undefined;
  /** Aborted if the file cannot be written. */
  closing: AbortController;
  onChunk(done: number): void;
}

/** Writes what comes to the part. @returns where it ends; more than the total if the server sends too much */
async function store(body: AsyncIterable<Buffer>, part: string, { start, total, closing, onChunk }: Storing): Promise<number> {
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
      if (total !== undefined && done > total) break;
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
async function endInterrupted(part: string, signal: AbortSignal): Promise<never> {
  if ((await validatorOf(part)) !== undefined && (await sizeOf(part)) > 0) fail({ code: 'interrupted', kept: part }, signal.reason);
  await discard(part);
  throw signal.reason;
}

/** A weak validator cannot vouch for bytes (RFC 9110, 13.1.5). */
async function forget(part: string, etag: string | null, lastModified: string | null): Promise<void> {
  const validator = etag !== null && !etag.startsWith('W/') ? etag : lastModified;
  await rm(part, { force: true });
  await writeFile(`${part}.json`, JSON.stringify({ validator, boot: await bootId() }));
}

/** Nothing of a part is flushed before it is complete: after a power cut a file may have its size, and zeros in it. */
async function validatorOf(part: string): Promise<string | undefined> {
  try {
    const { validator, boot } = JSON.parse(await readFile(`${part}.json`, 'utf8'));
    return typeof validator === 'string' && boot === (await bootId()) ? validator : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a part and what is known of it. */
export async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
