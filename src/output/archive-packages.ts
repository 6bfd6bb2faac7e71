/** The packages in a directory that is to be an apt archive. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import type { IndexedPackage } from '../deb/archive-index.js';
import { controlFields, controlFile, madeAt, readControl } from '../deb/deb.js';
import { parseVersion } from '../deb/version.js';
import { fail, failInput, messageOf } from '../errors.js';
import { sha256 } from '../system/digest.js';
import { xz } from '../system/xz.js';
import { sumOf } from './checksums.js';
import { recordedVerdicts, recordName } from './record.js';

/** A package, and when it was made by its own words, in seconds since 1970. */
export type ArchivePackage = IndexedPackage & { time: number };

/**
 * Reads all packages of a directory.
 *
 * @throws no-input if there is none, package-damaged, package-unfit for two of the same version, digest-mismatch for one that is
 *   not what SHA256SUMS says
 */
export async function readPackages(directory: string, context: Context): Promise<ArchivePackage[]> {
  const names = (await readdir(directory).catch((error) => failInput(directory, error, 'check the path'))).sort();
  const files: string[] = [];
  for (const name of names.filter((name) => name.endsWith('.deb')))
    if ((await stat(join(directory, name)).catch((error) => failInput(join(directory, name), error))).isFile()) files.push(name);
  if (files.length === 0)
    fail({ code: 'no-input', path: directory, detail: 'contains no .deb', hint: 'write packages to it with mft-patch build --out DIR' });
  const sums = await readFile(join(directory, 'SHA256SUMS')).catch(() => Buffer.alloc(0));
  const packages: ArchivePackage[] = [];
  for (const file of files) {
    context.signal.throwIfAborted();
    const read = await readPackage(directory, file);
    const expected = sumOf(sums, directory, file);
    const path = join(directory, file);
    if (expected !== undefined && expected !== read.sha256)
      fail({ code: 'digest-mismatch', path, algorithm: 'SHA-256', expected, actual: read.sha256 });
    refuseTwice(read, packages, path);
    const verdicts = await recordedVerdicts(recordName(path));
    const failed = verdicts.filter(({ status, on }) => status === 'fails' && (on === undefined || on.package === read.sha256));
    if (failed.length > 0) context.warn(`${path} failed its verification on ${failed.map(({ target }) => target).join(', ')}`);
    packages.push(read);
  }
  return packages;
}

async function readPackage(directory: string, file: string): Promise<ArchivePackage> {
  const path = join(directory, file);
  const unfit = (detail: string, hint: string): never => fail({ code: 'package-unfit', path, detail, hint });
  // It becomes a part of a URL, and of a line.
  if (!/^[\w.+~:-]+$/.test(file)) unfit('has a name that apt cannot fetch', 'rename it to NAME_VERSION_ARCHITECTURE.deb');
  const bytes = await readFile(path).catch((error) => failInput(path, error));
  const deb = await readControl(bytes, path, xz);
  const fields = controlFields(deb, path);
  const [name = '', version = '', architecture = ''] = ['package', 'version', 'architecture'].map((field) => fields.get(field));
  try {
    parseVersion(version);
  } catch (error) {
    unfit(messageOf(error), 'remove it from the directory');
  }
  const control = controlFile(deb, 'control')?.body.toString('latin1') ?? '';
  return { file, name, version, architecture, control, sha256: sha256(bytes), bytes: bytes.length, time: madeAt(deb) };
}

/** Of two files with one version apt would take whichever it meets first. */
function refuseTwice(read: IndexedPackage, others: readonly IndexedPackage[], path: string): void {
  const same = others.find(
    ({ name, version, architecture }) => name === read.name && version === read.version && architecture === read.architecture,
  );
  if (same === undefined) return;
  const detail = `is ${read.name} ${read.version}, and so is ${same.file}`;
  fail({ code: 'package-unfit', path, detail, hint: 'remove one of them from the directory' });
}
