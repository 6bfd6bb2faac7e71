/** Files beside the package: the vendor's tools, and the bundle with the patched package in it. */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { chunksOf } from '../bundle/chunks.js';
import { type BundleEntry, failDifferent, isPackageFile, readPackage, userlandName } from '../bundle/find-package.js';
import { failBundle, type OpenBundle, openBundle } from '../bundle/open-bundle.js';
import type { PackageSource } from '../bundle/package-source.js';
import { directoryEntries } from '../bundle/unpacked-bundle.js';
import type { Context } from '../context.js';
import { withSize } from '../deb/tar.js';
import { fail } from '../errors.js';
import { sha256OfFile } from '../system/digest.js';
import type { StagingDir } from '../system/stage.js';
import type { Artifact } from './output-directory.js';

/** Which of them are wanted. */
export interface Extras {
  withUserland: boolean;
  repackBundle: boolean;
}

/**
 * Makes what writes the wanted files to a staging directory.
 *
 * @param patched the patched package
 * @throws usage if there is no bundle to take them from; then bundle-damaged, package-unfit, cannot-write
 */
export function extrasWriter(source: PackageSource, patched: Buffer, wanted: Extras, { signal, inputs }: Context) {
  const { bundleFile, bundleDirectory } = source;
  if (wanted.withUserland && bundleFile === undefined && bundleDirectory === undefined)
    fail({
      code: 'usage',
      detail: '--with-userland requires a bundle',
      hint: 'pass a file or directory with --bundle, or a release with --mft',
    });
  if (wanted.repackBundle && bundleFile === undefined)
    fail({ code: 'usage', detail: '--repack-bundle requires a bundle', hint: 'pass a file with --bundle, or a release with --mft' });
  return async (stage: StagingDir): Promise<Artifact[]> => {
    const names = wanted.withUserland ? await extractUserland(source, stage, { signal, inputs }) : [];
    if (wanted.repackBundle && bundleFile !== undefined) names.push(await repack(bundleFile, { ...source, patched }, stage, signal));
    return Promise.all(
      names.map((name) =>
        stage.write(name, async (path) => ({ name, sha256: await sha256OfFile(path, signal), bytes: (await stat(path)).size })),
      ),
    );
  };
}

/**
 * Copies the vendor's tools package out of a bundle to the staging directory, as it is. Memory stays flat.
 * @returns the names of what was copied
 */
async function extractUserland(
  { bundleFile, bundleDirectory, path, member }: PackageSource,
  stage: StagingDir,
  { signal, inputs }: Pick<Context, 'signal' | 'inputs'>,
): Promise<string[]> {
  const names: string[] = [];
  const copyFrom = async (entries: AsyncIterable<BundleEntry>) => {
    for await (const { path, isFile, body } of entries) {
      const name = basename(path);
      if (!isFile || !userlandName.test(name) || names.includes(name)) continue;
      names.push(name);
      if (bundleDirectory !== undefined) inputs.add(join(bundleDirectory, path));
      await stage.write(name, (path) => pipeline(body, createWriteStream(path, { flags: 'wx' }), { signal }));
    }
  };
  if (bundleFile !== undefined) await withBundle(bundleFile, signal, ({ tar }) => copyFrom(tar.entries));
  else if (bundleDirectory !== undefined) await copyFrom(directoryEntries(bundleDirectory, packageOf(member)));
  if (names.length === 0) fail({ code: 'package-unfit', path, detail: 'contains no mft_….deb', hint: 'omit --with-userland' });
  return names;
}

/** The package as it is in the bundle and as it becomes, and where the bundle is from. */
type Replacement = Pick<PackageSource, 'path' | 'member' | 'bytes'> & { patched: Buffer };

/**
 * Writes the bundle again with other bytes in each copy of the package, everything else byte for byte. Memory stays flat.
 * @returns its name: the bundle's own, but what is not written with xz or zstd does not have their names
 */
async function repack(bundle: string, replacement: Replacement, stage: StagingDir, signal: AbortSignal): Promise<string> {
  return withBundle(bundle, signal, async ({ compression, tar }) => {
    if (compression === undefined)
      fail({ code: 'usage', detail: `--repack-bundle requires a tar archive; ${bundle} is a .deb`, hint: 'omit --repack-bundle' });
    const name = nameOf(replacement.path).replace(/\.t(ar\.)?(xz|zst)$/, '.tgz');
    await stage.write(name, (target) => {
      const file = createWriteStream(target, { flags: 'wx' });
      const bytes = Readable.from(replaced(tar, replacement), { objectMode: false });
      return compression === '' ? pipeline(bytes, file, { signal }) : pipeline(bytes, createGzip(), file, { signal });
    });
    return name;
  });
}

/** The name of the package in a bundle, by that of its file. */
function packageOf(member: string): string {
  return basename(member).replace(/_.*/, '');
}

/** The name of a bundle: a path's with all its bytes, a URL's as it is there. */
function nameOf(path: string): string {
  return basename(/^https?:\/\//i.test(path) ? new URL(path).pathname : path);
}

async function* replaced({ entries, rest }: OpenBundle['tar'], { path: bundle, member, bytes, patched }: Replacement) {
  for await (const entry of entries) {
    if (entry.isFile && isPackageFile(basename(entry.path), packageOf(member))) {
      if (!(await readPackage(entry, bundle)).equals(bytes)) failDifferent(bundle, member, entry.path);
      yield withSize(entry.head, patched.length);
      yield patched;
      yield Buffer.alloc((512 - (patched.length % 512)) % 512);
    } else {
      yield entry.head;
      yield* entry.body;
      yield Buffer.alloc(entry.padding);
    }
  }
  yield* rest();
}

/** Does work with a bundle. What goes wrong with its target is an error of the system; the rest is the bundle's fault. */
async function withBundle<T>(path: string, signal: AbortSignal, work: (bundle: OpenBundle) => Promise<T>): Promise<T> {
  const chunks = chunksOf(path);
  try {
    const bundle = await openBundle(chunks, { path, signal });
    return await work(bundle).finally(bundle.close);
  } catch (error) {
    if (signal.aborted || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    return failBundle(path, error);
  } finally {
    await chunks.return(undefined);
  }
}
