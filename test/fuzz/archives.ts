/** Takes packages and bundles apart into what can be edited, and joins them again, without the code under test. */
import { gunzipSync, gzipSync } from 'node:zlib';

/** A member of an ar archive, or an entry of a tar archive. */
export interface Part {
  /** The header, as it was in the archive. */
  head: Buffer;
  body: Buffer;
  /** The size in the header stays as it is, whatever the body has. */
  raw?: true;
}

/** A member of a package. */
export interface Member extends Part {
  /** Present if the member is an archive that this program can join again. */
  archive?: {
    entries: readonly Part[];
    pack: (tar: Buffer) => Buffer;
  };
}

const block = 512;

/** The members of an ar archive (ar(5)). */
export function splitAr(bytes: Buffer): Part[] {
  const members: Part[] = [];
  for (let offset = 8; offset + 60 <= bytes.length; ) {
    const head = bytes.subarray(offset, offset + 60);
    const size = Number(head.toString('latin1', 48, 58));
    members.push({ head: Buffer.from(head), body: bytes.subarray(offset + 60, offset + 60 + size) });
    offset += 60 + size + (size % 2);
  }
  return members;
}

/** The archive of these members. The size in a header follows its body, unless the member is `raw`. */
export function joinAr(members: readonly Part[]): Buffer {
  const parts = members.flatMap(({ head, body, raw }) => {
    const copy = Buffer.from(head);
    if (!raw) copy.write(String(body.length).padEnd(10), 48, 'latin1');
    return [copy, body, Buffer.alloc(body.length % 2, '\n')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** The entries of a tar archive (tar(5)). */
export function splitTar(bytes: Buffer): Part[] {
  const entries: Part[] = [];
  for (let offset = 0; offset + block <= bytes.length && bytes[offset] !== 0; ) {
    const head = Buffer.from(bytes.subarray(offset, offset + block));
    const size = Number.parseInt(head.toString('latin1', 124, 135), 8) || 0;
    entries.push({ head, body: bytes.subarray(offset + block, offset + block + size) });
    offset += block + Math.ceil(size / block) * block;
  }
  return entries;
}

/** The archive of these entries. Sizes follow the bodies, unless an entry is `raw`. The checksums are always right. */
export function joinTar(entries: readonly Part[]): Buffer {
  const parts = entries.flatMap(({ head, body, raw }) => {
    const copy = Buffer.from(head);
    if (!raw) copy.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    copy.fill(' ', 148, 156);
    const sum = copy.reduce((total, byte) => total + byte, 0);
    copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [copy, body, Buffer.alloc((block - (body.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** The fields of a tar header that are given; the others have usual values. */
export interface TarFields {
  name: string;
  type?: string;
  link?: string;
  mode?: string;
}

/** A header block (tar(5)). */
export function tarHead({ name, type = '0', link = '', mode = '0000644' }: TarFields): Buffer {
  const head = Buffer.alloc(block);
  head.write(name, 0, 100, 'utf8');
  const fields: [string, number][] = [
    [mode, 100],
    ['0000000', 108],
    ['0000000', 116],
    ['14057556000', 136],
    [type, 156],
    ['ustar\x0000', 257],
  ];
  for (const [text, place] of fields) head.write(text, place, 'latin1');
  head.write(link, 157, 100, 'utf8');
  return head;
}

/** The members of a package, with the entries of those that can be joined again. */
export function splitPackage(bytes: Buffer): Member[] {
  return splitAr(bytes).map((member) => {
    const name = member.head.toString('latin1', 0, 16).trim();
    if (name.endsWith('.tar')) return { ...member, archive: { entries: splitTar(member.body), pack: (tar) => tar } };
    if (name.endsWith('.tar.gz')) return { ...member, archive: { entries: splitTar(gunzipSync(member.body)), pack: compressed } };
    return member;
  });
}

/** The entries of a bundle. */
export function splitBundle(bytes: Buffer): Part[] {
  return splitTar(gunzipSync(bytes));
}

/** Compresses quickly: the size does not matter. */
export function compressed(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 1 });
}

/** zstd frames (RFC 8878, 3.1.1) of raw blocks, without a checksum. */
export function zstdFrames(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from('28b52ffd0038', 'hex')];
  for (let at = 0; at < bytes.length; at += 100_000) {
    const body = bytes.subarray(at, at + 100_000);
    const head = Buffer.alloc(3);
    head.writeUIntLE((body.length << 3) | (at + body.length === bytes.length ? 1 : 0), 0, 3);
    parts.push(head, body);
  }
  return Buffer.concat(parts);
}

/** A package with the archive as its data.tar, as DOCA-Host has the bundle inside. */
export function debAround(tar: Buffer): Buffer {
  const control = joinTar([
    { head: tarHead({ name: './control' }), body: Buffer.from('Package: doca-host\nVersion: 1\nArchitecture: all\n') },
  ]);
  const member = (name: string, body: Buffer): Part => ({
    head: Buffer.from(`${name.padEnd(16)}0           0     0     100644  0         \`\n`),
    body,
  });
  return joinAr([member('debian-binary', Buffer.from('2.0\n')), member('control.tar', control), member('data.tar.gz', compressed(tar))]);
}
