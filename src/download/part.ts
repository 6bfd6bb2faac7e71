/** The part of a download that is on the disk. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';

/** The digests of what is on the disk: what came over the wire is not all that a disk, or another process, can do to it. */
export async function digestsOf(part: string, withMd5: boolean, signal: AbortSignal): Promise<{ sha256: string; md5?: string }> {
  const sums = { sha256: createHash('sha256'), md5: withMd5 ? createHash('md5') : undefined };
  for await (const chunk of createReadStream(part, { highWaterMark: 1024 * 1024, signal })) {
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
