/** What a directory to edit remembers of itself: a small file in it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../context.js';
import { kernelChoice, mftVersion, packageName, sha256 } from '../documents/common.js';
import { fail } from '../errors.js';
import { fields, parseDataFile } from '../system/data-file.js';
import { asJson } from '../system/json.js';
import { writeAtomic } from '../system/stage.js';

/** The file of the state, and the directory with the start where there is no git. */
export const stateName = '.mft-patch-edit.json';
export const copyName = '.mft-patch-start';

const editState = fields({
  schema: v.literal('mft-patch/edit-state@1'),
  /** The package that was laid out. */
  source: fields({ path: v.string(), sha256 }),
  package: v.exactOptional(packageName),
  mft: mftVersion,
  kernel: kernelChoice,
  /** The commit of the source with the project's patches; missing if that is kept as a copy. */
  start: v.exactOptional(v.string()),
  /** The project's patches that are applied. */
  ours: v.array(fields({ id: v.string(), sha256 })),
  /** One's own that are applied, in their order, with the SHA-256 of their diffs. */
  own: v.array(fields({ id: v.string(), directory: v.string(), diff: sha256 })),
});
export type EditState = v.InferOutput<typeof editState>;

/** @throws no-input if the directory is not one to edit; bad-catalogue if its state is corrupt */
export async function readState(directory: string): Promise<EditState> {
  const path = join(directory, stateName);
  const hint = `lay a source out first: mft-patch edit FILE --kernel K --dir ${directory}`;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    fail(
      {
        code: 'no-input',
        path: directory,
        detail: error.code === 'ENOENT' ? `contains no ${stateName}` : `cannot read ${stateName}`,
        hint,
      },
      error,
    ),
  );
  return parseDataFile(editState, path, text);
}

/** Into a directory that nobody else sees yet. */
export async function writeNewState(directory: string, state: EditState): Promise<void> {
  await writeFile(join(directory, stateName), asJson(state));
}

/** @throws cannot-write */
export async function replaceState(directory: string, state: EditState, context: Context): Promise<void> {
  await writeAtomic(join(directory, stateName), asJson(state), context);
}
