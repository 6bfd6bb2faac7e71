import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { isUnsafePath } from '../deb/deb.js';
import { fail, MftPatchError } from '../errors.js';

const packageName = /^kernel-mft-dkms_[^/]*\.deb$/;
/** A kernel-mft-dkms package has about 30 KB. */
const packageLimit = 32 * 1024 * 1024;
/** How much of the archive is still looked at after the package, for a second, different one: its folder's other files. */
const lookAhead = 1024 * 1024;
/** The largest bundles that carry the package (DOCA) unpack to a few GiB; what has more is a trap. */
const unpackedLimit = 16 * 1024 ** 3;

/** Whether these are the first bytes of a gzip stream (RFC 1952, 2.3.1). */
export function isGzip(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Looks at a tar stream piece by piece for the package. */
export class Scan {
  readonly #parser: Parser;
  readonly #links: string[] = [];
  #found: { member: string; bytes: Buffer } | undefined;
  #seen = 0;
  /** Bytes of the archive between the package and the entry that comes next. */
  #behind = 0;
  #ended = false;
  #head: Buffer | undefined = Buffer.alloc(0);
  #error: unknown;

  constructor(readonly path: string) {
    this.#parser = new Parser({ strict: true, zstd: false, onReadEntry: (entry) => this.#look(entry) });
    this.#parser.on('error', (error: unknown) => {
      this.#error ??= error;
    });
    this.#parser.on('eof', () => {
      this.#ended = true;
    });
  }

  write(chunk: Buffer): void {
    this.#seen += chunk.length;
    if (this.#seen > unpackedLimit) this.#unfit(`unpacks to more than ${unpackedLimit / 1024 ** 3} GiB`);
    let bytes = chunk;
    if (this.#head !== undefined) {
      this.#head = bytes = Buffer.concat([this.#head, chunk]);
      if (bytes.length < 2) return;
      // The parser would unpack a gzip inside the gzip by itself, past the limit above.
      if (isGzip(bytes)) this.#unfit('is compressed twice');
      this.#head = undefined;
    }
    // The parser keeps in memory what follows the end of the archive.
    if (this.#ended) return;
    this.#parser.write(bytes);
    if (this.#error) throw this.#error;
  }

  end(): void {
    this.#parser.end();
    if (this.#error) throw this.#error;
  }

  /** Whether the package was found, and what lies behind it looked at as far as it need be. */
  isPast(): boolean {
    return this.#found !== undefined && this.#behind > lookAhead;
  }

  result(): { member: string; bytes: Buffer } {
    if (this.#found) return this.#found;
    const link = this.#links[0];
    return this.#unfit(link ? `${link}, and there is no such package itself` : 'no kernel-mft-dkms_….deb in it');
  }

  #unfit(detail: string): never {
    return fail({ code: 'package-unfit', path: this.path, detail });
  }

  #look(entry: ReadEntry): void {
    try {
      if (this.isPast()) {
        entry.resume();
        return;
      }
      if (this.#found) this.#behind += 512 + entry.size;
      if (isUnsafePath(entry.path)) this.#unfit(`${entry.path} leaves the folder it is unpacked in`);
      if (entry.type === 'CharacterDevice' || entry.type === 'BlockDevice') this.#unfit(`${entry.path} is a device`);
      const isPackage = packageName.test(entry.path.replace(/^.*\//, ''));
      if (isPackage && entry.linkpath) this.#links.push(`${entry.path} is a link to ${entry.linkpath}`);
      if (isPackage && (entry.type === 'File' || entry.type === 'OldFile')) this.#collect(entry);
      else entry.resume();
    } catch (error) {
      this.#error ??= error;
      entry.resume();
    }
  }

  #collect(entry: ReadEntry): void {
    if (entry.size > packageLimit) this.#unfit(`${entry.path} has ${entry.size} bytes, at most ${packageLimit} are read`);
    const chunks: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    entry.on('end', () => {
      const bytes = Buffer.concat(chunks);
      if (!this.#found) {
        this.#found = { member: entry.path, bytes };
      } else if (!this.#found.bytes.equals(bytes)) {
        this.#error ??= new MftPatchError({
          code: 'package-unfit',
          path: this.path,
          detail: `two different packages: ${this.#found.member} and ${entry.path}`,
          hint: 'take out the one you mean and give it with --deb',
        });
      }
    });
  }
}
