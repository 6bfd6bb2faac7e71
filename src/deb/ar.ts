import { fail } from '../errors.js';

/** One member of an ar archive: its 60 header bytes as they are in the archive, its name, its content. */
export interface ArMember {
  name: string;
  header: Buffer;
  body: Buffer;
}

const magic = '!<arch>\n';
const headerSize = 60;

/**
 * Reads a common-format ar archive as deb(5) restricts it: short names, no symbol table.
 *
 * @param path names the archive in errors
 * @throws package-damaged, with the offset in bytes
 */
export function readAr(bytes: Buffer, path: string): ArMember[] {
  if (bytes.toString('latin1', 0, magic.length) !== magic) {
    fail({ code: 'package-damaged', path, detail: 'not a .deb: it does not start with !<arch>' });
  }
  const members: ArMember[] = [];
  let offset = magic.length;
  while (offset < bytes.length) {
    const header = bytes.subarray(offset, offset + headerSize);
    const damaged = (detail: string) => fail({ code: 'package-damaged', path, detail: `ar header at byte ${offset} ${detail}` });
    if (header.length < headerSize) damaged('is truncated');
    if (header.toString('latin1', 58, 60) !== '`\n') damaged('has a bad magic');
    const sizeField = header.toString('latin1', 48, 58).trimEnd();
    if (!/^\d+$/.test(sizeField)) damaged(`has the invalid size '${sizeField}'`);
    const size = Number(sizeField);
    const start = offset + headerSize;
    // Members start at even offsets; the filler byte is part of the archive.
    const next = start + size + (size % 2);
    if (next > bytes.length) damaged(`declares ${size} bytes, ${bytes.length - start} are available`);
    const name = header.toString('latin1', 0, 16).trimEnd().replace(/\/$/, '');
    members.push({ name, header, body: bytes.subarray(start, start + size) });
    offset = next;
  }
  return members;
}

/** Writes the members as an archive. Name and size of each header follow the member; its times, owner and mode stay. */
export function writeAr(members: readonly ArMember[]): Buffer {
  const parts: Buffer[] = [Buffer.from(magic, 'latin1')];
  for (const { name, header, body } of members) {
    const head = Buffer.from(header);
    head.write(name.padEnd(16), 0, 'latin1');
    head.write(String(body.length).padEnd(10), 48, 'latin1');
    parts.push(head, body);
    if (body.length % 2 === 1) parts.push(Buffer.from('\n', 'latin1'));
  }
  return Buffer.concat(parts);
}

/** Makes a member as dpkg-deb does: owner root, mode 100644. `seconds` is since 1970. */
export function newArMember(name: string, body: Buffer, seconds: number): ArMember {
  const fields = [
    name.padEnd(16),
    String(seconds).padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644'.padEnd(8),
    String(body.length).padEnd(10),
    '`\n',
  ];
  return { name, header: Buffer.from(fields.join(''), 'latin1'), body };
}
