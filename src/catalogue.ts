/** Loads what a user edits: `patches/` and `kernels/` of the project, and the user's own beside them. */
import { dirname } from 'node:path';
import type { Context } from './context.js';
import { fail } from './errors.js';
import type { Target } from './kernels/target.js';
import type { Patch } from './patches/patch.js';
import type { Serial } from './patches/series.js';
import { ownBytes, ownNames, projectBytes, projectNames, projectText } from './project-files.js';

type Data = Pick<Context, 'own' | 'inputs'>;

/** Patches in the order in which they are applied. */
export interface Series {
  patches: Patch[];
  /** Their serial number, as in the versions of packages. */
  serial: string;
  /** Each series whose number is not that of its patches, and the line that it must have. */
  stale: { file: string; line: string }[];
}

/** The patches of all packages in the order in which they are applied. @throws bad-catalogue, no-input */
export async function loadPatches(data: Data): Promise<Patch[]> {
  return (await loadSeries(data)).patches;
}

/** The same with their serial number. @throws bad-catalogue, no-input */
export async function loadSeries(data: Data): Promise<Series> {
  return (await readAllSeries(data))();
}

/**
 * Reads all series.
 * @returns gives the patches of one package, or of all; the serial numbers are of the series that have any for it
 * @throws bad-catalogue, no-input
 */
export async function readAllSeries(data: Data): Promise<(packageName?: string) => Series> {
  const [{ joinSerials }, { stackSeries }] = await Promise.all([import('./patches/series.js'), import('./patches/stack.js')]);
  const [project, ...own] = await Promise.all([projectSeries(), ...data.own.patches.map((directory) => ownSeries(directory, data))]);
  const stacked = stackSeries([project, ...own].map(({ patches }) => patches));
  return (name) => {
    const isOf = (patch: Patch) => name === undefined || patch.package === name;
    const concerned = own.filter(({ patches }) => patches.length === 0 || patches.some(isOf));
    return {
      patches: stacked.filter(isOf),
      serial: joinSerials(
        project.serial,
        concerned.map(({ serial }) => serial),
      ),
      stale: [project, ...concerned].flatMap(({ file, line }) => (line === undefined ? [] : [{ file, line }])),
    };
  };
}

interface OneSeries extends Serial {
  file: string;
  patches: Patch[];
}

async function projectSeries(): Promise<OneSeries> {
  const [{ parsePatch }, { checkOrder, parseSeries, serialOf }] = await Promise.all([
    import('./patches/patch.js'),
    import('./patches/series.js'),
  ]);
  const file = 'patches/series';
  const text = await projectText(file);
  const patches = await Promise.all(parseSeries(text).map(async (name) => parsePatch(name, await projectBytes(`patches/${name}`))));
  checkOrder(patches);
  return { file, patches, ...serialOf(text, patches) };
}

async function ownSeries(directory: string, data: Data): Promise<OneSeries> {
  const [{ fileIn, parsePatch }, { checkOrder, ownSerialOf, parseSeries }] = await Promise.all([
    import('./patches/patch.js'),
    import('./patches/series.js'),
  ]);
  const file = fileIn(directory, 'series');
  const hint = 'write the names of the patches to it, one a line, in the order in which they are applied';
  await ownNames(directory, 'pass a directory with patches and their series with --patches');
  const text = (await ownBytes(file, hint, data)).toString('utf8');
  const read = async (name: string) =>
    parsePatch(name, await ownBytes(fileIn(directory, name), `write that patch, or take its line out of ${file}`, data), directory);
  const patches = await Promise.all(parseSeries(text, file).map(read));
  checkOrder(patches, file);
  return { file, patches, ...(patches.length === 0 ? { serial: '1970010100' } : ownSerialOf(text, patches)) };
}

/** The kernel targets, in the order of their names. @throws bad-catalogue, no-input */
export async function loadTargets(data: Data): Promise<Target[]> {
  const { parseTarget } = await import('./kernels/target-file.js');
  const files = jsonFiles(await projectNames('kernels'));
  const project = await Promise.all(files.map(async (file) => parseTarget(`kernels/${file}`, await projectText(`kernels/${file}`))));
  const own =
    data.own.kernelsDir === undefined
      ? []
      : await ownTargets(
          data.own.kernelsDir,
          project.map(({ name }) => name),
          data,
        );
  const targets = [...project.filter(({ name }) => !own.some((target) => target.name === name)), ...own];
  return targets.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const jsonFiles = (names: readonly string[]) => names.filter((name) => name.endsWith('.json'));

/** @throws bad-catalogue for a name that cannot be one, one of the project's that it does not replace, or one that replaces nothing */
async function ownTargets(directory: string, project: readonly string[], data: Data): Promise<Target[]> {
  const { parseOwnTarget } = await import('./kernels/target-file.js');
  const hint = 'pass a directory with files like those of kernels/ with --kernels-dir';
  const files = jsonFiles(await ownNames(directory, hint));
  const read = async (file: string) => {
    const path = `${directory.replace(/\/+$/, '')}/${file}`;
    return { ...parseOwnTarget(path, (await ownBytes(path, hint, data)).toString('utf8'), project), directory: dirname(path) };
  };
  if (files.length === 0) fail({ code: 'no-input', path: directory, detail: 'contains no .json file', hint });
  return Promise.all(files.map(read));
}
