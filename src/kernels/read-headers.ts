/** Prepared headers as they are on the disk: a directory with what it leads to, or packages. */
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { controlFields, plainPath, readDeb } from '../deb/deb.js';
import type { Entry } from '../deb/tar.js';
import { fail, failInput } from '../errors.js';
import { sha256 } from '../system/digest.js';
import { xz } from '../system/xz.js';
import { debianArch } from './arch.js';
import { factsOf, type HeadersFacts, isWithin, partOf, type Reference, referencesOf, type TreeLink, tellingFiles } from './headers.js';

/** Prepared headers, and how they come into a container. */
export interface PreparedHeaders extends HeadersFacts {
  /** As the user named them. */
  places: readonly string[];
  /** The absolute path of the tree in the container. */
  tree: string;
  content: { kind: 'directories'; parts: readonly HeadersPart[] } | { kind: 'packages'; entries: readonly Entry[]; digest: string };
}

/** A directory to copy. Both paths are absolute. */
export interface HeadersPart {
  from: string;
  /** In the container. */
  to: string;
}

const hint = 'pass the directory of prepared headers, as /lib/modules/$(uname -r)/build, or the packages with them';
/** How deep links are looked for: Ubuntu's packages link include/ and arch/x86/ piece by piece. */
const linkDepth = 3;
/** The most that the files of a package may be, in bytes: headers have some 60 MB. */
const largestPackage = 1024 * 1024 * 1024;

/**
 * Reads what --headers names.
 *
 * @param places one directory, or packages
 * @throws no-input for what is no headers, or lacks a part that these lead to; package-damaged; usage for headers of several kernels
 */
export async function readHeaders(places: readonly string[]): Promise<PreparedHeaders> {
  const areDirectories = await Promise.all(
    places.map((place) =>
      stat(place).then(
        (stats) => stats.isDirectory(),
        (error) => failInput(place, error, 'check --headers'),
      ),
    ),
  );
  if (!areDirectories.includes(true)) return readPackages(places);
  const [place = '', ...others] = places;
  if (others.length === 0) return readDirectory(place);
  return fail({
    code: 'usage',
    detail: '--headers takes one directory, or packages',
    hint: 'pass the directory alone, and what else is named before --headers',
  });
}

/**
 * The headers that are installed for a release; undefined if there are none, or those of another one, as in a tree that was used again.
 * @param modules where kernels have their modules
 * @throws as readHeaders
 */
export async function installedHeaders(release: string, modules = '/lib/modules'): Promise<PreparedHeaders | undefined> {
  const place = join(modules, release, 'build');
  const isThere = await realpath(place).then(
    () => true,
    () => false,
  );
  const headers = isThere ? await readDirectory(place) : undefined;
  return headers?.release === release ? headers : undefined;
}

/** The bytes of a file of headers, of all parts that have one of that name; empty if none has. */
export async function headersFile({ content }: PreparedHeaders, file: string): Promise<Buffer> {
  if (content.kind === 'directories') {
    return Buffer.concat(await Promise.all(content.parts.map(({ from }) => readFile(join(from, file)).catch(() => Buffer.alloc(0)))));
  }
  const isIt = (entry: Entry) => /^usr\/src\/[^/]+\/(.+)$/.exec(plainPath(entry))?.[1] === file;
  return Buffer.concat(content.entries.filter(isIt).map(({ body }) => body));
}

async function readDirectory(place: string): Promise<PreparedHeaders> {
  const from = await realpath(place);
  const texts = new Map(
    await Promise.all(tellingFiles.map(async (path) => [path, await readFile(join(from, path), 'utf8').catch(() => undefined)] as const)),
  );
  const facts = factsOf((path) => texts.get(path));
  if (facts === undefined) {
    const detail = 'contains no release in include/generated/utsrelease.h or include/config/kernel.release';
    return fail({ code: 'no-input', path: place, detail, hint });
  }
  // Headers that were unpacked somewhere lead to their other parts as if that were the root.
  const root = /^(.*?)\/usr\/src\/[^/]+$/.exec(from)?.[1] ?? '';
  // make takes no such name.
  const tree = /^[\w./+~@-]+$/.test(from) ? from.slice(root.length) : `/usr/src/linux-headers-${facts.release}`;
  return { ...facts, places: [place], tree, content: { kind: 'directories', parts: await partsFrom({ from, to: tree }, root, place) } };
}

