import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { withSize } from '../deb/tar.js';
import { fail, MftPatchError, wordsOf } from '../errors.js';
import type { Stage } from '../system/stage.js';
import { type StreamedEntry, tarEntries } from './tar-stream.js';

/** The vendor's tools, as in DEBS/mft_4.20.1-14_amd64.deb; not mft-oem_… nor mft-pcap_…. */
const userlandName = /^mft_[^/]*\.deb$/;

/**
 * Copies the vendor's tools package out of a bundle to the stage, as it is. Memory stays flat.
 *
 * @returns the names of what was copied
 * @throws package-unfit if there is none, bundle-damaged, no-input, cannot-write
 */
export async function extractUserland(bundle: string, stage: Stage, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  await reading(bundle, async () => {
    for await (const { path, isFile, body } of open(bundle, signal)) {
      const name = path.replace(/^.*\//, '');
      if (!isFile || !userlandName.test(name) || names.includes(name)) {
        await drain(body);
        continue;
      }
      names.push(name);
      await stage.write(name, (path) => pipeline(body, createWriteStream(path, { flags: 'wx' }), { signal }));
    }
  });
  if (names.length === 0) fail({ code: 'package-unfit', path: bundle, detail: 'no mft_….deb in it' });
  return names;
}

/**
 * Writes the bundle again with other bytes in one member, everything else byte for byte. Memory stays flat.
 *
 * @param target must not be there yet
 * @throws bundle-damaged, no-input; the system's error if the target cannot be written
 */
export async function repack(bundle: string, member: string, replacement: Buffer, target: string, signal: AbortSignal): Promise<void> {
  await reading(bundle, () =>
    pipeline(Readable.from(replaced(open(bundle, signal), member, replacement)), createGzip(), createWriteStream(target, { flags: 'wx' }), {
      signal,
    }),
  );
}

async function* replaced(entries: AsyncGenerator<StreamedEntry, Buffer>, member: string, replacement: Buffer): AsyncGenerator<Buffer> {
  for (let next = await entries.next(); ; next = await entries.next()) {
    if (next.done) {
      yield next.value;
      return;
    }
    const { path, head, body, padding } = next.value;
    if (path === member) {
      await drain(body);
      yield withSize(head, replacement.length);
      yield replacement;
      yield Buffer.alloc((512 - (replacement.length % 512)) % 512);
    } else {
      yield head;
      yield* body;
      yield Buffer.alloc(padding);
    }
  }
}

function open(bundle: string, signal: AbortSignal): AsyncGenerator<StreamedEntry, Buffer> {
  const file = createReadStream(bundle, { highWaterMark: 1024 * 1024, signal });
  const gunzip = createGunzip({ chunkSize: 1024 * 1024 });
  file.on('error', (error) =>
    gunzip.destroy(new MftPatchError({ code: 'no-input', path: bundle, detail: wordsOf(error) }, { cause: error })),
  );
  return tarEntries(file.pipe(gunzip));
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of body);
}

/** What goes wrong with the target is told by the system's error; the rest is the bundle's fault. */
async function reading<T>(bundle: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error: NodeJS.ErrnoException) => {
    if (error instanceof MftPatchError || error.syscall !== undefined) throw error;
    return fail({ code: 'bundle-damaged', path: bundle, detail: `damaged or cut off: ${wordsOf(error)}` }, error);
  });
}
