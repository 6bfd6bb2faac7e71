/** Edits a package or bundle at one layer and makes the layers above valid again: else few inputs would pass the first layer. */
import fc from 'fast-check';
import { joinAr, joinTar, type Member, type Part, type TarFields, tarHead } from './archives.js';
import { chosen, type Edit, edit, edited } from './edits.js';
import { arFields, type HeaderField, tarFields } from './header-fields.js';

export type Layer = 'text' | 'head' | 'entries' | 'tar' | 'stream' | 'ar' | 'members' | 'file';

/** An edit with its layer. */
export interface LayeredEdit {
  layer: Layer;
  /** Chooses the member or entry. */
  which: number;
  edit: Edit;
}

/** Entries that no package of the vendor has. */
const strangers: readonly (TarFields & { body?: string })[] = [
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
  { name: './usr/src/kernel-mft-dkms-4.15.1/patches/', type: '5', mode: '0000755' },
  { name: './usr/src/other-1/dkms.conf', body: 'PACKAGE_NAME=other\n' },
  { name: './control', body: 'Package: other\nVersion: 1-1\nArchitecture: all\n' },
  { name: 'kernel-mft-dkms_9-9_all.deb', body: '!<arch>\n' },
  { name: 'x/kernel-mft-dkms_9-9_all.deb', type: '2', link: '../../x' },
];

export function layeredEdit(layers: readonly Layer[]): fc.Arbitrary<LayeredEdit> {
  return fc.record({ layer: fc.constantFrom(...layers), which: fc.nat(0xffff), edit });
}

/** The entries after an edit of the layer `text`, `head` or `entries`. */
export function editedEntries(entries: readonly Part[], { layer, which, edit: change }: LayeredEdit): readonly Part[] {
  if (entries.length === 0) return entries;
  const files = entries.filter(({ body }) => body.length > 0);
  const entry = chosen(layer === 'text' && files.length > 0 ? files : entries, which);
  const place = entries.indexOf(entry);
  if (layer === 'text') return entries.with(place, { ...entry, body: edited(entry.body, change) });
  if (layer === 'head') return entries.with(place, withField(entry, tarFields, change, 124));
  return rearranged(entries, place, change, () => {
    const { body = '', ...fields } = chosen(strangers, change.value);
    return { head: tarHead(fields), body: Buffer.from(body) };
  });
}

/** A member with edits that are made when the package is joined. */
interface EditedMember extends Member {
  /** Edits of the tar archive. */
  garble?: Edit[];
  /** Edits of the compressed stream. */
  spoil?: Edit[];
}

/** The bytes of a package whose members are edited. The layer `file` stands for the whole file. */
export function editedPackage(parts: readonly Member[], edits: readonly LayeredEdit[]): Buffer {
  const members = edits.filter(({ layer }) => layer !== 'file').reduce(editedMembers, parts);
  const joined = joinAr(members.map((member) => ({ ...member, body: bodyOf(member) })));
  return edits.filter(({ layer }) => layer === 'file').reduce((bytes, { edit: change }) => edited(bytes, change), joined);
}

function editedMembers(members: readonly EditedMember[], layered: LayeredEdit): readonly EditedMember[] {
  const { layer, which, edit: change } = layered;
  if (members.length === 0) return members;
  const member = chosen(members, which);
  if (layer === 'ar') return replaced(members, member, withField(member, arFields, change, 48));
  if (layer === 'members')
    return rearranged(members, which % members.length, change, () => ({ ...member, head: Buffer.from(member.head) }));
  const archives = members.filter(({ archive }) => archive !== undefined);
  const packed = archives[(which >> 3) % Math.max(1, archives.length)];
  // Another layer can be reached only where the archive could be taken apart.
  if (layer === 'stream' || packed?.archive === undefined)
    return replaced(members, member, { ...member, spoil: [...(member.spoil ?? []), change] });
  if (layer === 'tar') return replaced(members, packed, { ...packed, garble: [...(packed.garble ?? []), change] });
  const { entries, pack } = packed.archive;
  return replaced(members, packed, { ...packed, archive: { entries: editedEntries(entries, layered), pack } });
}

function replaced<T>(list: readonly T[], before: T, after: T): T[] {
  return list.with(list.indexOf(before), after);
}

function bodyOf({ body, archive, garble = [], spoil = [] }: EditedMember): Buffer {
  // A member that is not edited keeps the compression of dpkg-deb.
  const packed = archive ? archive.pack(garble.reduce(edited, joinTar(archive.entries))) : body;
  return spoil.reduce(edited, packed);
}

/** Sets one header field. If that is the size, at `sizeAt`, it does not follow the body any more. */
function withField<T extends Part>(part: T, fields: readonly HeaderField[], { at, value }: Edit, sizeAt: number): T {
  const [start, length, values] = chosen(fields, at);
  const head = Buffer.from(part.head);
  head.fill(sizeAt === 48 ? ' ' : 0, start, start + length);
  head.write(chosen(values, value), start, length, 'latin1');
  return { ...part, head, ...(start === sizeAt ? { raw: true } : {}) };
}

/** Removes, repeats or moves an element of a list, or puts another one beside it. */
function rearranged<T>(list: readonly T[], place: number, { at, length }: Edit, stranger: () => T): T[] {
  const copy = [...list];
  const moved = copy.splice(place, 1);
  if (at % 4 === 1) copy.splice(place, 0, ...moved, ...moved);
  if (at % 4 === 2) copy.splice(length % (copy.length + 1), 0, ...moved);
  if (at % 4 === 3) copy.splice(length % (copy.length + 1), 0, ...moved, stranger());
  return copy;
}
