import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import type { BuildDocument } from '../documents/index.js';
import { failWrite } from '../errors.js';
import { sha256 } from '../system/digest.js';
import { renameSynced, syncDirectory } from '../system/durable.js';
import { refuseInput } from '../system/inputs.js';
import { asJson } from '../system/json.js';
import { type Lock, lockName, withLock } from '../system/lock.js';
import { type StagingDir, withStagingDir } from '../system/stage.js';
import type { PackageFile } from '../verify/verify.js';
import { sumOf, withSums } from './checksums.js';
import { asRecord, recordName } from './record.js';

/** A file with its line in SHA256SUMS. */
export interface Artifact {
  name: string;
  sha256: string;
  bytes: number;
}

/** What is written for a build. */
export interface PackageOutput {
  deb: PackageFile;
  /** The record, but for its artifacts. */
  document: BuildDocument;
  /** Writes more files to the staging directory. */
  addExtras?: (stage: StagingDir) => Promise<Artifact[]>;
}

const sumsName = 'SHA256SUMS';

/**
 * Writes a package with its record, and what the user wants beside it, into the output directory. All is written in a staging
 * directory and then moved, SHA256SUMS last: until then that names the old output, which is still there, and then the new one.
 * A directory that does not exist yet appears with all that is in it.
 *
 * @returns the whole record
 * @throws usage if one of the files is an input, cannot-write
 */
export async function writePackage(directory: string, output: PackageOutput, context: Context): Promise<BuildDocument> {
  const { name, bytes } = output.deb;
  return withStagingDir(directory, context, async (stage) => {
    const extras = (await output.addExtras?.(stage)) ?? [];
    const artifacts = [{ name, sha256: sha256(bytes), bytes: bytes.length }, ...extras];
    const whole = { ...output.document, artifacts: artifacts.map(({ name, ...rest }) => ({ path: join(directory, name), ...rest })) };
    await stage.write(name, (path) => writeFile(path, bytes));
    await stage.write(recordName(name), (path) => writeFile(path, asJson(asRecord(whole, directory))));
    context.signal.throwIfAborted();
    if (!(stage.isSibling && (await renameIntoPlace(stage, directory, artifacts))))
      await withLock(join(directory, lockName), context, (lock) => publish({ stage, directory, lock }, artifacts, context));
    return whole;
  });
}

/** A record that is written again, and what was made since. */
export interface RecordOutput {
  /** The name of the package that it is of. */
  name: string;
  document: BuildDocument;
  /** Files that were made since the package was written. */
  added?: readonly PackageFile[];
}

/**
 * Writes a package's record again, with files that were made since. If another process has put another package there meanwhile,
 * its record stays, with a warning, and nothing is added.
 *
 * @returns the record with the files that were added
 * @throws usage if one of the files is an input, cannot-write
 */
export async function writeRecord(
  directory: string,
  { name, document, added = [] }: RecordOutput,
  context: Context,
): Promise<BuildDocument> {
  return withStagingDir(directory, context, async (stage) => {
    const record = recordName(name);
    const artifacts = added.map(({ name, bytes }) => ({ name, sha256: sha256(bytes), bytes: bytes.length }));
    const paths = artifacts.map(({ name, ...rest }) => ({ path: join(directory, name), ...rest }));
    const whole = { ...document, artifacts: [...document.artifacts, ...paths] };
    for (const { name, bytes } of added) await stage.write(name, (path) => writeFile(path, bytes));
    await stage.write(record, (path) => writeFile(path, asJson(asRecord(whole, directory))));
    await stage.flush();
    return withLock(join(directory, lockName), context, async (lock) => {
      const sum = sumOf(await readSums(directory), directory, name);
      const place = { stage, directory, lock };
      if (sum === document.artifacts[0]?.sha256) {
        await (added.length === 0 ? move(place, record) : publish(place, artifacts, context));
        return whole;
      }
      context.warn(`${join(directory, name)} was replaced meanwhile; its record is left unchanged`);
      return document;
    });
  });
}

/** Puts the staging directory in the directory's place. @returns whether it did: another process may have been faster */
async function renameIntoPlace(stage: StagingDir, directory: string, artifacts: readonly Artifact[]): Promise<boolean> {
  const sums = withSums(Buffer.alloc(0), directory, new Map(artifacts.map(({ name, sha256 }) => [name, sha256])));
  await stage.write(sumsName, (path) => writeFile(path, sums));
  await stage.flush();
  try {
    await stage.become();
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

interface Publication {
  stage: StagingDir;
  directory: string;
  /** The directory's: a process that has lost it publishes nothing more. */
  lock: Lock;
}

/** Moves the staged files to their places. Wherever it stops, no sum and no record describes other bytes than are there. */
async function publish(publication: Publication, artifacts: readonly Artifact[], context: Context): Promise<void> {
  const { stage, directory, lock } = publication;
  const isRecord = (name: string) => Number(name.endsWith('.build.json'));
  // What a record names is there before it.
  const names = (await readdir(stage.path))
    .filter((name) => name !== lockName && name !== sumsName)
    .sort((a, b) => isRecord(a) - isRecord(b));
  const sums = await readSums(directory);
  const changed = withSums(sums, directory, new Map(artifacts.map(({ name, sha256 }) => [name, sha256])));
  await stage.write(sumsName, (path) => writeFile(path, changed));
  // The sum of other bytes under one of these names is withdrawn before they change.
  const replaced = artifacts.filter(({ name, sha256 }) => sumOf(sums, directory, name) !== sha256).map(({ name }) => name);
  const kept = withSums(sums, directory, new Map(replaced.map((name) => [name, undefined])));
  const isWithdrawn = !kept.equals(sums);
  if (isWithdrawn) await stage.write('.kept', (path) => writeFile(path, kept));
  for (const name of [...names, sumsName]) {
    await refuseInput(join(directory, name), context);
    const isDirectory = await stat(join(directory, name)).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    // rename(2) would refuse it when other files are in place already.
    if (isDirectory) failWrite(join(directory, name), Object.assign(new Error(), { code: 'EISDIR' }));
  }
  await stage.flush();
  if (isWithdrawn) await move(publication, '.kept', sumsName);
  for (const name of replaced) {
    const record = recordName(name);
    if (record === name) continue;
    await lock.check();
    await stage.write(record, () => rm(join(directory, record), { force: true }));
  }
  // What is withdrawn must not come back after a power cut, beside the new bytes.
  await syncDirectory(directory);
  for (const name of [...names, sumsName]) await move(publication, name);
}

/** Moves a staged file to its place, if the directory is still this process's. */
async function move({ stage, directory, lock }: Publication, name: string, as = name): Promise<void> {
  await lock.check();
  await stage.write(as, () => renameSynced(join(stage.path, name), join(directory, as)));
}

/** The bytes of a directory's SHA256SUMS; none if it has none. @throws cannot-write if it is there and cannot be read */
async function readSums(directory: string): Promise<Buffer> {
  const path = join(directory, sumsName);
  return readFile(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? Buffer.alloc(0) : failWrite(path, error)));
}
