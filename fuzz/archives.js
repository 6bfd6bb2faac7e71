/** Packages and bundles taken apart into what can be edited, and put together again, without the code under test. */
import { gunzipSync, gzipSync } from 'node:zlib';

const block = 512;

/** The members of an ar archive (ar(5)): header and body of each. */
export function splitAr(bytes) {
  const members = [];
  for (let offset = 8; offset + 60 <= bytes.length; ) {
    const head = bytes.subarray(offset, offset + 60);
    const size = Number(head.toString('latin1', 48, 58));
    members.push({ head: Buffer.from(head), body: bytes.subarray(offset + 60, offset + 60 + size) });
    offset += 60 + size + (size % 2);
  }
  return members;
}

/** The archive of these members. The size in a header follows its body, unless `raw` says that it is meant otherwise. */
export function joinAr(members) {
  const parts = members.flatMap(({ head, body, raw }) => {
    const copy = Buffer.from(head);
    if (!raw) copy.write(String(body.length).padEnd(10), 48, 'latin1');
    return [copy, body, Buffer.alloc(body.length % 2, '\n')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** The entries of a tar archive (tar(5)): header block and body of each. */
export function splitTar(bytes) {
  const entries = [];
  for (let offset = 0; offset + block <= bytes.length && bytes[offset] !== 0; ) {
    const head = Buffer.from(bytes.subarray(offset, offset + block));
    const size = Number.parseInt(head.toString('latin1', 124, 135), 8) || 0;
    entries.push({ head, body: bytes.subarray(offset + block, offset + block + size) });
    offset += block + Math.ceil(size / block) * block;
  }
  return entries;
}

/** The archive of these entries. Sizes follow the bodies, unless `raw` says that they are meant otherwise; sums are right. */
export function joinTar(entries) {
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

/** A header block by the fields of tar(5) that are given. */
export function tarHead({ name, type = '0', link = '', mode = '0000644' }) {
  const head = Buffer.alloc(block);
  head.write(name, 0, 100, 'utf8');
  for (const [text, place] of [
    [mode, 100],
    ['0000000', 108],
    ['0000000', 116],
    ['14057556000', 136],
    [type, 156],
    ['ustar\x0000', 257],
  ])
    head.write(text, place, 'latin1');
  head.write(link, 157, 100, 'utf8');
  return head;
}

/** A package as its members, the archives in them taken apart where this program can put them together again. */
export function splitPackage(bytes) {
  return splitAr(bytes).map((member) => {
    const name = member.head.toString('latin1', 0, 16).trim();
    if (name.endsWith('.tar')) return { ...member, entries: splitTar(member.body), pack: (tar) => tar };
    if (name.endsWith('.tar.gz')) return { ...member, entries: splitTar(gunzipSync(member.body)), pack: compressed };
    return member;
  });
}

/** A bundle as the entries of its archive. */
export function splitBundle(bytes) {
  return splitTar(gunzipSync(bytes));
}

/** Quickly: how small it gets is not what is looked at. */
export function compressed(bytes) {
  return gzipSync(bytes, { level: 1 });
}
