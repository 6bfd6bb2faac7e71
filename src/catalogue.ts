/** Reads the folders that a user edits (`patches/`, `kernels/`, `samples/`) and the other data files of the project. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Release } from './bundle/releases.js';
import { fail, wordsOf } from './errors.js';
import type { Target } from './kernels/target.js';
import type { Patch } from './patches/patch.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The text of one of the project's own files, its path relative to the project. */
export async function dataFile(path: string): Promise<string> {
  return (await dataBytes(path)).toString('utf8');
}

async function dataBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(join(root, path));
  } catch (error) {
    return fail({ code: 'bad-catalogue', file: path, detail: wordsOf(error) }, error);
  }
}

/** The patches in the order of the series. */
export async function loadPatches(): Promise<Patch[]> {
  const { parsePatch, parseSeries } = await import('./patches/patch.js');
  const names = parseSeries(await dataFile('patches/series'));
  return Promise.all(names.map(async (name) => parsePatch(name, await dataBytes(join('patches', name)))));
}

/** The kernel targets, in the order of their names. */
export async function loadTargets(): Promise<Target[]> {
  const { parseTarget } = await import('./kernels/target.js');
  const files = (await readdir(join(root, 'kernels'))).filter((name) => name.endsWith('.json'));
  const names = files.map((name) => name.replace(/\.json$/, '')).sort();
  return Promise.all(names.map(async (name) => parseTarget(`kernels/${name}.json`, await dataFile(`kernels/${name}.json`))));
}

/** The releases of MFT that are known. */
export async function loadReleases(): Promise<Release[]> {
  const { parseReleases } = await import('./bundle/releases.js');
  return parseReleases('releases.json', await dataFile('releases.json'));
}

/** The samples' names, which are folders of `samples/`. */
export async function sampleNames(): Promise<string[]> {
  return (await readdir(join(root, 'samples'))).sort();
}

/**
 * A sample's files by path relative to its folder.
 *
 * @param name a folder of `samples/`
 * @throws usage, with the names of those that there are
 */
export async function loadSample(name: string): Promise<Map<string, Buffer>> {
  const samples = await sampleNames();
  if (!samples.includes(name))
    fail({ code: 'usage', detail: `there is no sample '${name}'`, hint: `known samples: ${samples.join(', ')}` });
  const folder = join(root, 'samples', name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)] as const)));
}
