import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { packageField } from '../default-package.js';
import type { PatchesExportDocument } from '../documents/index.js';
import { fail } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { sha256 } from '../system/digest.js';
import { type StagingDir, withStagingDir } from '../system/stage.js';
import type { AppliedPatch } from '../workbench/apply-series.js';
import { placedPatch } from '../workbench/export-series.js';
import { clearPlace, refuseUsed } from '../workbench/lay-out.js';
import { applySeries, type SeriesRequest } from '../workbench/select-series.js';

export interface ExportRequest extends SeriesRequest {
  /** Where the series is written. */
  directory: string;
}

/**
 * Writes the patches that a kernel gets as a quilt series, which applies to this source from the first to the last.
 * @throws usage if the directory is not empty, patch-does-not-apply, what reading the package throws, cannot-write
 */
export async function exportPatches(request: ExportRequest, context: Context): Promise<PatchesExportDocument> {
  const { directory } = request;
  await refuseUsed(directory);
  const { plan, kernel, patches, sources } = await applySeries(request, context);
  refuseFailed(patches, sources);
  const applied = patches.filter(({ status }) => status === 'applied');
  const files = applied.map((one) => ({ id: one.patch.id, bytes: placedPatch(one) }));
  const others = patches.filter(({ status }) => status !== 'applied');
  await clearPlace(directory);
  await withStagingDir(directory, context, async (stage) => {
    for (const { id, bytes } of files) await stage.write(`${id}.patch`, (path) => writeFile(path, bytes));
    const names = files.map(({ id }) => `${id}.patch\n`).join('');
    const title = `# ${plan.name} ${plan.version} for kernel ${kernel.requested}\n`;
    await stage.write('series', (path) => writeFile(path, title + names));
    await publish(stage, context);
  });
  return {
    schema: 'mft-patch/patches-export@1',
    directory,
    source: { path: plan.vendor.path, sha256: plan.vendor.sha256 },
    ...{ ...packageField(plan.name), mft: plan.mft, kernel },
    patches: files.map(({ id, bytes }) => ({ id, path: join(directory, `${id}.patch`), sha256: sha256(bytes) })),
    leftOut: others.map(({ patch: { id }, status, reason }) => ({
      id,
      reason: status === 'already-applied' ? 'the source has it already' : reason,
    })),
  };
}

async function publish(stage: StagingDir, context: Context): Promise<void> {
  await stage.flush();
  context.signal.throwIfAborted();
  await stage.become();
}

/** @throws patch-does-not-apply, as `build` does */
function refuseFailed(patches: readonly AppliedPatch[], sources: ReadonlyMap<string, string>): void {
  const at = patches.findIndex(({ status }) => status === 'failed');
  const failed = patches[at];
  if (failed === undefined) return;
  const result = applyPatch(failed.patch, patches[at - 1]?.files ?? sources);
  if (result.status === 'failed') fail({ code: 'patch-does-not-apply', patch: failed.patch.id, hunks: result.hunks });
}
