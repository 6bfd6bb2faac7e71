/** Files beside the package: the vendor's tools, and the bundle with the patched package in it. */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { PackageSource } from '../bundle/package-source.js';
import { readTarStream, type TarStream } from '../bundle/tar-stream.js';
import { withSize } from '../deb/tar.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { sha256OfFile } from '../system/digest.js';
import type { StagingDir } from '../system/stage.js';
import type { Artifact } from './output-directory.js';

/** Which of them are wanted. */
export interface Extras {
  withUserland: boolean;
  repackBundle: boolean;
}

/** The vendor's tools, as in DEBS/mft_4.20.1-14_amd64.deb; not mft-oem_… nor mft-pcap_…. */
const userlandName = /^mft_[^/]*\.deb$/;

/**
 * Makes what writes the wanted files to a staging directory.
 *
 * @param patched the patched package
 * @throws usage if there is no bundle to take them from; then bundle-damaged, package-unfit, cannot-write
 */
export function extrasWriter(source: PackageSource, patched: Buffer, wanted: Extras, signal: AbortSignal) {
  const { bundleFile, member, path } = source;
  if (bundleFile === undefined)
    fail({ code: 'usage', detail: '--with-userland and --repack-bundle require a bundle', hint: 'pass it with --bundle or --mft' });
  return async (stage: StagingDir): Promise<Artifact[]> => {
    const names = wanted.withUserland ? await extractUserland(bundleFile, stage, signal) : [];
    if (wanted.repackBundle) {
      const name = basename(new URL(path, 'file:///').pathname);
      await stage.write(name, (target) => repack(bundleFile, { member, bytes: patched }, target, signal));
      names.push(name);
    }
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
async function extractUserland(bundle: string, stage: StagingDir, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  await reading(bundle, async () => {
    for await (const { path, isFile, body } of open(bundle, signal).entries) {
      const name = path.replace(/^.*\//, '');
      if (!isFile || !userlandName.test(name) || names.includes(name)) continue;
      names.push(name);
      await stage.write(name, (path) => pipeline(body, createWriteStream(path, { flags: 'wx' }), { signal }));
    }
  });
  if (names.length === 0) fail({ code: 'package-unfit', path: bundle, detail: 'contains no mft_….deb' });
  return names;
}

/** Writes the bundle again with other bytes in one member, everything else byte for byte. Memory stays flat. */
async function repack(bundle: string, replacement: { member: string; bytes: Buffer }, target: string, signal: AbortSignal): Promise<void> {
  await reading(bundle, () =>
    pipeline(Readable.from(replaced(open(bundle, signal), replacement)), createGzip(), createWriteStream(target, { flags: 'wx' }), {
      signal,
    }),
  );
}

async function* replaced(tar: TarStream, { member, bytes }: { member: string; bytes: Buffer }): AsyncGenerator<Buffer> {
  for await (const { path, head, body, padding } of tar.entries) {
    if (path === member) {
      yield withSize(head, bytes.length);
      yield bytes;
      yield Buffer.alloc((512 - (bytes.length % 512)) % 512);
    } else {
      yield head;
      yield* body;
      yield Buffer.alloc(padding);
    }
  }
  yield* tar.rest();
}

function open(bundle: string, signal: AbortSignal): TarStream {
  const file = createReadStream(bundle, { highWaterMark: 1024 * 1024, signal });
  const gunzip = createGunzip({ chunkSize: 1024 * 1024 });
  file.on('error', (error) =>
    gunzip.destroy(new MftPatchError({ code: 'no-input', path: bundle, detail: messageOf(error) }, { cause: error })),
  );
  return readTarStream(file.pipe(gunzip));
}

/** What goes wrong with the target is an error of the system; the rest is the bundle's fault. */
async function reading<T>(bundle: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error: NodeJS.ErrnoException) => {
    if (error instanceof MftPatchError || error.syscall !== undefined) throw error;
    return fail({ code: 'bundle-damaged', path: bundle, detail: `corrupt or truncated: ${messageOf(error)}` }, error);
  });
}