/** A tree, and all that it leads to. @param root in which absolute paths are looked up first @throws no-input */
async function partsFrom(tree: HeadersPart, root: string, place: string): Promise<HeadersPart[]> {
  const parts = [tree];
  for (const { from, to } of parts) {
    const makefile = await readFile(join(from, 'Makefile'), 'utf8').catch(() => '');
    for (const { path, isNeeded } of referencesOf(to, await linksIn(from, linkDepth), makefile)) {
      if (parts.some((part) => isWithin(path, part.to))) continue;
      const part = partOf(path);
      const found = await firstDirectory([`${root}${part}`, part]);
      if (found !== undefined) parts.push({ from: found, to: part });
      else if (isNeeded) refuseWithout(place, path, `copy ${part} as well, or pass the packages with --headers`);
    }
  }
  return parts;
}

async function firstDirectory(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return path;
  }
  return undefined;
}

async function linksIn(directory: string, depth: number, top = directory): Promise<TreeLink[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error) =>
    failInput(directory, error, 'make all of it readable'),
  );
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) return [{ path: relative(top, path), target: await readlink(path) }];
      return entry.isDirectory() && depth > 1 ? linksIn(path, depth - 1, top) : [];
    }),
  );
  return found.flat();
}

function refuseWithout(place: string, path: string, how: string): never {
  return fail({ code: 'no-input', path: place, detail: `leads to ${path}, which is missing`, hint: how });
}

async function readPackages(places: readonly string[]): Promise<PreparedHeaders> {
  const packages = await Promise.all(places.map(readPackage));
  const entries = packages.flatMap((one) => one.entries);
  const paths = new Map(entries.map((entry) => [plainPath(entry).replace(/\/$/, ''), entry]));
  const trees = [...paths.keys()].flatMap(
    (path) => /^(.+)\/include\/(?:generated\/utsrelease\.h|config\/kernel\.release)$/.exec(path)?.[1] ?? [],
  );
  const [tree, ...others] = new Set(trees);
  const [place = ''] = places;
  if (tree === undefined) {
    const detail = 'contains no prepared headers: no include/config/kernel.release';
    const flavour = 'pass the package of the kernel, as linux-headers-6.1.0-56-amd64, with those that it depends on';
    return fail({ code: 'no-input', path: place, detail, hint: flavour });
  }
  if (others.length > 0) {
    const detail = `--headers: these packages are of several kernels: ${[tree, ...others].map((path) => `/${path}`).join(', ')}`;
    return fail({ code: 'usage', detail, hint: 'pass those of one kernel' });
  }
  const facts = factsOf((path) => paths.get(`${tree}/${path}`)?.body.toString('utf8'));
  if (facts === undefined) return fail({ code: 'no-input', path: place, detail: `/${tree} names no release`, hint });
  const missing = missingReference(`/${tree}`, paths);
  if (missing !== undefined) {
    const given = new Set(packages.map(({ name }) => name));
    const lacking = packages.flatMap(({ depends }) => depends).filter((name) => /^(linux|proxmox|pve)-/.test(name) && !given.has(name));
    refuseWithout(place, missing.path, `pass the package with it as well (depends on ${lacking.join(', ') || 'none'})`);
  }
  const arch = facts.arch ?? debianArch(packages.map((one) => one.arch).find((name) => name !== 'all') ?? '');
  const digest = sha256(packages.map((one) => one.digest).join());
  return {
    ...facts,
    ...(arch === undefined ? {} : { arch }),
    places,
    tree: `/${tree}`,
    content: { kind: 'packages', entries, digest },
  };
}

async function readPackage(place: string) {
  const bytes = await readFile(place).catch((error) => failInput(place, error, 'check --headers'));
  const { control, data, binary } = await readDeb(bytes, place, xz, largestPackage);
  const fields = controlFields({ control, data, binary }, place);
  const depends = (fields.get('depends') ?? '').split(/[,|]/).map((one) => one.trim().replace(/[\s:(].*$/s, ''));
  return { name: fields.get('package') ?? '', arch: fields.get('architecture') ?? '', depends, entries: data, digest: sha256(bytes) };
}

/** What a tree in packages leads to and none of them has. */
function missingReference(tree: string, paths: ReadonlyMap<string, Entry>): Reference | undefined {
  const depthOf = (path: string) => path.split('/').length - tree.split('/').length;
  const links = [...paths].flatMap(([path, { type, linkTarget }]) => {
    const isNear = type === 'symlink' && isWithin(`/${path}`, tree) && depthOf(`/${path}`) <= linkDepth;
    return isNear ? [{ path: relative(tree, `/${path}`), target: linkTarget }] : [];
  });
  const makefile = paths.get(`${tree.slice(1)}/Makefile`)?.body.toString('utf8') ?? '';
  const has = (path: string) => [...paths.keys()].some((one) => isWithin(`/${one}`, path));
  return referencesOf(tree, links, makefile).find(({ path, isNeeded }) => isNeeded && !has(path));
}
