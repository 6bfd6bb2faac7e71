import { join } from 'node:path';
import { mftNumber } from '../bundle/mft-number.js';
import { loadReleases } from '../bundle/releases.js';
import type { Source } from '../bundle/vendor-package.js';
import { loadPatches, loadTargets } from '../catalogue.js';
import type { Context } from '../context.js';
import { packageField } from '../default-package.js';
import type { PatchesCheckDocument } from '../documents/index.js';
import { MftPatchError } from '../errors.js';
import { explain } from '../explain.js';
import { planPatches } from '../packaging/choose-patches.js';
import { readVendorPackage } from '../packaging/prepare.js';
import { sourcesOf } from '../packaging/sources.js';
import { projectPath } from '../project-files.js';
import { type AppliedPatch, applyChoices } from '../workbench/apply-series.js';
import { type Fault, type LintedSeries, lineOf, lintSeries } from '../workbench/lint.js';
import { isProjectSeries, joinSeries, type OriginatedPatch } from '../workbench/own-series.js';

export interface CheckRequest {
  /** Directories with a series; empty for that of the project. */
  directories: readonly string[];
  /** The packages to apply them to. */
  sources: readonly Source[];
}

type Row = PatchesCheckDocument['packages'][number];

/** Checks series of patches, and applies them to packages. @throws no-input, what reading the packages throws */
export async function checkPatches({ directories, sources }: CheckRequest, context: Context): Promise<PatchesCheckDocument> {
  const places = directories.length === 0 ? [projectPath('patches')] : directories;
  const known = { ...(await knownVersions(context)), today: new Date().toISOString().slice(0, 10) };
  const series = await Promise.all(places.map((directory) => lintSeries(directory, known)));
  const faults = series.flatMap((one) => one.faults);
  const joined = await joinAll(series, faults, context);
  const packages: Row[] = [];
  for (const source of sources) packages.push(await tryOn(source, joined, faults, context));
  return {
    schema: 'mft-patch/patches-check@1',
    directories: [...places],
    patches: series.reduce((sum, { named }) => sum + named, 0),
    faults,
    packages,
  };
}

async function knownVersions(context: Context): Promise<{ mft: string[]; kernel: string }> {
  const [releases, targets] = await Promise.all([loadReleases(context), loadTargets(context)]);
  const newest = targets.map(({ kernel }) => kernel).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
  return { mft: releases.flatMap(({ version }) => mftNumber(version) ?? []), kernel: newest ?? '' };
}

/** The project's patches with all others after them. One with a name that is taken is a fault, and left out. */
async function joinAll(series: readonly LintedSeries[], faults: Fault[], context: Context): Promise<OriginatedPatch[]> {
  const isOurs = await Promise.all(series.map(({ directory }) => isProjectSeries(directory)));
  let joined = await joinSeries(isOurs.includes(true) ? [] : await loadPatches(context), []);
  for (const [index, { directory, patches }] of series.entries()) {
    for (const patch of patches) {
      const file = join(directory, `${patch.id}.patch`);
      const isTaken = joined.some((one) => one.patch.id === patch.id);
      if (isTaken) faults.push({ file, line: 1, of: 'series', detail: 'a patch before it, or of mft-patch, has this name' });
      else joined = [...joined, { patch, directory: isOurs[index] ? undefined : directory }];
    }
  }
  return joined;
}

/** Applies all that concern the release of a package, one after the other, and then as `build` does for all kernels. */
async function tryOn(source: Source, joined: readonly OriginatedPatch[], faults: Fault[], context: Context): Promise<Row> {
  const read = await readVendorPackage(source, context);
  const patches = joined.map(({ patch }) => patch).filter((patch) => patch.package === read.name);
  const plan = planPatches({ ...read, patches }, undefined);
  const { path } = read.vendor;
  const applied = applyChoices(plan.choices, sourcesOf(read.deb, read.sourceRoot));
  const directoryOf = (id: string) => joined.find(({ patch }) => patch.id === id)?.directory;
  const fileOf = (id: string) => join(directoryOf(id) ?? projectPath('patches'), `${id}.patch`);
  const failed = applied.filter(({ status }) => status === 'failed');
  faults.push(...failed.map((one) => faultOf(one, fileOf(one.patch.id), path)));
  if (failed.length === 0) {
    // Which of them come together depends on the kernel.
    const { buildPackage } = await import('../packaging/patched-package.js');
    await buildPackage(plan).catch((error: unknown) => {
      if (!(error instanceof MftPatchError) || error.failure.code !== 'patch-does-not-apply') throw error;
      const { patch } = error.failure;
      const detail = `does not apply to ${path} without some of the patches before it: ${explain(error.failure).message.split('\n')[1]?.trim()}`;
      faults.push({ file: fileOf(patch), line: 1, of: 'package', detail });
    });
  }
  const rows = applied.map(({ patch: { id }, status, reason }) => {
    return { id, origin: directoryOf(id) === undefined ? ('ours' as const) : ('own' as const), status, reason };
  });
  return { path, ...packageField(read.name), mft: read.mft, patches: rows };
}

/** A hunk that does not fit, at its line of the patch file. */
function faultOf({ patch, reason, hunks }: AppliedPatch, file: string, path: string): Fault {
  const lines = patch.bytes.toString('latin1').split('\n');
  const [hunk] = hunks;
  const start = lines.findIndex((line) => line === `--- a/${hunk?.file}` || line.startsWith(`--- a/${hunk?.file}\t`));
  const line = Math.max(start, 0) + lineOf(lines.slice(Math.max(start, 0)).join('\n'), new RegExp(`^@@ -${hunk?.line}[ ,]`));
  return { file, line, of: 'package', detail: `does not apply to ${path}: ${reason}` };
}
