/** A directory of packages as a flat apt archive: the index beside them, signed if the user has a key. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { type IndexFile, packageLists, parseRelease, releaseFile } from '../deb/archive-index.js';
import { fail, failInput, failWrite } from '../errors.js';
import { renameSynced, syncDirectory } from '../system/durable.js';
import { refuseInput } from '../system/inputs.js';
import { type Lock, lockName, withLock } from '../system/lock.js';
import { type StagingDir, withStagingDir } from '../system/stage.js';
import { type ArchivePackage, readPackages } from './archive-packages.js';
import { fingerprintOf, isSigned, signRelease } from './gpg.js';

const byHash = 'by-hash/SHA256';
const signatures = ['Release.gpg', 'InRelease'];

/** An archive that was written. */
export interface Archive {
  packages: readonly ArchivePackage[];
  files: readonly IndexFile[];
  date: Date;
  /** The fingerprint of the key that signed it. */
  fingerprint: string | undefined;
}

/**
 * Writes the index of the packages in a directory. Lists are published under their digests first, those of the index before stay,
 * and InRelease comes last: whoever reads meanwhile has the old index or the new one (apt's Acquire-By-Hash).
 *
 * @param key the user's key of gpg; undefined for an archive that is not signed
 * @throws no-input, package-damaged, package-unfit, digest-mismatch, usage, cannot-write
 */
export async function writeRepository(directory: string, key: string | undefined, context: Context): Promise<Archive> {
  // A directory that is missing is not made.
  await readdir(directory).catch((error) => failInput(directory, error, 'check the path'));
  const fingerprint = key === undefined ? undefined : await fingerprintOf(key, directory, context);
  return withStagingDir(directory, context, (stage) =>
    withLock(join(directory, lockName), context, async (lock) => {
      const packages = await readPackages(directory, context);
      const before = await readFile(join(directory, 'Release'), 'utf8').catch(() => '');
      const lists = packageLists(packages);
      const date = dateOf(packages, lists, before, context);
      const release = releaseFile(lists, packages, date);
      await refuseToUnsign(directory, fingerprint);
      const place = { stage, directory, lock, kept: parseRelease(before).digests };
      await publish(place, { lists, release, fingerprint }, context);
      return { packages, files: [...lists, release], date, fingerprint };
    }),
  );
}

/**
 * The date of the archive: SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the newest time in its
 * packages. apt keeps the index that it has rather than take one with an earlier date: so without SOURCE_DATE_EPOCH the date of
 * the index before is kept, and one with other lists is at least a second younger.
 *
 * @throws usage for a SOURCE_DATE_EPOCH that is not a number
 */
function dateOf(packages: readonly ArchivePackage[], lists: readonly IndexFile[], before: string, { env, warn }: Context): Date {
  const old = parseRelease(before);
  const isSame = lists.every(({ sha256 }) => old.digests.includes(sha256));
  const epoch = env.SOURCE_DATE_EPOCH ?? '';
  if (epoch !== '') {
    if (!/^\d{1,11}$/.test(epoch))
      fail({ code: 'usage', detail: `SOURCE_DATE_EPOCH is '${epoch}'`, hint: 'set it to seconds since 1970, or unset it' });
    const date = new Date(Number(epoch) * 1000);
    if (!isSame && old.date > date.getTime())
      warn('SOURCE_DATE_EPOCH is before the date of the index that was here: apt keeps that one where it has it');
    return date;
  }
  const newest = Math.max(...packages.map(({ time }) => time)) * 1000;
  if (Number.isNaN(old.date)) return new Date(newest);
  return new Date(Math.max(newest, isSame ? old.date : old.date + 1000));
}

/** apt reads InRelease before Release: an old one beside a new index would hide that, and without one apt refuses to go on. */
async function refuseToUnsign(directory: string, fingerprint: string | undefined): Promise<void> {
  const signed = (await readdir(directory)).find((name) => signatures.includes(name));
  if (fingerprint !== undefined || signed === undefined) return;
  const hint = `pass the key with --gpg-key, or remove ${signatures.map((name) => join(directory, name)).join(' and ')}`;
  fail({ code: 'usage', detail: `${directory} is a signed archive, and --gpg-key is missing`, hint });
}

interface Place {
  stage: StagingDir;
  directory: string;
  lock: Lock;
  /** The digests of the lists of the index before. */
  kept: readonly string[];
}

interface Index {
  lists: readonly IndexFile[];
  release: IndexFile;
  fingerprint: string | undefined;
}

/** Writes the files to the stage and moves them to their places, so that at each moment a whole index is there. */
async function publish({ stage, directory, lock, kept }: Place, { lists, release, fingerprint }: Index, context: Context): Promise<void> {
  const stageFile = (name: string, content: Buffer) => stage.write(name, (path) => writeFile(path, content));
  for (const { name, content, sha256 } of lists) await Promise.all([stageFile(name, content), stageFile(sha256, content)]);
  await stageFile(release.name, release.content);
  const isSignedAlready =
    fingerprint !== undefined && (await isSigned(release.content, { key: fingerprint, directory, place: directory }, context));
  const sign = fingerprint !== undefined && !isSignedAlready;
  if (sign) await signRelease({ key: fingerprint, directory, place: stage.path }, context);
  const names = [...lists.map(({ name }) => name), ...(sign ? ['Release.gpg'] : []), release.name, ...(sign ? ['InRelease'] : [])];
  const hashes = lists.map(({ sha256 }) => sha256);
  for (const name of names) await refuseInput(join(directory, name), context);
  await stage.flush();
  await mkdir(join(directory, byHash), { recursive: true }).catch((error) => failWrite(join(directory, byHash), error));
  const move = async (name: string, as: string) => {
    await lock.check();
    await stage.write(as, () => renameSynced(join(stage.path, name), join(directory, as)));
  };
  for (const hash of hashes) await move(hash, `${byHash}/${hash}`);
  for (const name of names) await move(name, name);
  for (const name of await readdir(join(directory, byHash)))
    if (/^[0-9a-f]{64}$/.test(name) && !hashes.includes(name) && !kept.includes(name))
      await rm(join(directory, byHash, name), { force: true });
  await syncDirectory(directory);
}
