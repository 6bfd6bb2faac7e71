import { fail, messageOf } from '../errors.js';
import { type ArMember, newArMember, readAr, writeAr } from './ar.js';
import { type Compression, compressions, decompress, gzip, type Xz } from './compress.js';
import { readFields } from './control.js';
import { type Entry, readTar, writeTar } from './tar.js';

/** A Debian binary package as a value: nothing of it is on a disk. */
export interface Deb {
  /** What `debian-binary` holds, with its times: they are those of the whole package. */
  readonly binary: ArMember;
  readonly control: readonly Entry[];
  readonly data: readonly Entry[];
}

/** The most bytes that a member may unpack to; the sources of MFT have about 110,000. */
const unpackedLimit = 8 * 1024 * 1024;
/** The same of files whose Installed-Size says that they are more, as those of all of MLNX_OFED: some 20 MB. */
const largeLimit = 64 * 1024 * 1024;

/**
 * Reads a package as deb(5) describes format 2.0.
 *
 * @param path names the package in errors
 * @param xz the program, for streams that the library does not know
 * @param largest the most bytes that its files may unpack to; without, by what the control file says of them
 * @throws package-damaged, package-unfit
 */
export async function readDeb(bytes: Buffer, path: string, xz?: Xz, largest?: number): Promise<Deb> {
  const { binary, control, data } = membersOf(bytes, path);
  const read = { path, ...(xz ? { xz } : {}) };
  const controlEntries = await readMember(control, 'control.tar', { ...read, limit: unpackedLimit });
  const limit = largest ?? limitOf(controlEntries);
  const deb = { binary, control: controlEntries, data: await readMember(data, 'data.tar', { ...read, limit }) };
  for (const entries of [deb.control, deb.data]) refuseStrangeEntries(entries, path);
  const link = deb.control.find(({ type }) => type !== 'file' && type !== 'directory');
  if (link) fail({ code: 'package-unfit', path, detail: `${link.path} in control.tar is a ${link.type}` });
  return deb;
}

/**
 * Reads what a package says of itself, and unpacks no more of it: its files may be of any size.
 *
 * @param path names the package in errors
 * @param xz the program, for streams that the library does not know
 * @returns no files in `data`
 * @throws package-damaged, package-unfit
 */
export async function readControl(bytes: Buffer, path: string, xz?: Xz): Promise<Deb> {
  const { binary, control } = membersOf(bytes, path);
  const entries = await readMember(control, 'control.tar', { path, ...(xz ? { xz } : {}), limit: unpackedLimit });
  refuseStrangeEntries(entries, path);
  return { binary, control: entries, data: [] };
}

/** The members of a package as deb(5) orders them. @throws package-damaged, package-unfit */
function membersOf(bytes: Buffer, path: string): { binary: ArMember; control: ArMember | undefined; data: ArMember | undefined } {
  // Members whose name starts with an underscore are ignored by dpkg; a signature would be wrong after a change.
  const members = readAr(bytes, path).filter((member) => !member.name.startsWith('_'));
  const [binary, control, data, ...rest] = members;
  if (binary?.name !== 'debian-binary' || !/^2\.\d{1,4}\n/.test(binary.body.toString('latin1'))) {
    fail({ code: 'package-damaged', path, detail: 'does not start with a debian-binary member of format 2' });
  }
  if (rest[0]) fail({ code: 'package-unfit', path, detail: `has a member '${rest[0].name}' after data.tar` });
  return { binary, control, data };
}

/** When a package was made, by its own words: the newest time of its archive and its entries, in seconds since 1970. */
export function madeAt({ binary, control, data }: Deb): number {
  return [...control, ...data].reduce((newest, { mtime }) => Math.max(newest, mtime), secondsOf(binary));
}

/** The time of a member in seconds since 1970. */
function secondsOf({ header }: ArMember): number {
  return Number(/^\d+/.exec(header.toString('latin1', 16, 28))?.[0] ?? 0);
}

/** How much the files may unpack to: twice of what the control file says, within bounds. */
function limitOf(control: readonly Entry[]): number {
  const text = control.find((entry) => plainPath(entry) === 'control')?.body.toString('utf8') ?? '';
  const kilobytes = Number(/^Installed-Size: *(\d{1,9})$/im.exec(text)?.[1] ?? 0);
  return Math.min(largeLimit, Math.max(unpackedLimit, 2 * 1024 * kilobytes));
}

interface Reading {
  path: string;
  limit: number;
  xz?: Xz;
}

