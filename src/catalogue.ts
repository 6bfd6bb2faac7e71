/** Loads what a user edits: `patches/` and `kernels/`. */
import type { Target } from './kernels/target.js';
import type { Patch } from './patches/patch.js';
import { projectBytes, projectNames, projectText } from './project-files.js';

/** The patches in the order of the series. @throws bad-catalogue */
export async function loadPatches(): Promise<Patch[]> {
  return (await loadSeries()).patches;
}

/** The same with their serial number; `line` is what the series must say where it is not theirs any more. @throws bad-catalogue */
export async function loadSeries(): Promise<{ patches: Patch[]; serial: string; line?: string }> {
  const [{ parsePatch }, { checkOrder, parseSeries, serialOf }] = await Promise.all([
    import('./patches/patch.js'),
    import('./patches/series.js'),
  ]);
  const text = await projectText('patches/series');
  const patches = await Promise.all(parseSeries(text).map(async (name) => parsePatch(name, await projectBytes(`patches/${name}`))));
  checkOrder(patches);
  return { patches, ...serialOf(text, patches) };
}

/** The kernel targets, in the order of their names. @throws bad-catalogue */
export async function loadTargets(): Promise<Target[]> {
  const { parseTarget } = await import('./kernels/target-file.js');
  const files = (await projectNames('kernels')).filter((name) => name.endsWith('.json'));
  const names = files.map((name) => name.replace(/\.json$/, '')).sort();
  return Promise.all(names.map(async (name) => parseTarget(`kernels/${name}.json`, await projectText(`kernels/${name}.json`))));
}
