import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { cannotWrite } from '../errors.js';
import { lockName, whileLocked } from '../system/lock.js';
import type { BuildDocument } from '../documents.js';
import { type Stage, staged } from '../system/stage.js';
import type { Candidate } from '../verify/verify.js';
import { readSums, renderSums } from '../commands/sums.js';

/** A file that SHA256SUMS vouches for. */
export interface Artifact {
  name: string;
  sha256: string;
  bytes: number;
}

const sumsName = 'SHA256SUMS';

/**
 * Writes a package with its record, and what the user wants beside it, into the output folder. All is written in a stage
 * and then moved, SHA256SUMS last: until then that names the old output, which is still there, and then the new one too.
 * A folder that is not there yet appears with all that is in it.
 *
 * @param document the record, but for its artifacts
 * @param addCompanions writes more files to the stage
 * @returns the whole record
 * @throws cannot-write
 */
export async function writePackage(
  folder: string,
  { name, bytes }: Candidate,
  document: BuildDocument,
  context: Context,
  addCompanions: (stage: Stage) => Promise<Artifact[]> = async () => [],
): Promise<BuildDocument> {
  return staged(folder, context, async (stage) => {
    const artifacts = [{ name, sha256: sha256(bytes), bytes: bytes.length }, ...(await addCompanions(stage))];
    const whole = { ...document, artifacts: artifacts.map(({ name, ...rest }) => ({ path: join(folder, name), ...rest })) };
    await stage.write(name, (path) => writeFile(path, bytes));
    await stage.write(recordName(name), (path) => writeFile(path, asJson(whole)));
    context.signal.throwIfAborted();
    if (!(stage.isBeside && (await becomeFolder(stage, folder, artifacts))))
      await whileLocked(join(folder, lockName), context, () => moveIn(stage, folder, artifacts));
    return whole;
  });
}

/** Writes a package's record again. If another process has put another package there meanwhile, its record stays, with a warning. */
export async function writeRecord(folder: string, name: string, document: BuildDocument, context: Context): Promise<void> {
  await staged(folder, context, async (stage) => {
    const record = recordName(name);
    await stage.write(record, (path) => writeFile(path, asJson(document)));
    await whileLocked(join(folder, lockName), context, async () => {
      const sum = (await readSums(join(folder, sumsName))).get(name);
      if (sum?.startsWith(`${document.artifacts[0]?.sha256} `)) await move(stage, folder, record);
      else context.warn(`${join(folder, name)} is not the package that was verified any more; its record is left as it is`);
    });
  });
}

/** Puts the stage in the folder's place. @returns whether it did: another process may have been faster */
async function becomeFolder(stage: Stage, folder: string, artifacts: readonly Artifact[]): Promise<boolean> {
  await stage.write(sumsName, (path) => writeFile(path, renderSums(new Map(), artifacts)));
  try {
    await rename(stage.path, folder);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  // The stage's own lock has come along; as long as it is there it is the folder's.
  await rm(join(folder, lockName), { force: true }).catch(() => {});
  return true;
}

/** Moves the files of the stage to their places. Wherever it stops, no sum and no record says of a file what is not so. */
async function moveIn(stage: Stage, folder: string, artifacts: readonly Artifact[]): Promise<void> {
  const names = (await readdir(stage.path)).filter((name) => name !== lockName && name !== sumsName);
  const place = join(folder, sumsName);
  const sums = await readSums(place).catch((error) => cannotWrite(place, error));
  await stage.write(sumsName, (path) => writeFile(path, renderSums(sums, artifacts)));
  // What vouches for other bytes under one of these names is withdrawn before they change.
  const replaced = artifacts.filter(({ name, sha256 }) => !sums.get(name)?.startsWith(`${sha256} `)).map(({ name }) => name);
  const kept = new Map([...sums].filter(([name]) => !replaced.includes(name)));
  const isWithdrawn = kept.size < sums.size;
  if (isWithdrawn) await stage.write('.kept', (path) => writeFile(path, renderSums(kept, [])));
  for (const name of [...names, sumsName]) {
    const isFolder = await stat(join(folder, name)).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    // rename(2) would refuse it when other files are in place already.
    if (isFolder) cannotWrite(join(folder, name), Object.assign(new Error(), { code: 'EISDIR' }));
  }
  if (isWithdrawn) await stage.write(sumsName, () => rename(join(stage.path, '.kept'), place));
  for (const name of replaced) {
    const record = recordName(name);
    if (record !== name) await stage.write(record, () => rm(join(folder, record), { force: true }));
  }
  for (const name of [...names, sumsName]) await move(stage, folder, name);
}

function move(stage: Stage, folder: string, name: string): Promise<void> {
  return stage.write(name, (path) => rename(path, join(folder, name)));
}

/** The name of a package's record. */
export function recordName(deb: string): string {
  return deb.replace(/\.deb$/, '.build.json');
}

/** A document as it is written to a file. */
export function asJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The SHA-256 in hex digits. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
