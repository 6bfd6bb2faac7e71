import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Context } from '../context.js';
import { loadSample } from '../catalogue.js';
import { fail, wordsOf } from '../errors.js';
import { type FoundPackage, findPackage } from './find-package.js';
import type { ObtainOptions } from '../download/fetch-to-cache.js';
import type { WantedBundle } from './releases.js';

/** Where the package comes from; at most one of the first four is set. */
export interface SourceOptions extends ObtainOptions {
  bundle?: string;
  deb?: string;
  mft?: string;
  /** The generation whose layout the sample has: a folder of `samples/`; true stands for flat. */
  sample?: boolean | string;
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
  /** The bundle as a file: the one that was given, or the cache's. */
  bundleFile?: string;
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
  // `--sample ''` is a name too, and a wrong one.
  if (options.sample !== undefined && options.sample !== false) {
    return openSample(options.sample === true ? 'flat' : options.sample, context);
  }
  if (options.bundle === undefined) return openRelease(options, context);
  if (/^https?:\/\//i.test(options.bundle)) return openUrl(options.bundle, options, context);
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

async function openSample(generation: string, context: Context): Promise<VendorPackage> {
  const { packSample } = await import('./sample.js');
  const { name, bytes } = packSample(await loadSample(generation));
  const path = `sample:${name}`;
  return found(path, await findPackage(once(bytes), { path, whole: true, signal: context.signal }));
}

async function openRelease(options: SourceOptions, context: Context): Promise<VendorPackage> {
  const { wantedRelease } = await import('./wanted.js');
  return openObtained(await wantedRelease(options, context), options, context);
}

async function openUrl(url: string, options: SourceOptions, context: Context): Promise<VendorPackage> {
  return openObtained({ name: basename(new URL(url).pathname) || 'bundle.tgz', url, known: false }, options, context);
}

async function openObtained(wanted: WantedBundle, options: SourceOptions, context: Context): Promise<VendorPackage> {
  const { obtain } = await import('../download/fetch-to-cache.js');
  const { path, url, sha256 } = await obtain(wanted, options, context);
  const bundle = await openBundle(path, context);
  // The digest was checked when the cache gave it out, whether or not reading went to the end.
  return { ...bundle, path: url, bundleSha256: sha256 };
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
  return { ...found(path, await findPackage(chunks, { path, whole: false, signal: context.signal, onBytes })), bundleFile: path };
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
