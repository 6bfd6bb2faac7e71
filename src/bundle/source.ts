import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Context } from '../context.js';
import { dataFile, loadSample } from '../data.js';
import { fail, wordsOf } from '../errors.js';
import { type FoundPackage, findPackage } from './find-package.js';
import type { Release } from './releases.js';

/** Where the package comes from; at most one of the first four is set. */
export interface SourceOptions {
  bundle?: string;
  deb?: string;
  mft?: string;
  sample?: boolean;
  arch?: string;
}

/** The vendor's package, read into memory. */
export interface VendorPackage {
  /** The file or URL that was read. */
  path: string;
  /** Its path inside the bundle; empty if it was given by itself. */
  member: string;
  bytes: Buffer;
  sha256: string;
  bundleSha256?: string;
}

const debLimit = 32 * 1024 * 1024;

/**
 * Reads the kernel-mft-dkms package from the source that the options name; without any, from the default release.
 *
 * @throws usage, no-input, download-failed, digest-mismatch, bundle-damaged, package-unfit
 */
export async function openSource(options: SourceOptions, context: Context): Promise<VendorPackage> {
  const named = (['bundle', 'deb', 'mft', 'sample'] as const).filter((name) => options[name]);
  if (named.length > 1) fail({ code: 'usage', detail: `--${named.join(' and --')} exclude each other`, hint: 'name one source' });
  if (options.deb !== undefined) return openDeb(options.deb);
  if (options.sample) return openSample(context);
  if (options.bundle === undefined) return openRelease(options.mft, options.arch ?? process.arch, context);
  if (/^https?:\/\//i.test(options.bundle)) return openUrl(options.bundle, undefined, context);
  return openBundle(options.bundle, context);
}

async function openDeb(path: string): Promise<VendorPackage> {
  await refuseNoFile(path, debLimit);
  const bytes = await readFile(path).catch((error) => noInput(path, error));
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    fail({ code: 'package-damaged', path, detail: 'this is gzip-compressed, not a .deb', hint: 'a bundle is given with --bundle' });
  }
  return found(path, { member: '', bytes });
}

async function openSample(context: Context): Promise<VendorPackage> {
  const { packSample } = await import('./sample.js');
  const { name, bytes } = packSample(await loadSample('flat'));
  const path = `sample:${name}`;
  return found(path, await findPackage(once(bytes), { path, whole: true, signal: context.signal }));
}

async function openRelease(mft: string | undefined, arch: string, context: Context): Promise<VendorPackage> {
  const { bundleUrl, defaultRelease } = await import('./releases.js');
  const wanted = mft ?? defaultRelease;
  const releases = JSON.parse(await dataFile('releases.json')) as Release[];
  const { url, sha256, known } = bundleUrl(wanted, arch, releases);
  if (!known) context.warn(`MFT ${wanted} for ${arch} is not in releases.json; trying ${url}`);
  if (sha256 === undefined) context.warn(`no SHA-256 is known for ${url}: what it answers is taken on trust`);
  return openUrl(url, sha256, context);
}

async function openUrl(url: string, sha256: string | undefined, context: Context): Promise<VendorPackage> {
  // What is not read to its end must be closed, or an idle connection would keep the program.
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  try {
    return await readUrl(url, sha256, { ...context, signal });
  } finally {
    closing.abort();
  }
}

async function readUrl(url: string, sha256: string | undefined, context: Context): Promise<VendorPackage> {
  const { download } = await import('./download.js');
  const { body, size } = await download(url, context);
  const onBytes = (done: number) =>
    context.progress({ step: 'download', text: `downloading ${url}`, done, ...(size === undefined ? {} : { total: size }) });
  const found_ = await findPackage(body, { path: url, whole: sha256 !== undefined, signal: context.signal, onBytes });
  if (sha256 !== undefined && found_.bundleSha256 !== sha256) {
    fail({ code: 'digest-mismatch', path: url, expected: sha256, actual: found_.bundleSha256 ?? '' });
  }
  return found(url, found_);
}

async function openBundle(path: string, context: Context): Promise<VendorPackage> {
  const total = await refuseNoFile(path, Number.POSITIVE_INFINITY);
  const onBytes = (done: number) => context.progress({ step: 'unpack', text: `reading ${path}`, done, total });
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const chunks = (async function* () {
    try {
      yield* file as AsyncIterable<Buffer>;
    } catch (error) {
      noInput(path, error);
    }
  })();
  return found(path, await findPackage(chunks, { path, whole: false, signal: context.signal, onBytes }));
}

function found(path: string, found: FoundPackage): VendorPackage {
  return { path, ...found, sha256: createHash('sha256').update(found.bytes).digest('hex') };
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

function noInput(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code;
  const words: Record<string, string> = { ENOENT: 'there is no such file', EACCES: 'may not be read', EISDIR: 'is a folder' };
  return fail({ code: 'no-input', path, detail: words[code ?? ''] ?? wordsOf(error) }, error);
}

/** @returns the file's size in bytes */
async function refuseNoFile(path: string, limit: number): Promise<number> {
  const { size, ...stats } = await stat(path).then(
    (s) => ({ size: s.size, isFile: s.isFile() }),
    (error) => noInput(path, error),
  );
  if (!stats.isFile) fail({ code: 'no-input', path, detail: 'is not a file' });
  if (size > limit)
    fail({ code: 'package-unfit', path, detail: `has ${size} bytes, at most ${limit} are read`, hint: 'a bundle is given with --bundle' });
  return size;
}
