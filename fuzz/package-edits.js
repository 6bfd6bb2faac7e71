/** Edits of a package or bundle at one of its layers, all above it made right again: else few would get past the first. */
import fc from 'fast-check';
import { joinAr, joinTar, tarHead } from './archives.js';
import { edit, edited } from './edits.js';

/** Where header fields lie, and what they are tried with. */
const tarFields = [
  [
    0,
    100,
    [
      '',
      '/',
      './',
      '../x',
      './../x',
      '/tmp/outside',
      './usr/',
      './usr/src/../../x',
      'control',
      './control',
      './md5sums',
      './dkms.conf',
      'a'.repeat(100),
    ],
  ],
  [100, 8, ['0000755\0', '0000000\0', '0007777\0', '-000001\0', '        ', 'zzzzzzz\0', '\x80\0\0\0\0\0\x01\xed']],
  [108, 8, ['0000000\0', '7777777\0', '\x80\0\0\0\xff\xff\xff\xff', '\xff\xff\xff\xff\xff\xff\xff\xff', '        ', '-1     \0']],
  [
    124,
    12,
    [
      '00000000000\0',
      '77777777777\0',
      '00000000001\0',
      '\x80\0\0\0\0\0\0\0\0\0\0\x05',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      '            ',
      '-0000000001\0',
      '00000002000 ',
    ],
  ],
  [
    136,
    12,
    [
      '00000000000\0',
      '77777777777\0',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      '\x80\0\0\x7f\xff\xff\xff\xff\xff\xff\xff\xff',
      '            ',
      'x',
    ],
  ],
  [156, 1, ['0', '\0', '1', '2', '3', '4', '5', '6', '7', 'A', 'D', 'K', 'L', 'M', 'N', 'S', 'V', 'X', 'g', 'x', '\xff']],
  [157, 100, ['', '/etc/passwd', '../../../etc/passwd', './control', './usr/src', '.', 'a'.repeat(100)]],
  [257, 8, ['ustar\x0000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\0  ', 'tar\0\0\0\0\0']],
  [265, 32, ['', 'root', 'nobody', '../..', '\xff'.repeat(32)]],
  [329, 8, ['0000000\0', '0000001\0', '\xff\xff\xff\xff\xff\xff\xff\xff']],
  [345, 155, ['', '/', '..', 'usr', '/tmp', 'a/'.repeat(77)]],
];
const arFields = [
  [
    0,
    16,
    [
      '_gpgorigin',
      'control.tar',
      'control.tar.gz',
      'control.tar.xz',
      'control.tar.zst',
      'data.tar',
      'data.tar.gz',
      'data.tar.xz',
      'data.tar.zst',
      'data.tar.bz2',
      'data.tar.lzma',
      'data.tar/',
      '//',
      '/',
      '#1/20',
      'debian-binary',
      '',
    ],
  ],
  [16, 12, ['', '0', '-1', '99999999999', '1e9', 'x']],
  [28, 6, ['', '0', '-1', '999999']],
  [40, 8, ['', '100644', '777777', '-1']],
  [48, 10, ['', '0', '1', '-1', '9999999999', '0x10', '1e3', ' 5']],
  [58, 2, ['`\n', '\n`', '\0\0', '  ']],
];
/** Entries that no vendor has. */
const strangers = [
  { name: './usr/link', type: '2', link: '/tmp/outside' },
  { name: './usr/link/file', body: 'through a link\n' },
  { name: './usr/src', type: '2', link: '/tmp' },
  { name: './dkms.conf', type: '1', link: './control' },
  { name: './usr/src/hard.c', type: '1', link: '/etc/passwd' },
  { name: './usr/device', type: '3' },
  { name: './usr/fifo', type: '6' },
  { name: '././@LongLink', type: 'L', body: `./usr/${'long/'.repeat(60)}name\0` },
  { name: '././@LongLink', type: 'K', body: `/${'long/'.repeat(60)}link\0` },
  { name: '././@LongLink', type: 'L', body: '../../outside\0' },
  { name: '././@LongLink', type: 'L', body: '' },
  { name: 'pax', type: 'x', body: '30 path=../../../tmp/outside\n' },
  { name: 'pax', type: 'g', body: '14 size=999999\n' },
  { name: './usr/src/kernel-mft-dkms-4.20.1/patches/', type: '5', mode: '0000755' },
  { name: './usr/src/other-1/dkms.conf', body: 'PACKAGE_NAME=other\n' },
  { name: './control', body: 'Package: other\nVersion: 1-1\nArchitecture: all\n' },
  { name: 'kernel-mft-dkms_9-9_all.deb', body: '!<arch>\n' },
  { name: 'x/kernel-mft-dkms_9-9_all.deb', type: '2', link: '../../x' },
];

