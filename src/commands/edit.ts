import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { plainPath } from '../deb/deb.js';
import { defaultPackage, packageField } from '../default-package.js';
import type { EditDocument } from '../documents/index.js';
import { layOut, refuseUsed, type Step } from '../workbench/lay-out.js';
import { diffDigest } from '../workbench/patch-text.js';
import { type AppliedSeries, applySeries, type SeriesRequest } from '../workbench/select-series.js';

export interface EditRequest extends SeriesRequest {
  /** Where to lay the source out; undefined for a name made of the release and the kernel. */
  directory: string | undefined;
}

/**
 * Lays out the dkms source with the patches that a kernel gets, ready to edit.
 * @throws usage if the directory is not empty, and what reading the package throws
 */
export async function edit(request: EditRequest, context: Context): Promise<EditDocument> {
  if (request.directory !== undefined) await refuseUsed(request.directory, ' with --dir');
  const series = await applySeries(request, context);
  const { plan, kernel, patches, directoryOf } = series;
  const { mft, vendor } = plan;
  const directory =
    request.directory ??
    `${plan.name === defaultPackage ? 'mft' : plan.name}-${mft.version}-${mft.revision}-linux-${kernel.requested.replaceAll('/', '-')}`;
  if (request.directory === undefined) await refuseUsed(directory, ' with --dir');
  const source = { path: vendor.path, sha256: vendor.sha256 };
  const applied = patches.filter(({ status }) => status === 'applied');
  const own = applied.flatMap(({ patch: { id, bytes } }) => {
    const from = directoryOf(id);
    return from === undefined ? [] : [{ id, directory: resolve(from), diff: diffDigest(bytes) }];
  });
  const ours = applied.filter(({ patch }) => directoryOf(patch.id) === undefined).map(({ patch: { id, sha256 } }) => ({ id, sha256 }));
  for (const { patch, reason } of patches.filter(({ status }) => status === 'failed'))
    context.warn(`patch ${patch.id} does not apply to this source, and is left out: ${reason}`);
  const kept = await layOut(
    directory,
    {
      steps: [{ message: `${plan.name} ${plan.version}`, files: series.sources }, ...applied.map(stepOf)],
      start: ours.length,
      modes: modesOf(series),
      state: { schema: 'mft-patch/edit-state@1', source, ...packageField(plan.name), mft, kernel, ours, own },
    },
    context,
  );
  return {
    schema: 'mft-patch/edit@1',
    ...{ directory, source, ...packageField(plan.name), mft, kernel, kept },
    patches: patches.map(({ patch: { id, sha256 }, status, reason, hunks }) => {
      return { id, sha256, origin: directoryOf(id) === undefined ? 'ours' : 'own', status, reason, hunks };
    }),
  };
}

function stepOf({ patch, files }: AppliedSeries['patches'][number]): Step {
  const [subject, ...why] = patch.description.split('\n');
  return { message: [`${patch.id}: ${subject}`, '', ...why].join('\n'), files };
}

function modesOf({ plan: { deb, sourceRoot } }: AppliedSeries): Map<string, number> {
  return new Map(deb.data.map((entry) => [plainPath(entry).slice(sourceRoot.length), entry.mode]));
}
