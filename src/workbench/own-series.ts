/** A series of one's own: a directory with `series` and patches, beside those of the project. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileFault, fail, failInput, MftPatchError } from '../errors.js';
import { type Patch, parsePatch } from '../patches/patch.js';
import { parseSeries } from '../patches/series.js';
import { stackSeries } from '../patches/stack.js';
import { projectPath } from '../project-files.js';

export interface OwnSeries {
  directory: string;
  /** The text of the file `series`; empty if there is none yet. */
  text: string;
  patches: Patch[];
}

/** A patch, and the directory that it is from; undefined for those of the project. */
export interface OriginatedPatch {
  patch: Patch;
  directory: string | undefined;
}

/** Whether the directory has a series. */
export function hasSeries(directory: string): Promise<boolean> {
  return stat(join(directory, 'series')).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** Whether a directory is one of patches, with a series or without. */
export async function isSeries(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.some((name) => name === 'series' || name.endsWith('.patch'));
}

/** The directories of --patches; without it `patches`, if it has a series. @throws no-input for one without */
export async function ownDirectories(given: readonly string[] | undefined): Promise<readonly string[]> {
  if (given === undefined) return (await hasSeries('patches')) ? ['patches'] : [];
  for (const path of given)
    if (!(await hasSeries(path)))
      fail({ code: 'no-input', path, detail: 'contains no series', hint: 'omit --patches; mft-patch save makes a series' });
  return given;
}

/** Reads the series of a directory; one without is empty. @throws no-input, bad-catalogue with the paths as they are */
export async function readOwnSeries(directory: string): Promise<OwnSeries> {
  if (!(await hasSeries(directory))) return { directory, text: '', patches: [] };
  const path = join(directory, 'series');
  const text = await readFile(path, 'utf8').catch((error) => failInput(path, error));
  const names = parseSeries(text, path);
  const patches = await Promise.all(names.map((name) => readPatch(directory, name)));
  return { directory, text, patches };
}

async function readPatch(directory: string, name: string): Promise<Patch> {
  const hint = 'its series names it: add the file, or remove the line';
  return parsePatch(name, await readFile(join(directory, name)).catch((error) => failInput(join(directory, name), error, hint)), directory);
}

/** The faults that a failure of a data file holds. @throws any other error */
export function faultsOf(error: unknown): FileFault[] {
  if (!(error instanceof MftPatchError) || error.failure.code !== 'bad-catalogue') throw error;
  const { line, detail, others = [] } = error.failure;
  return [{ ...(line === undefined ? {} : { line }), detail }, ...others];
}

/** Whether the directory is that of the project's own patches, as in a checkout. */
export async function isProjectSeries(directory: string): Promise<boolean> {
  const [one, other] = await Promise.all([directory, projectPath('patches')].map((path) => realpath(path).catch(() => undefined)));
  return one !== undefined && one === other;
}

/**
 * The project's patches, and after them those of one's own. In a checkout of the project its own series is one that can be edited.
 *
 * @param ours of the project
 * @throws bad-catalogue if two patches have the same id, and none says that it replaces the other
 */
export async function joinSeries(ours: readonly Patch[], own: readonly OwnSeries[]): Promise<OriginatedPatch[]> {
  const isOurs = await Promise.all(own.map(({ directory }) => isProjectSeries(directory)));
  const series = [isOurs.includes(true) ? [] : ours, ...own.map(({ patches }) => patches)];
  return stackSeries(series).map((patch) => ({ patch, directory: patch.from }));
}
