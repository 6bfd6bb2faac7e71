import { Header } from 'tar/header';
import { fail } from '../errors.js';
import type { ByteReader } from './byte-reader.js';

/** What people take for a bundle, by its first bytes in Latin-1, and what to do with it. */
const formats: [start: string, what: string, hint?: string][] = [
  ['<', 'this is a web page, not a bundle'],
  ['BZh', 'compressed by bzip2', 'decompress it: bzip2 -dc FILE | mft-patch build --bundle -'],
  ['PK\x03\x04', 'a zip archive, not a bundle', 'unpack it and pass the directory'],
  ['\xed\xab\xee\xdb', 'this is an rpm package, not a bundle', 'pass a bundle, or the .deb for Debian and Ubuntu'],
];

/** Where an ISO 9660 image has its first volume descriptor (ECMA-119, 6.3), with its name behind the first byte. */
const isoName = 16 * 2048 + 1;

/** Refuses what does not begin with the header of a tar entry. @throws bundle-damaged with what it is instead */
export async function refuseOtherFormats(reader: ByteReader, path: string): Promise<void> {
  const start = await reader.peek(512);
  if (isTarHeader(start)) return;
  const text = start.toString('latin1').trimStart();
  const [, what, hint] = formats.find(([magic]) => text.startsWith(magic)) ?? [];
  const refuse = (detail: string, hint?: string) => fail({ code: 'bundle-damaged', path, detail, ...(hint === undefined ? {} : { hint }) });
  if (what !== undefined) refuse(what, hint);
  const isIso = start[0] === 0 && (await reader.peek(isoName + 5)).toString('latin1', isoName) === 'CD001';
  if (isIso) refuse('this is an ISO image, not a bundle', 'mount it and pass the directory');
  refuse('neither a tar archive (plain, or compressed by gzip, xz or zstd) nor a .deb');
}

function isTarHeader(start: Buffer): boolean {
  if (start.length < 512) return false;
  try {
    const { cksumValid, nullBlock } = new Header(start, 0);
    return cksumValid && !nullBlock;
  } catch {
    return false;
  }
}
