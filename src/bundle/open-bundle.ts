import { readFields } from '../deb/control.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { ByteReader } from './byte-reader.js';
import { compressionOf, decompressed, type StreamCompression } from './decompress-stream.js';
import { refuseOtherFormats } from './other-formats.js';
import { readTarStream, type StreamedEntry, type TarStream } from './tar-stream.js';
import { UnsupportedStream } from './unsupported-stream.js';

/** A bundle as a stream, opened by what it holds and not by its name. */
export interface OpenBundle {
  /** How it is compressed; undefined for a .deb, whose data member is read. */
  compression: StreamCompression | undefined;
  tar: TarStream;
  /** It is the package itself: nothing is in `tar`. */
  isPackage: boolean;
  /** Lets go of the source, wherever reading has stopped. */
  close(): Promise<void>;
}

/** The largest bundles that carry the package (DOCA) unpack to a few GiB; what has more is a trap. */
const unpackedLimit = 16 * 1024 ** 3;
/** A control file has a few hundred bytes. */
const controlLimit = 64 * 1024;

interface OpenOptions {
  /** Names the bundle in errors. */
  path: string;
  signal: AbortSignal;
  /** The name of the package; without, a .deb of any dkms package is taken for the package itself. */
  package?: string;
}

/**
 * Opens a bundle: a tar archive, plain or compressed by gzip, xz or zstd, or a .deb with packages inside, as DOCA-Host is one.
 *
 * @throws bundle-damaged, package-unfit; then an Error while it is read, for what is truncated or corrupt
 */
export async function openBundle(source: AsyncIterable<Buffer>, options: OpenOptions): Promise<OpenBundle> {
  const reader = new ByteReader(source);
  const start = await reader.peek(512);
  if (start.toString('latin1', 0, 8) === '!<arch>\n') return openDeb(reader, options);
  const compression = compressionOf(start);
  if (compression === '') await refuseOtherFormats(reader, options.path);
  const bytes = guarded(decompressed(compression, reader.rest()), options);
  return { compression, tar: readTarStream(bytes), isPackage: false, close: async () => void (await bytes.return(undefined)) };
}

/** What comes out of an archive, as long as it is within bounds. */
async function* guarded(plain: AsyncGenerator<Buffer>, { path, signal }: OpenOptions): AsyncGenerator<Buffer> {
  let seen = 0;
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of plain) {
    signal.throwIfAborted();
    seen += chunk.length;
    if (seen > unpackedLimit) fail({ code: 'package-unfit', path, detail: `unpacks to more than ${unpackedLimit / 1024 ** 3} GiB` });
    if (head !== undefined) {
      head = Buffer.concat([head, chunk.subarray(0, 6)]);
      if (compressionOf(head) !== '') fail({ code: 'package-unfit', path, detail: 'is compressed twice' });
      if (head.length >= 6) head = undefined;
    }
    yield chunk;
  }
}

/** Opens a .deb (deb(5)): members of an ar archive, of which control.tar tells what it is and data.tar holds the files. */
async function openDeb(reader: ByteReader, options: OpenOptions): Promise<OpenBundle> {
  const none = { compression: undefined, tar: readTarStream(noBytes()), isPackage: true, close: async () => {} };
  await reader.read(8);
  for (;;) {
    const head = (await reader.read(60)).toString('latin1');
    const [, name = '', size = ''] = /^(.{16}).{32}(\d{1,10}) *`\n$/.exec(head) ?? refuseDeb('an invalid ar header', options);
    const length = Number(size);
    const member = new ByteReader(reader.body(length));
    const plain = async () => decompressed(compressionOf(await member.peek(6)), member.rest());
    if (name.startsWith('control.tar') && isWanted(await packageOf(guarded(await plain(), options)), options)) return none;
    if (name.startsWith('data.tar')) {
      const bytes = guarded(await plain(), options);
      return {
        compression: undefined,
        tar: readTarStream(bytes),
        isPackage: false,
        close: async () => void (await bytes.return(undefined)),
      };
    }
    await reader.skip(length % 2);
  }
}

/** Whether a .deb of this name is the package itself, and not a bundle of packages. */
function isWanted(name: string | undefined, { package: wanted }: OpenOptions): boolean {
  return wanted === undefined ? /-dkms$/.test(name ?? '') : name === wanted;
}

/** The name of the package whose control files these are. Reads all of them. */
async function packageOf(control: AsyncIterable<Buffer>): Promise<string | undefined> {
  const { entries, rest } = readTarStream(control);
  let name: string | undefined;
  for await (const entry of entries) {
    if (!/^(\.\/)*control$/.test(entry.path) || entry.size > controlLimit) continue;
    name = readFields((await collect(entry)).toString('utf8')).get('package');
  }
  for await (const _ of rest());
  return name;
}

/** The bytes of an entry. For small ones only. */
export async function collect({ body }: Pick<StreamedEntry, 'body'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refuseDeb(detail: string, { path }: OpenOptions): never {
  return fail({ code: 'bundle-damaged', path, detail, hint: 'download the package again' });
}

async function* noBytes(): AsyncGenerator<Buffer> {}

/** Throws a bundle's fault in the program's words: what reading it threw, unless that has its own. */
export function failBundle(path: string, error: unknown): never {
  if (error instanceof MftPatchError) throw error;
  if (error instanceof UnsupportedStream) {
    const hint = `decompress it: ${error.command} FILE | mft-patch build --bundle -`;
    fail({ code: 'bundle-damaged', path, detail: error.message, hint }, error);
  }
  return fail({ code: 'bundle-damaged', path, detail: `corrupt or truncated: ${messageOf(error)}` }, error);
}
