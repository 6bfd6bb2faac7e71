import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import type { BuildDocument } from '../documents/index.js';
import { failWrite } from '../errors.js';
import { sha256 } from '../system/digest.js';
import { asJson } from '../system/json.js';
import { lockName, withLock } from '../system/lock.js';
import { type StagingDir, withStagingDir } from '../system/stage.js';
import type { PackageFile } from '../verify/verify.js';
import { recordName } from './record.js';

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
 * @throws cannot-write
 */
export async function writePackage(directory: string, output: PackageOutput, context: Context): Promise<BuildDocument> {
  const { name, bytes } = output.deb;
  return withStagingDir(directory, context, async (stage) => {
    const extras = (await output.addExtras?.(stage)) ?? [];
    const artifacts = [{ name, sha256: sha256(bytes), bytes: bytes.length }, ...extras];
    const whole = { ...output.document, artifacts: artifacts.map(({ name, ...rest }) => ({ path: join(directory, name), ...rest })) };
    await stage.write(name, (path) => writeFile(path, bytes));
    await stage.write(recordName(name), (path) => writeFile(path, asJson(whole)));
    context.signal.throwIfAborted();
    if (!(stage.isSibling && (await renameIntoPlace(stage, directory, artifacts))))
      await withLock(join(directory, lockName), context, () => publish(stage, directory, artifacts));
    return whole;
  });
}

/** Writes a package's record again. If another process has put another package there meanwhile, its record stays, with a warning. */
export async function writeRecord(directory: string, name: string, document: BuildDocument, context: Context): Promise<void> {
  await withStagingDir(directory, context, async (stage) => {
    const record = recordName(name);
    await stage.write(record, (path) => writeFile(path, asJson(document)));
    await withLock(join(directory, lockName), context, async () => {
      const sum = (await readSums(join(directory, sumsName))).get(name);
      if (sum?.startsWith(`${document.artifacts[0]?.sha256} `)) await move(stage, directory, record);
      else context.warn(`${join(directory, name)} was replaced meanwhile; its record is left unchanged`);
    });
  });
}

/** Puts the staging directory in the directory's place. @returns whether it did: another process may have been faster */
async function renameIntoPlace(stage: StagingDir, directory: string, artifacts: readonly Artifact[]): Promise<boolean> {
  await stage.write(sumsName, (path) => writeFile(path, renderSums(new Map(), artifacts)));
  try {
    await rename(stage.path, directory);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  // The staging directory's own lock has come along; as long as it is there it is the directory's.
  await rm(join(directory, lockName), { force: true }).catch(() => {});
  return true;
}

/** Moves the staged files to their places. Wherever it stops, no sum and no record describes other bytes than are there. */
async function publish(stage: StagingDir, directory: string, artifacts: readonly Artifact[]): Promise<void> {
  const names = (await readdir(stage.path)).filter((name) => name !== lockName && name !== sumsName);
  const place = join(directory, sumsName);
  const sums = await readSums(place).catch((error) => failWrite(place, error));
  await stage.write(sumsName, (path) => writeFile(path, renderSums(sums, artifacts)));
  // The sum of other bytes under one of these names is withdrawn before they change.
  const replaced = artifacts.filter(({ name, sha256 }) => !sums.get(name)?.startsWith(`${sha256} `)).map(({ name }) => name);
  const kept = new Map([...sums].filter(([name]) => !replaced.includes(name)));
  const isWithdrawn = kept.size < sums.size;
  if (isWithdrawn) await stage.write('.kept', (path) => writeFile(path, renderSums(kept, [])));
  for (const name of [...names, sumsName]) {
    const isDirectory = await stat(join(directory, name)).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    // rename(2) would refuse it when other files are in place already.
    if (isDirectory) failWrite(join(directory, name), Object.assign(new Error(), { code: 'EISDIR' }));
  }
  if (isWithdrawn) await stage.write(sumsName, () => rename(join(stage.path, '.kept'), place));
  for (const name of replaced) {
    const record = recordName(name);
    if (record !== name) await stage.write(record, () => rm(join(directory, record), { force: true }));
  }
  for (const name of [...names, sumsName]) await move(stage, directory, name);
}

function move(stage: StagingDir, directory: string, name: string): Promise<void> {
  return stage.write(name, (path) => rename(path, join(directory, name)));
}

/**
 * The lines of a SHA256SUMS by the names of their files, without those of files that are gone.
 * @throws the system's error if it is there and cannot be read
 */
async function readSums(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const exists = await Promise.all(
    lines.map((line) =>
      stat(join(dirname(path), line.slice(66))).then(
        () => true,
        () => false,
      ),
    ),
  );
  return new Map(lines.filter((_, index) => exists[index]).map((line) => [line.slice(66), line]));
}

/** The text of a SHA256SUMS, as sha256sum(1) writes and checks it: lines by the names of their files, and the sums of new ones. */
function renderSums(lines: ReadonlyMap<string, string>, artifacts: readonly { name: string; sha256: string }[]): string {
  const all = new Map([...lines, ...artifacts.map(({ name, sha256 }): [string, string] => [name, `${sha256}  ${name}`])]);
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => `${line}\n`)
    .join('');
}