/** An edit with the layer that it is made at. `which` chooses the member or entry. */
export const layeredEdit = (layers) => fc.record({ layer: fc.constantFrom(...layers), which: fc.nat(0xffff), edit });

/** The entries with an edit of the layer `text`, `head` or `entries`. */
export function editedEntries(entries, { layer, which, edit: change }) {
  if (entries.length === 0) return entries;
  const files = entries.filter(({ body }) => body.length > 0);
  const chosen = layer === 'text' && files.length > 0 ? files[which % files.length] : entries[which % entries.length];
  const place = entries.indexOf(chosen);
  if (layer === 'text') return entries.with(place, { ...chosen, body: edited(chosen.body, change) });
  if (layer === 'head') return entries.with(place, withField(chosen, tarFields, change, 124));
  return rearranged(entries, place, change, () => {
    const { body = '', ...fields } = strangers[change.value % strangers.length];
    return { head: tarHead(fields), body: Buffer.from(body) };
  });
}

/** The bytes of a package, its parts edited. The layers: text, head, entries, tar, stream, ar, members, file. */
export function editedPackage(parts, edits) {
  let members = parts;
  for (const layered of edits.filter(({ layer }) => layer !== 'file')) {
    const { layer, which, edit: change } = layered;
    const place = members.length === 0 ? 0 : which % members.length;
    const chosen = members[place];
    if (chosen === undefined) break;
    const archives = members.filter(({ entries }) => entries);
    // Another layer can be reached only where the archive could be taken apart.
    const archive = archives[(which >> 3) % Math.max(1, archives.length)];
    const put = (old, made) => {
      members = members.with(members.indexOf(old), made);
    };
    if (layer === 'ar') put(chosen, withField(chosen, arFields, change, 48));
    else if (layer === 'members') members = rearranged(members, place, change, () => ({ ...chosen, head: Buffer.from(chosen.head) }));
    else if (layer === 'tar' && archive) put(archive, { ...archive, garble: [...(archive.garble ?? []), change] });
    else if (layer === 'stream' || !archive) put(chosen, { ...chosen, spoil: [...(chosen.spoil ?? []), change] });
    else put(archive, { ...archive, entries: editedEntries(archive.entries, layered) });
  }
  const joined = joinAr(members.map((member) => ({ ...member, body: bodyOf(member) })));
  return edits.filter(({ layer }) => layer === 'file').reduce((bytes, { edit: change }) => edited(bytes, change), joined);
}

function bodyOf({ body, entries, pack, garble = [], spoil = [] }) {
  // What is not edited stays as dpkg-deb compressed it.
  const packed = entries && pack ? pack(garble.reduce(edited, joinTar(entries))) : body;
  return spoil.reduce(edited, packed);
}

/** One header field set to something. The size, at `sizeAt`, is then what it says, not what is there. */
function withField(part, fields, { at, value }, sizeAt) {
  const [start, length, values] = fields[at % fields.length];
  const head = Buffer.from(part.head);
  head.fill(sizeAt === 48 ? ' ' : 0, start, start + length);
  head.write(values[value % values.length], start, length, 'latin1');
  return { ...part, head, ...(start === sizeAt ? { raw: true } : {}) };
}

function rearranged(list, place, { at, length }, stranger) {
  const copy = [...list];
  const [one] = copy.splice(place, 1);
  if (at % 4 === 1) copy.splice(place, 0, one, one);
  if (at % 4 === 2) copy.splice(length % (copy.length + 1), 0, one);
  if (at % 4 === 3) copy.splice(length % (copy.length + 1), 0, one, stranger());
  return copy;
}
