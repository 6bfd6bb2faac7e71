import { join, relative, resolve } from 'node:path';
import { loadPatches } from '../catalogue.js';
import type { Context } from '../context.js';
import type { SaveDocument } from '../documents/index.js';
import { fail } from '../errors.js';
import { type Patch, parsePatch } from '../patches/patch.js';
import { type Ask, faultsIn, fillHeader, readDiagnosis } from '../workbench/fill-header.js';
import { commit } from '../workbench/git.js';
import { readEdited, readStart, type Sources } from '../workbench/lay-out.js';
import { diffBetween, editedStates, makes, statesOf } from '../workbench/layers.js';
import { faultsOf, isProjectSeries, type OwnSeries, readOwnSeries } from '../workbench/own-series.js';
import { diffDigest, type HeaderFields, joinPatch, splitPatch, withFields } from '../workbench/patch-text.js';
import { type EditState, readState, replaceState } from '../workbench/state.js';
import { writeSeries } from '../workbench/write-series.js';

export interface SaveRequest {
  /** Where the source is laid out. */
  directory: string;
  /** The patch that changes go to which belong to no other. */
  id: string;
  /** The series that a new patch is added to. */
  patches: string;
  /** Of the header of that patch. */
  header: HeaderFields;
  /** A document of `diagnose`. */
  diagnosis: string | undefined;
  ask: Ask | undefined;
}

/** One's own patch in a directory to edit. */
interface Layer {
  patch: Patch;
  /** Where its series is. */
  directory: string;
  status: SaveDocument['patches'][number]['status'];
}

/** Makes patches of what was changed in a directory to edit. @throws usage if nothing was, no-input, cannot-write */
export async function save(request: SaveRequest, context: Context): Promise<SaveDocument> {
  const { directory, id } = request;
  const state = await readState(directory);
  const [start, own] = await Promise.all([readStart(directory, state, context), readLayers(state)]);
  const place = own.findIndex(({ patch }) => patch.id === id);
  if (place < 0) await refuseTaken(request, context);
  const states = statesOf(
    start,
    own.map(({ patch }) => patch),
    directory,
  );
  const edited = await readEdited(directory, start);
  const target = place < 0 ? own.length + 1 : place + 1;
  const next = editedStates(states, edited, target);
  const ofPackage = state.package === undefined ? {} : { Package: state.package };
  const fields = { ...(request.diagnosis === undefined ? {} : await readDiagnosis(request.diagnosis)), ...request.header };
  if (place < 0 && next.length === states.length) noNewPatch(request, states, edited, context);
  const layers = own.map((layer, index) =>
    refreshed(layer, [next[index] ?? start, next[index + 1] ?? start], index === place ? fields : {}),
  );
  if (next.length > states.length) layers.push(await newLayer(request, [next.at(-2) ?? start, edited], { ...ofPackage, ...fields }));
  await write(layers, context);
  await replaceState(directory, { ...state, own: layers.map(stateOf) }, context);
  if (state.start !== undefined) await commit(directory, `mft-patch save ${id}`, context);
  const series = join(layers.find(({ patch }) => patch.id === id)?.directory ?? request.patches, 'series');
  return { schema: 'mft-patch/save@1', directory, source: state.source, series: shownPath(series), patches: layers.map(rowOf) };
}

/** The patches that are applied there, as they are in their series. @throws no-input if one has changed since */
async function readLayers({ own }: EditState): Promise<Layer[]> {
  const directories = [...new Set(own.map(({ directory }) => directory))];
  const series = await Promise.all(directories.map(readOwnSeries));
  return own.map(({ id, directory, diff }) => {
    const patch = series.find((one) => one.directory === directory)?.patches.find((one) => one.id === id);
    if (patch && diffDigest(patch.bytes) === diff) return { patch, directory, status: 'unchanged' };
    const detail = patch ? 'has changed since the source was laid out' : 'is not in its series any more';
    return fail({ code: 'no-input', path: join(directory, `${id}.patch`), detail, hint: 'lay the source out again with mft-patch edit' });
  });
}

/** @throws usage for the name of a patch that is not applied there */
async function refuseTaken({ id, patches, directory }: SaveRequest, context: Context): Promise<void> {
  if (!/^[A-Za-z0-9][\w.+-]*$/.test(id) || id.endsWith('.patch'))
    fail({
      code: 'usage',
      detail: `--id ${id}: it must be of letters, digits and -, without .patch`,
      hint: 'pass a name as in class-create',
    });
  const { patches: own } = await readOwnSeries(patches);
  if (own.some((patch) => patch.id === id))
    fail({
      code: 'usage',
      detail: `${join(patches, `${id}.patch`)} exists, and is not applied in ${directory}`,
      hint: 'pass another --id, or lay the source out with that patch: mft-patch edit --patches',
    });
  if (!(await isProjectSeries(patches)) && (await loadPatches(context)).some((patch) => patch.id === id))
    fail({
      code: 'usage',
      detail: `${id} is a patch of mft-patch, which is left as it is`,
      hint: 'pass another --id: the changes become a patch after it',
    });
}

