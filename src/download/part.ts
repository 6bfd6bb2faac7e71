/** A file that is not complete yet, and beside it, in `<part>.json`, what it may be continued by. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { bootId } from '../system/boot.js';
import { fileBytes } from '../system/file-bytes.js';

/** Begins a part anew. A weak validator cannot vouch for bytes (RFC 9110, 13.1.5). */
export async function forget(part: string, headers: { get(name: string): string | null }, isGuarded: boolean): Promise<void> {
  const [etag, lastModified] = [headers.get('etag'), headers.get('last-modified')];
  const validator = etag !== null && !etag.startsWith('W/') ? etag : lastModified;
  await rm(part, { force: true });
  await writeFile(`${part}.json`, JSON.stringify({ validator, isGuarded, boot: await bootId() }));
}

/**
 * The validator of a part; undefined if it cannot be continued. What did not come guarded does not become so later; and nothing
 * of a part is flushed before it is complete: after a power cut a file may have its size, and zeros in it.
 */
export async function validatorOf(part: string, mustBeGuarded: boolean): Promise<string | undefined> {
  try {
    const { validator, isGuarded, boot } = JSON.parse(await readFile(`${part}.json`, 'utf8'));
    if ((mustBeGuarded && isGuarded !== true) || boot !== (await bootId())) return undefined;
    // What a header cannot hold (RFC 9110, 5.5) came from no server.
    return typeof validator === 'string' && /^[\t\x20-\x7e\x80-\xff]+$/.test(validator) ? validator : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a part and what is known of it. */
export async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

/** Its size; 0 if there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The digests of what is on the disk: what came over the wire is not all that a disk, or another process, can do to it. */
export async function digestsOf(part: string, withMd5: boolean, signal: AbortSignal): Promise<{ sha256: string; md5?: string }> {
  const sums = { sha256: createHash('sha256'), md5: withMd5 ? createHash('md5') : undefined };
  for await (const chunk of fileBytes(part, signal)) {
    sums.sha256.update(chunk);
    sums.md5?.update(chunk);
  }
  return { sha256: sums.sha256.digest('hex'), ...(sums.md5 ? { md5: sums.md5.digest('hex') } : {}) };
}

/**
 * Makes what is there of a part a file of this process. The one who wrote it may not have died, but only have been stopped,
 * and still have it open. Rejects with the system's error.
 */
export async function makeOwn(part: string): Promise<void> {
  const copy = `${part}.own`;
  try {
    await copyFile(part, copy, constants.COPYFILE_FICLONE);
    await rename(copy, part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    await rm(copy, { force: true });
    throw error;
  }
}
