/** Applies the patches that a kernel gets to the sources of a package, one after the other. */

import { type Applied, applyPatch } from '../patches/apply.js';
import type { Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';

/** What became of a patch, and the files after it. */
export interface AppliedPatch {
  patch: Patch;
  status: Applied['status'];
  /** Why it was chosen or not, and what the source says to that. */
  reason: string;
  hunks: { file: string; line: number }[];
  files: ReadonlyMap<string, string>;
}

/**
 * One that does not apply is left out: those after it are tested as well.
 *
 * @param sources as Latin-1, by path relative to the root of the dkms source
 */
export function applyChoices(choices: readonly Choice[], sources: ReadonlyMap<string, string>): AppliedPatch[] {
  let files = sources;
  return choices.map(({ patch, selected, reason }): AppliedPatch => {
    if (!selected) return { patch, status: 'not-needed', reason, hunks: [], files };
    const result = applyPatch(patch, files);
    switch (result.status) {
      case 'failed': {
        const [hunk] = result.hunks;
        const hunks = result.hunks.map(({ file, line }) => ({ file, line }));
        return { patch, status: 'failed', reason: `${hunk?.file}:${hunk?.line}: ${hunk?.cause}`, hunks, files };
      }
      case 'not-needed':
        return { patch, status: 'not-needed', reason: `${reason}, but ${result.reason}`, hunks: [], files };
      case 'applied':
        files = new Map([...files, ...result.contents]);
    }
    return { patch, status: result.status, reason, hunks: result.hunks.map(({ file, line }) => ({ file, line })), files };
  });
}