async function readMember(member: ArMember | undefined, name: string, { path, ...how }: Reading): Promise<Entry[]> {
  if (!member?.name.startsWith(name)) {
    fail({ code: 'package-damaged', path, detail: `expected member ${name}*, found ${member?.name ?? 'none'}` });
  }
  const compression = member.name.slice(name.length);
  if (!compressions.includes(compression as Compression)) {
    fail({ code: 'package-unfit', path, detail: `${member.name}: unsupported compression (supported: none, gz, xz, zst)` });
  }
  const place = `${path}: ${member.name}`;
  return readTar(await decompress(compression as Compression, member.body, { ...how, path: place }), place);
}

/** Nothing is unpacked here, but the package goes on to dpkg: what could write beside its own paths is refused. */
function refuseStrangeEntries(entries: readonly Entry[], path: string): void {
  const types = new Map<string, Entry['type']>();
  for (const entry of entries) {
    const fault = entryFault(entry) ?? placeFault(entry, types);
    if (fault !== undefined) fail({ code: 'package-unfit', path, detail: `${entry.path} ${fault}` });
    types.set(stepsOf(entry.path).join('/'), entry.type === 'hardlink' ? 'file' : entry.type);
  }
}

/** What is wrong with an entry by itself. */
function entryFault({ path, type, linkTarget }: Entry): string | undefined {
  if (isUnsafePath(path)) return 'would be extracted outside the target directory';
  if (type === 'hardlink' && isUnsafePath(linkTarget)) return `links to ${linkTarget}, outside the package`;
  if (type === 'symlink' && linkTarget === '') return 'is a symbolic link without a target';
  return type.endsWith('device') || type === 'fifo' ? `is a ${type}` : undefined;
}

/** What is wrong with an entry after those before it. @param types of these, by path */
function placeFault({ path, type, linkTarget }: Entry, types: ReadonlyMap<string, Entry['type']>): string | undefined {
  // A link is made to what is there already.
  if (type === 'hardlink' && types.get(stepsOf(linkTarget).join('/')) !== 'file')
    return `is a hard link to ${linkTarget}, which does not precede it`;
  const steps = stepsOf(path);
  const above = steps
    .map((_, index) => steps.slice(0, index).join('/'))
    .find((directory) => (types.get(directory) ?? 'directory') !== 'directory');
  if (above !== undefined) return `has the parent ${above}, which is not a directory`;
  const before = types.get(steps.join('/'));
  return before !== undefined && (before !== 'directory' || type !== 'directory') ? 'is a duplicate entry' : undefined;
}

/** The names on the way to a path. */
function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}

/** Whether a path in an archive is absolute or climbs out of where it is unpacked. */
export function isUnsafePath(path: string): boolean {
  return path === '' || path.startsWith('/') || path.split('/').includes('..');
}

/** Writes the package with gzip members, which every dpkg reads (zstd only since 1.21.18). */
export function writeDeb(deb: Deb): Buffer {
  const seconds = secondsOf(deb.binary);
  const control = newArMember('control.tar.gz', gzip(writeTar(deb.control)), seconds);
  const data = newArMember('data.tar.gz', gzip(writeTar(deb.data)), seconds);
  return writeAr([deb.binary, control, data]);
}

/** The path of an entry without the `./` that dpkg-deb writes first. */
export function plainPath(entry: Entry): string {
  return entry.path.replace(/^(\.\/)+/, '');
}

/** The control file `name` as an entry, or undefined if the package has none of that name. */
export function controlFile(deb: Deb, name: string): Entry | undefined {
  return deb.control.find((entry) => entry.type === 'file' && plainPath(entry) === name);
}

/**
 * The fields of the package's control file.
 * @throws package-damaged if there is no control file, it does not parse, or a field that dpkg needs is missing
 */
export function controlFields(deb: Deb, path: string): Map<string, string> {
  const text = controlFile(deb, 'control')?.body.toString('utf8');
  if (text === undefined) fail({ code: 'package-damaged', path, detail: 'control.tar contains no control file' });
  let fields: Map<string, string>;
  try {
    fields = readFields(text);
  } catch (error) {
    fail({ code: 'package-damaged', path, detail: `control file: ${messageOf(error)}` }, error);
  }
  for (const name of ['Package', 'Version', 'Architecture']) {
    if (!fields.get(name.toLowerCase())) fail({ code: 'package-damaged', path, detail: `control file: missing field ${name}` });
  }
  return fields;
}
