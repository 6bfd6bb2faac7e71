/** What a package says of itself: the patches inside, the kernels that it is for, its modules. */
import { decompress } from '../deb/compress.js';
import { type Deb, plainPath } from '../deb/deb.js';
import type { ShowDocument } from '../documents/index.js';
import { MftPatchError } from '../errors.js';
import { isExtended } from '../patches/dkms-conf.js';
import { parsePatch } from '../patches/patch.js';
import { sha256 } from '../system/digest.js';

type Inside = Pick<ShowDocument, 'patches' | 'guard' | 'modules'>;

const changelogLimit = 4 * 1024 * 1024;

/** @param path names the package in errors @throws package-damaged, package-unfit for a changelog that is not gzip */
export async function insideOf(deb: Deb, path: string): Promise<Inside> {
  const files = new Map(deb.data.filter(({ type }) => type === 'file').map((entry) => [plainPath(entry), entry.body]));
  const place = [...files.keys()].find((file) => /^usr\/src\/[^/]+\/dkms\.conf$/.test(file));
  const conf = files.get(place ?? '')?.toString('latin1') ?? '';
  const byDkms = isExtended(conf) ? patchesOf(conf, (name) => files.get(`${place?.replace(/dkms\.conf$/, '')}patches/${name}`)) : [];
  const items = await changelogItems(files, path);
  const inFiles = items.filter(({ id }) => id !== 'dkms.conf' && !byDkms.some((patch) => patch.id === id));
  return {
    patches: [...inFiles.map((item) => ({ ...item, where: 'files' as const })), ...byDkms],
    guard: [...new Set([...conf.matchAll(/^# {3}(kernels .*)$/gm)].map(([, words = '']) => words))],
    modules: [...conf.replace(/^\s*#.*$/gm, '').matchAll(/\bBUILT_MODULE_NAME(?:\[\d+\])?=["']?([^"'\s;]+)/g)].map(([, name = '']) => name),
  };
}

/** The patches of ours that dkms.conf names. */
function patchesOf(conf: string, read: (name: string) => Buffer | undefined): Inside['patches'] {
  return [...conf.matchAll(/^PATCH\[(\d+)\]="(mft-patch-(.+)\.patch)"$/gm)].map(([, index, name = '', id = '']) => {
    const match = new RegExp(`PATCH_MATCH\\[${index}\\]='([^']*)'`).exec(conf)?.[1] ?? '';
    const bytes = read(name);
    return { id, description: '', where: 'dkms', match, ...(bytes ? { ...headerOf(bytes), sha256: sha256(bytes) } : {}) };
  });
}

/** What the header of a patch in a package says; nothing where it is not one that we know. */
function headerOf(bytes: Buffer): { description?: string; kernels?: string } {
  try {
    const { description, kernel } = parsePatch('inside.patch', bytes);
    return { description: description.split('\n')[0] ?? '', kernels: kernel.raw };
  } catch (error) {
    if (!(error instanceof MftPatchError)) throw error;
    return {};
  }
}

/** What the newest entry of the changelog names, if it is ours: `id: description.` */
async function changelogItems(files: ReadonlyMap<string, Buffer>, path: string): Promise<{ id: string; description: string }[]> {
  const name = [...files.keys()].find((file) => /^usr\/share\/doc\/[^/]+\/changelog(\.Debian)?\.gz$/.test(file));
  if (name === undefined) return [];
  const text = (await decompress('.gz', files.get(name) ?? Buffer.alloc(0), { limit: changelogLimit, path: `${path}: ${name}` })).toString(
    'utf8',
  );
  const [entry = ''] = text.split(/^ -- /m);
  if (!/^\S+ \([^)]*\+mftpatch/.test(entry)) return [];
  const items = entry.split(/^ {2}\* /m).slice(1);
  return items.flatMap((item) => {
    const [, id, description] = /^([\w.+-]+): (.+)\.$/.exec(item.trim().replace(/\s+/g, ' ')) ?? [];
    return id === undefined || description === undefined ? [] : [{ id, description }];
  });
}