/** All changes belong to patches that are there, or there are none. @throws usage if there are none */
function noNewPatch({ directory, id }: SaveRequest, states: readonly Sources[], edited: Sources, context: Context): void {
  const last = states.at(-1);
  if ([...edited].every(([path, text]) => last?.get(path) === text))
    fail({ code: 'usage', detail: `${directory}: nothing has changed`, hint: 'edit the files there, then save' });
  context.warn(`every change is in lines of patches that are there: no patch ${id} is made`);
}

/** A patch as it is now. @param fields to set in its header @throws usage if it changes nothing any more */
function refreshed(layer: Layer, [before, after]: [Sources, Sources], fields: HeaderFields): Layer {
  const { patch, directory } = layer;
  const { header, diff } = splitPatch(patch.bytes);
  const isKept = makes(patch, before, after);
  if (isKept && withFields(header, fields) === withFields(header, {})) return layer;
  const faults = faultsIn(fields);
  if (faults.length > 0)
    fail({ code: 'usage', detail: `${patch.id}: ${faults.join('; ')}`, hint: 'pass another value; see mft-patch help save' });
  const text = isKept ? diff : diffBetween(before, after);
  if (text === '')
    fail({
      code: 'usage',
      detail: `${patch.id} would change nothing any more`,
      hint: `remove ${patch.id}.patch and its line in ${join(directory, 'series')}, and lay the source out again`,
    });
  return { ...layer, patch: madePatch(patch.id, dated(header, fields), text, [before, after]), status: 'refreshed' };
}

async function newLayer(request: SaveRequest, states: [Sources, Sources], fields: HeaderFields): Promise<Layer> {
  const { id, directory, patches, ask } = request;
  const diff = diffBetween(...states);
  const command = `mft-patch save ${directory} --id ${id}${patches === 'patches' ? '' : ` --patches ${patches}`}`;
  const header = await fillHeader(id, fields, command, ask);
  return { patch: madePatch(id, dated('', header), diff, states), directory: resolve(patches), status: 'new' };
}

/** Reads what was made as any patch is read, and tests it on the files. @throws usage */
function madePatch(id: string, header: string, diff: string, [before, after]: [Sources, Sources]): Patch {
  const refuse = (detail: string): never =>
    fail({ code: 'usage', detail: `${id}: ${detail}`, hint: 'pass another value; see mft-patch help save' });
  let patch: Patch;
  try {
    patch = parsePatch(`${id}.patch`, joinPatch(header, diff));
  } catch (error) {
    return refuse(
      faultsOf(error)
        .map(({ detail }) => detail)
        .join('; '),
    );
  }
  if (!makes(patch, before, after)) refuse(`Needed-If ${patch.neededIf?.source} matches nothing in the files that it changes`);
  return patch;
}

/** The header with values in it, and the day. */
function dated(header: string, fields: HeaderFields): string {
  return withFields(header, { ...fields, 'Last-Update': new Date().toISOString().slice(0, 10) });
}

async function write(layers: readonly Layer[], context: Context): Promise<void> {
  const changed = layers.filter(({ status }) => status !== 'unchanged');
  for (const directory of new Set(changed.map((layer) => layer.directory))) {
    const series: OwnSeries = await readOwnSeries(directory);
    await writeSeries(
      series,
      changed.filter((layer) => layer.directory === directory).map(({ patch }) => patch),
      context,
    );
  }
}

function stateOf({ patch: { id, bytes }, directory }: Layer): EditState['own'][number] {
  return { id, directory, diff: diffDigest(bytes) };
}

function rowOf({ patch: { id, sha256, changes }, directory, status }: Layer): SaveDocument['patches'][number] {
  const hunks = changes.flatMap(({ path, diff }) => diff.hunks.map(({ oldStart }) => ({ file: path, line: oldStart })));
  return { id, path: shownPath(join(directory, `${id}.patch`)), sha256, status, hunks };
}

/** A path as a person at work here has it. */
function shownPath(path: string): string {
  const near = relative('', path);
  return near.startsWith('../') ? path : near;
}
