import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Context } from '../context.js';
import { defaultPackage } from '../default-package.js';
import { fail, failInput } from '../errors.js';
import { sha256, sha256OfFile } from '../system/digest.js';
import { chunksOf } from './chunks.js';
import { compressionOf } from './decompress-stream.js';
import { findPackage, packageLimit, scan } from './find-package.js';
import { type PackageSource, packageSource } from './package-source.js';
import type { Source } from './vendor-package.js';

/**
 * Reads the package from a source.
 *
 * @throws usage, no-input, download-failed, digest-mismatch, bundle-damaged, package-unfit
 */
export async function readSource(source: Source, context: Context): Promise<PackageSource> {
  switch (source.kind) {
    case 'sample':
      return readSample(source.layout, context);
    case 'deb':
      return readPackageFile(source.path, source.sha256);
    case 'bundle':
      return readBundle(source.path, source, context);
    case 'stdin':
      return readStdin(source, context);
    case 'directory':
      return readDirectory(source.path, source.package, context);
    case 'remote': {
      // Loaded only where something is downloaded: most builds read a local file.
      const { fetchToCache } = await import('../download/fetch-to-cache.js');
      const { path, url, sha256 } = await fetchToCache(source.file, source.policy, context);
      const read = await readBundle(path, wanted(source), context);
      if (source.release !== undefined) await (await import('./release-check.js')).refuseOtherRelease(read, url, source.release);
      // The digest was checked when the cache gave it out, whether or not reading went to the end.
      return { ...read, path: url, bundleSha256: sha256 };
    }
  }
}

async function readPackageFile(path: string, expected?: string): Promise<PackageSource> {
  await refuseUnreadable(path, packageLimit);
  const bytes = await readFile(path).catch((error) => failInput(path, error));
  const compression = compressionOf(bytes);
  if (compression !== '')
    fail({ code: 'package-damaged', path, detail: `${compression}-compressed, not a .deb`, hint: 'did you mean --bundle?' });
  refuseMismatch(path, sha256(bytes), expected);
  return packageSource(path, { member: '', bytes });
}

async function readSample(layout: string, context: Context): Promise<PackageSource> {
  const { loadSample, packSample } = await import('./sample.js');
  const { name, bytes } = packSample(await loadSample(layout));
  const path = `sample:${name}`;
  return packageSource(path, await findPackage(once(bytes), { path, whole: true, signal: context.signal }));
}

/** What a bundle must have: a digest, a package. */
interface Expected {
  sha256?: string;
  package?: string;
}

/** The package that is looked for, where that is said. */
function wanted({ package: name }: Expected): Pick<Expected, 'package'> {
  return name === undefined ? {} : { package: name };
}

async function readBundle(path: string, asked: Expected, context: Context): Promise<PackageSource> {
  const total = await refuseUnreadable(path, Number.POSITIVE_INFINITY);
  const { sha256: expected } = asked;
  if (expected !== undefined) refuseMismatch(path, await sha256OfFile(path, context.signal), expected);
  const onBytes = (done: number) => context.progress({ step: 'unpack', text: `reading ${path}`, done, total });
  const chunks = chunksOf(path);
  const found = await findPackage(chunks, { path, whole: false, ...wanted(asked), signal: context.signal, onBytes });
  const read = packageSource(path, found);
  if (found.member === '') return read;
  return { ...read, bundleFile: path, ...(expected === undefined ? {} : { bundleSha256: expected }) };
}

/** Reads standard input, to its end: what writes it must not end with SIGPIPE. */
async function readStdin(asked: Expected, context: Context): Promise<PackageSource> {
  const path = 'standard input';
  if (isatty(0))
    fail({ code: 'usage', detail: 'standard input is a terminal', hint: 'pipe the bundle in: … | mft-patch build --bundle -' });
  const onBytes = (done: number) => context.progress({ step: 'unpack', text: 'reading standard input', done });
  const found = await findPackage(chunksOf(path, process.stdin), { path, whole: true, ...wanted(asked), signal: context.signal, onBytes });
  const read = packageSource('-', found);
  refuseMismatch(path, read.bundleSha256 ?? read.sha256, asked.sha256);
  return read;
}

async function readDirectory(path: string, name: string | undefined, { inputs }: Context): Promise<PackageSource> {
  const { directoryEntries } = await import('./unpacked-bundle.js');
  const { found } = await scan(directoryEntries(path, name ?? defaultPackage), {
    path,
    isDirectory: true,
    ...(name === undefined ? {} : { package: name }),
  });
  inputs.add(join(path, found.member));
  return { ...packageSource(path, found), bundleDirectory: path };
}

function refuseMismatch(path: string, actual: string, expected: string | undefined): void {
  if (expected === undefined || expected === actual) return;
  fail({ code: 'digest-mismatch', path, algorithm: 'SHA-256', expected, actual });
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** @returns the file's size in bytes */
async function refuseUnreadable(path: string, limit: number): Promise<number> {
  const stats = await stat(path).catch((error) => failInput(path, error));
  if (!stats.isFile()) fail({ code: 'no-input', path, detail: 'is not a file' });
  const { size } = stats;
  if (size > limit)
    fail({ code: 'package-unfit', path, detail: `is ${size} bytes; the limit is ${limit}`, hint: 'did you mean --bundle?' });
  return size;
}
