/** What one package changes against another, file by file, as git-diff(1) writes it. Control files are in DEBIAN/, as dpkg-deb -R has them. */
import type { StructuredPatchHunk } from 'diff';
import { structuredPatch } from 'diff/lib/patch/create.js';
import { ownerOf } from './compare.js';
import { decompress } from './compress.js';
import { type Deb, plainPath } from './deb.js';
import type { Entry } from './tar.js';

/** How a file differs. */
export interface FileDiff {
  path: string;
  status: 'added' | 'removed' | 'changed';
  /** As git has them: kind and mode in octal digits; missing where there is no file. */
  oldMode?: string;
  newMode?: string;
  insertions: number;
  deletions: number;
  isBinary: boolean;
  /** What the patch does not say: that its text is unpacked, another owner, a directory. */
  notes: string[];
  /** Its part of the patch; empty for a directory. */
  patch: string;
}

/** The most that a compressed file may unpack to. */
const unpackedLimit = 4 * 1024 * 1024;
/** Where git looks for a NUL, which makes a file binary for it. */
const looked = 8000;

/** The differences in the order of the paths. Times count for nothing, as for git. */
export async function diffDebs(from: Deb, to: Deb): Promise<FileDiff[]> {
  const [before, after] = [filesOf(from), filesOf(to)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const diffs = await Promise.all(paths.map((path) => diffOf(path, before.get(path), after.get(path))));
  return diffs.flatMap((diff) => diff ?? []);
}

interface File {
  entry: Entry;
  body: Buffer;
}

function filesOf({ control, data }: Deb): Map<string, File> {
  const bodies = new Map(data.map((entry) => [plainPath(entry), entry.body]));
  // A hard link has the content of what it leads to.
  const body = (entry: Entry) => {
    if (entry.type === 'symlink') return Buffer.from(entry.linkTarget);
    return entry.type === 'hardlink' ? (bodies.get(entry.linkTarget.replace(/^(\.\/)+/, '')) ?? entry.body) : entry.body;
  };
  const all = [
    ...control.map((entry) => [`DEBIAN/${plainPath(entry)}`, entry] as const),
    ...data.map((entry) => [plainPath(entry), entry] as const),
  ];
  const named = all.map(([path, entry]): [string, File] => [path.replace(/\/$/, ''), { entry, body: body(entry) }]);
  return new Map(named.filter(([path]) => path !== '' && path !== 'DEBIAN'));
}

async function diffOf(path: string, from: File | undefined, to: File | undefined): Promise<FileDiff | undefined> {
  const modes = modesOf(from, to);
  const owners = [from, to].flatMap((file) => (file ? [ownerOf(file.entry)] : []));
  const notes = owners[1] === undefined || owners[0] === owners[1] ? [] : [`owner ${owners[0]}, then ${owners[1]}`];
  const isSame = from !== undefined && to !== undefined && from.body.equals(to.body);
  if (isSame && modes.oldMode === modes.newMode && notes.length === 0) return undefined;
  const status = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed';
  const base = { path, status, ...modes, insertions: 0, deletions: 0, isBinary: false } as const;
  // git knows no directories.
  const isDirectory = [from, to].every((file) => file === undefined || file.entry.type === 'directory');
  if (isDirectory) return { ...base, notes: ['directory', ...notes], patch: '' };
  const head = headOf(path, modes);
  if (isSame) return { ...base, notes, patch: head };
  const names = [from ? `a/${path}` : '/dev/null', to ? `b/${path}` : '/dev/null'].map(quoted);
  const texts = await textsOf(path, from, to);
  if (texts === undefined) return { ...base, isBinary: true, notes, patch: `${head}Binary files ${names.join(' and ')} differ\n` };
  return { ...base, notes: [...texts.notes, ...notes], ...patchOf(texts, head, names) };
}

function patchOf(texts: { from: string; to: string }, head: string, names: readonly string[]) {
  const { hunks } = structuredPatch('', '', texts.from, texts.to, '', '', { context: 3 });
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  const [old = '', now = ''] = names.map(withTab);
  const files = hunks.length === 0 ? '' : `--- ${old}\n+++ ${now}\n`;
  return { insertions: count('+'), deletions: count('-'), patch: head + files + hunks.map(hunkText).join('') };
}

function modesOf(from: File | undefined, to: File | undefined): Pick<FileDiff, 'oldMode' | 'newMode'> {
  return { ...(from ? { oldMode: modeOf(from.entry) } : {}), ...(to ? { newMode: modeOf(to.entry) } : {}) };
}

/** As git has it: the kind of the file and its mode. */
function modeOf({ type, mode }: Entry): string {
  if (type === 'directory') return `04${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  return type === 'symlink' ? '120000' : `10${(mode & 0o7777).toString(8).padStart(4, '0')}`;
}

function headOf(path: string, { oldMode, newMode }: Pick<FileDiff, 'oldMode' | 'newMode'>): string {
  const lines = [`diff --git ${quoted(`a/${path}`)} ${quoted(`b/${path}`)}`];
  if (oldMode === undefined) lines.push(`new file mode ${newMode}`);
  else if (newMode === undefined) lines.push(`deleted file mode ${oldMode}`);
  else if (oldMode !== newMode) lines.push(`old mode ${oldMode}`, `new mode ${newMode}`);
  return `${lines.join('\n')}\n`;
}

/** Both sides as text; undefined if one is binary. */
async function textsOf(path: string, from: File | undefined, to: File | undefined) {
  const unpacked = await Promise.all([from, to].map((file) => file && unpack(path, file.body)));
  const isUnpacked = unpacked.some((bytes) => bytes !== undefined) && [from, to].every((file, index) => !file || unpacked[index]);
  const [old, now] = [from, to].map((file, index) => (isUnpacked ? unpacked[index] : file?.body) ?? Buffer.alloc(0)) as [Buffer, Buffer];
  if ([old, now].some((bytes) => bytes.subarray(0, looked).includes(0))) return undefined;
  const isUtf8 = [old, now].every((bytes) => Buffer.from(bytes.toString('utf8')).equals(bytes));
  const encoding = isUtf8 ? 'utf8' : 'latin1';
  return {
    from: old.toString(encoding),
    to: now.toString(encoding),
    notes: [...(isUnpacked ? ['gzip: shown unpacked'] : []), ...(isUtf8 ? [] : ['not UTF-8: shown as Latin-1'])],
  };
}

/** The content of a file that gzip has compressed; undefined if it is not one. */
async function unpack(path: string, body: Buffer): Promise<Buffer | undefined> {
  if (!path.endsWith('.gz') || !body.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return undefined;
  return decompress('.gz', body, { limit: unpackedLimit, path }).catch(() => undefined);
}

function hunkText({ oldStart, oldLines, newStart, newLines, lines }: StructuredPatchHunk): string {
  // The library counts from 1 also where a side has no line; diff(1) and git name the line before.
  const side = (start: number, count: number) => `${count === 0 ? start - 1 : start}${count === 1 ? '' : `,${count}`}`;
  return `@@ -${side(oldStart, oldLines)} +${side(newStart, newLines)} @@\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** A name as git quotes it: with what would end it, or be taken for something else, in C's way. */
function quoted(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is quoted
  if (!/[\u0000-\u001f\u007f"\\]/.test(name)) return name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
  return `"${name.replace(/["\\]/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}

/** A name with a blank ends in a tab, so that patch(1) takes all of it. */
function withTab(name: string): string {
  return name.includes(' ') ? `${name}\t` : name;
}
