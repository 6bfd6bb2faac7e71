/**
 * What a kernel sees of a package: of two packages that differ in nothing that it sees, a verdict on one holds for the other.
 *
 * A package for all kernels changes with each of its patches, also for kernels that do not take that patch; by its digest no verdict
 * would outlive an edit. So everything in the package counts, with mode, owner and time, but for what is listed here, each with the
 * reason why nothing in a container of this kernel can depend on it:
 *
 * - a patch of ours that dkms does not apply for this kernel. dkms compares PATCH_MATCH, which is an expression for a range of
 *   releases; test/kernels/range-regex.system.test.ts compares the two. Where the headers decide (Probe) nobody knows before dkms
 *   asks, and the patch counts for every kernel. So does each whose range cannot be compared with the release;
 * - its lines in dkms.conf, and the index that the others get from it: dkms goes through them in their order;
 * - the version behind `+mftpatch`, Installed-Size, md5sums, our entry in the changelog, the times of our patch files: they follow
 *   from what counts, or from such patches.
 *
 * That holds if the vendor's code does not look at these by itself. Where it names them, or walks through the directory that
 * they are in, the view is the whole package: then any edit has all kernels tested again. Code that reads every file
 * of its own directory by other means than `mentions` knows is not noticed; `matrix --fresh` asks for nothing of this.
 */
import { controlFile, type Deb, plainPath } from '../deb/deb.js';
import type { Entry } from '../deb/tar.js';
import { parseKernelRelease } from '../kernels/release.js';
import { guardMark, patchFile, withPatches } from '../patches/dkms-conf.js';
import { guardEnd } from '../patches/guard.js';
import { rangeUpTo } from '../patches/kernel-range.js';
import type { Patch } from '../patches/patch.js';
import { sha256 } from '../system/digest.js';

/** A package, and what is known of how it was built. */
export interface BuiltContent {
  bytes: Buffer;
  deb: Deb;
  sourceRoot: string;
  /** The patches that dkms applies, in the order of its PATCH lines; none in a package for one kernel. */
  forDkms: readonly Patch[];
}

/** What a kernel sees. */
export interface View {
  /** Two packages of one digest are the same for this kernel. */
  digest: string;
  /** The patches inside that dkms must not apply for it: where it does, the digest says nothing. */
  unseen: string[];
}

/** What the kernel of a release sees of a package. */
export function viewOf(content: BuiltContent, release: string): View {
  const seen = content.forDkms.filter((patch) => mayAct(patch, release));
  const unseen = content.forDkms.filter((patch) => !seen.includes(patch)).map(({ id }) => id);
  const lines = linesOf(content, seen);
  return lines === undefined ? { digest: sha256(content.bytes), unseen: [] } : { digest: sha256(lines.join('\n')), unseen };
}

/** Whether dkms may apply a patch for a kernel: it does, or it cannot be told from the release. */
export function mayAct(patch: Patch, release: string): boolean {
  if (patch.probe !== undefined && !patch.goodOnOlder) return true;
  const range = patch.goodOnOlder ? rangeUpTo(patch) : patch.kernel;
  if (range.raw === '*') return true;
  try {
    return range.test(parseKernelRelease(release).version);
  } catch {
    return true;
  }
}

/** A line for all that the kernel sees; undefined if that is the whole package. */
function linesOf({ deb, sourceRoot, forDkms }: BuiltContent, seen: readonly Patch[]): string[] | undefined {
  const conf = deb.data.find((entry) => plainPath(entry) === `${sourceRoot}dkms.conf`)?.body.toString('latin1') ?? '';
  // The vendor's own PATCH lines would move our indices; his text is asked below for the word.
  const added = withPatches('', forDkms);
  if (!conf.startsWith(added)) return undefined;
  const vendors = conf.slice(added.length);
  const own = new Map(forDkms.map((patch) => [`${sourceRoot}patches/${patchFile(patch)}`, patch]));
  const code = deb.data.filter((entry) => entry.type === 'file' && !isDocument(entry) && !own.has(plainPath(entry)));
  const scripts = deb.control.filter((entry) => !['control', 'md5sums'].includes(plainPath(entry)));
  const texts = [...code.filter((entry) => plainPath(entry) !== `${sourceRoot}dkms.conf`), ...scripts].map(codeOf);
  if ([...texts, { isC: false, text: withoutGuard(vendors) }].some(mentions)) return undefined;
  return [
    ...scripts.map(whole),
    `control ${sha256(plainControl(deb))}`,
    ...deb.data.flatMap((entry) => {
      const path = plainPath(entry);
      const patch = own.get(path);
      if (patch !== undefined) return seen.includes(patch) ? [named(entry, entry.body)] : [];
      if (path === `${sourceRoot}dkms.conf`) return [named(entry, Buffer.from(withPatches('', seen) + vendors, 'latin1'))];
      const isOurs = isChangelog(path) || (own.size > 0 && path.replace(/\/?$/, '/') === `${sourceRoot}patches/`);
      return isOurs ? [] : [whole(entry)];
    }),
  ];
}

/** The entry to the byte: kind, mode, owner, time and content. */
function whole({ head, body }: Entry): string {
  return `${sha256(head)} ${sha256(body)}`;
}

/** The entry but for its time and size. */
function named(entry: Entry, body: Buffer): string {
  return JSON.stringify([plainPath(entry), entry.type, entry.mode, entry.linkTarget, sha256(body)]);
}

/** The control file without what follows from the patches. */
function plainControl(deb: Deb): string {
  const text = controlFile(deb, 'control')?.body.toString('latin1') ?? '';
  return text.replace(/^(Version:.*?)\+mftpatch\.\S*$/m, '$1+mftpatch').replace(/^Installed-Size:.*\n?/m, '');
}

interface Code {
  isC: boolean;
  text: string;
}

function codeOf(entry: Entry): Code {
  return { isC: /\.[chS]$/.test(entry.path), text: entry.body.toString('latin1') };
}

/** What a shell, make or perl names that is not in the view. */
const names = /\bpatches\b|\.patch\b|\bPATCH(_MATCH)?\b|mft.?patch|md5sums|changelog|Installed-Size/i;
/** What walks through a directory, but for one of the system. */
const walks = /\bfind\s+(?!\/(?!usr\/src))|\b(du|rsync|cpio)\s+-?\w|\bgrep\s+-\w*[rR]|\bls\s+-\w*R|\*\*|\bwildcard\b.*\*(?![.\w])/;
/** A walk that names what it looks for. */
const aimed = /-i?name\s+["']?[^"'\s]*\w/;

/** Whether code of the vendor's may look at what is not in the view. C reads no files but those that it includes. */
function mentions({ isC, text }: Code): boolean {
  if (isC) return /patches\/|\.patch"/.test(text);
  const lines = text.split('\n').filter((line) => !/^\s*#(?!!)/.test(line));
  return lines.some((line) => names.test(line) || (walks.test(line) && !aimed.test(line)));
}

/** The text of a dkms.conf without our guard, which names no patch. */
function withoutGuard(conf: string): string {
  const [start, end] = [conf.indexOf(guardMark), conf.indexOf(guardEnd)];
  return start < 0 || end < start ? conf : conf.slice(0, start) + withoutGuard(conf.slice(end + guardEnd.length));
}

function isDocument(entry: Entry): boolean {
  return plainPath(entry).startsWith('usr/share/doc/');
}

/** That which `build` continues. */
function isChangelog(path: string): boolean {
  return /^usr\/share\/doc\/[^/]+\/changelog(\.Debian)?\.gz$/.test(path);
}
