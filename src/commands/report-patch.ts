import { readFile } from 'node:fs/promises';
import { loadPatches } from '../catalogue.js';
import type { Context } from '../context.js';
import type { MatrixDocument, PatchesReportDocument } from '../documents/index.js';
import { fail, failInput } from '../errors.js';
import { closestNames } from '../system/suggest.js';
import { joinSeries, type OriginatedPatch, ownDirectories, readOwnSeries } from '../workbench/own-series.js';
import { headerFields, splitPatch } from '../workbench/patch-text.js';

export interface ReportRequest {
  id: string;
  /** Undefined for ./patches, if there is a series. */
  directories: readonly string[] | undefined;
  /** A result of `matrix` or `try`. */
  verdicts: string | undefined;
}

/** What the text of a pull request for a patch is made from. @throws usage for an unknown patch, no-input, bad-catalogue */
export async function reportPatch({ id, directories, verdicts }: ReportRequest, context: Context): Promise<PatchesReportDocument> {
  const places = await ownDirectories(directories);
  const [ours, own] = await Promise.all([loadPatches(context), Promise.all(places.map(readOwnSeries))]);
  const { patch, directory } = find(id.replace(/\.patch$/, ''), await joinSeries(ours, own));
  const result = verdicts === undefined ? undefined : verdictsOn(patch, await readVerdicts(verdicts));
  if (result && result.outdated.length > 0)
    context.warn(`${patch.id} has changed since it was tested on ${result.outdated.join(', ')}; left out`);
  return {
    schema: 'mft-patch/patches-report@1',
    id: patch.id,
    sha256: patch.sha256,
    origin: directory === undefined ? 'ours' : 'own',
    header: headerFields(splitPatch(patch.bytes).header),
    files: patch.changes.map(({ path }) => path),
    ...(result ? { verdicts: result } : {}),
  };
}

function find(id: string, joined: readonly OriginatedPatch[]): OriginatedPatch {
  const found = joined.find(({ patch }) => patch.id === id);
  if (found) return found;
  const close = closestNames(
    id,
    joined.map(({ patch }) => patch.id),
  );
  const hint = `did you mean ${close.join(' or ')}? pass the directory of your own patches with --patches`;
  return fail({ code: 'usage', detail: `unknown patch '${id}'`, hint });
}

async function readVerdicts(path: string): Promise<MatrixDocument> {
  const [text, { parseDataFile }, { matrixDocument }] = await Promise.all([
    readFile(path, 'utf8').catch((error) => failInput(path, error, 'pass a matrix.json with --verdicts')),
    import('../system/data-file.js'),
    import('../documents/matrix.js'),
  ]);
  return parseDataFile(matrixDocument, path, text);
}

/** A verdict on another text of the patch says nothing about this one. */
function verdictsOn(
  { id, sha256 }: OriginatedPatch['patch'],
  { mft, cells }: MatrixDocument,
): NonNullable<PatchesReportDocument['verdicts']> {
  const isOutdated = ({ patched: { on } }: MatrixDocument['cells'][number]) =>
    on?.patches?.some((patch) => patch.id === id && patch.sha256 !== sha256) === true;
  return {
    mft,
    cells: cells
      .filter((cell) => !isOutdated(cell))
      .map(({ mft, target, kernel, release, patches, vendor, patched }) => ({
        ...(mft ? { mft } : {}),
        ...{ target, kernel, release, acts: patches.includes(id) },
        ...(vendor ? { vendor: vendor.status } : {}),
        patched: patched.status,
        ...(patched.reason === undefined ? {} : { reason: patched.reason }),
      })),
    outdated: cells.filter(isOutdated).map(({ target }) => target),
  };
}
