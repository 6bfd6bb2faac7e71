/** What the commands print that make patches: `edit`, `save`, and those below `patches`. */
import * as v from 'valibot';
import { kernelChoice, mftVersion, packageName, sha256, text } from './common.js';

const origin = v.pipe(v.picklist(['ours', 'own']), v.description("ours: of mft-patch; own: of a directory of the user's"));
const place = v.object({ file: v.string(), line: v.number() });
const source = { path: text('the file or URL that was read'), sha256: v.pipe(sha256, v.description('of the package')) };

export const editDocument = v.object({
  schema: v.literal('mft-patch/edit@1'),
  directory: text('where the source is laid out'),
  source: v.object(source),
  package: v.exactOptional(packageName),
  mft: mftVersion,
  kernel: kernelChoice,
  kept: v.pipe(v.picklist(['git', 'copy']), v.description('how the start is kept: as commits of a git repository, or as a copy')),
  patches: v.array(
    v.object({
      id: v.string(),
      sha256,
      origin,
      status: v.pipe(
        v.picklist(['applied', 'already-applied', 'not-needed', 'failed']),
        v.description('failed: it does not apply to this source, and is left out'),
      ),
      reason: v.string(),
      hunks: v.array(place),
    }),
  ),
});
export type EditDocument = v.InferOutput<typeof editDocument>;

export const saveDocument = v.object({
  schema: v.literal('mft-patch/save@1'),
  directory: text('where the source is laid out'),
  source: v.object(source),
  series: text('the file that names the patches in their order'),
  patches: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        path: v.string(),
        sha256,
        status: v.pipe(v.picklist(['new', 'refreshed', 'unchanged']), v.description('what became of its file')),
        hunks: v.pipe(v.array(place), v.description('what it changes; the lines as the patch states them')),
      }),
    ),
    v.description("one's own patches that are applied there, in their order"),
  ),
});
export type SaveDocument = v.InferOutput<typeof saveDocument>;

export const patchesCheckDocument = v.object({
  schema: v.literal('mft-patch/patches-check@1'),
  directories: v.pipe(v.array(v.string()), v.description('the series that were checked')),
  patches: v.pipe(v.number(), v.description('how many patches they name')),
  faults: v.array(
    v.object({
      file: v.string(),
      line: v.number(),
      of: v.pipe(
        v.picklist(['series', 'package']),
        v.description('series: the file is wrong by itself; package: it does not apply to one'),
      ),
      detail: v.string(),
    }),
  ),
  packages: v.array(
    v.object({
      path: v.string(),
      package: v.exactOptional(packageName),
      mft: mftVersion,
      patches: v.array(
        v.object({
          id: v.string(),
          origin,
          status: v.picklist(['applied', 'already-applied', 'not-needed', 'failed']),
          reason: v.string(),
        }),
      ),
    }),
  ),
});
export type PatchesCheckDocument = v.InferOutput<typeof patchesCheckDocument>;

export const patchesExportDocument = v.object({
  schema: v.literal('mft-patch/patches-export@1'),
  directory: v.string(),
  source: v.object(source),
  package: v.exactOptional(packageName),
  mft: mftVersion,
  kernel: kernelChoice,
  patches: v.pipe(
    v.array(v.object({ id: v.string(), path: v.string(), sha256 })),
    v.description('what was written, in the order of the series'),
  ),
  leftOut: v.array(v.object({ id: v.string(), reason: v.string() })),
});
export type PatchesExportDocument = v.InferOutput<typeof patchesExportDocument>;

export const patchesReportDocument = v.object({
  schema: v.literal('mft-patch/patches-report@1'),
  id: v.string(),
  sha256,
  origin,
  header: v.pipe(v.record(v.string(), v.string()), v.description('the fields of its header')),
  files: v.pipe(v.array(v.string()), v.description('what it changes')),
  verdicts: v.exactOptional(
    v.object({
      mft: mftVersion,
      cells: v.array(
        v.object({
          mft: v.exactOptional(v.pipe(mftVersion, v.description('its release, where the result is of several'))),
          target: v.string(),
          kernel: v.string(),
          release: v.string(),
          acts: v.pipe(v.boolean(), v.description('whether this kernel gets the patch')),
          vendor: v.exactOptional(v.string()),
          patched: v.string(),
          reason: v.exactOptional(v.string()),
        }),
      ),
      outdated: v.pipe(v.array(v.string()), v.description('targets whose verdict is on another text of the patch; they are not in cells')),
    }),
  ),
});
export type PatchesReportDocument = v.InferOutput<typeof patchesReportDocument>;
