/** Patches as they are for one release: with the lines at which their hunks are. */

import { rangeOf } from '../patches/make-diff.js';
import type { AppliedPatch } from './apply-series.js';
import { joinPatch, splitPatch } from './patch-text.js';

/**
 * The patch file with the lines of this release in its hunks' headers, so that quilt and patch(1), which take the place that is
 * nearest to the stated line, find each at once.
 *
 * @param applied with the place of each hunk, in the order of the file
 */
export function placedPatch({ patch, hunks }: AppliedPatch): Buffer {
  const { header, diff } = splitPatch(patch.bytes);
  let index = 0;
  let shift = { file: '', lines: 0 };
  const placed = diff.replace(/^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/gm, (stated, oldCount = '1', newCount = '1') => {
    const hunk = hunks[index++];
    if (hunk === undefined) return stated;
    if (shift.file !== hunk.file) shift = { file: hunk.file, lines: 0 };
    const [oldLines, newLines] = [Number(oldCount), Number(newCount)];
    const text = `@@ -${rangeOf(hunk.line, oldLines)} +${rangeOf(hunk.line + shift.lines, newLines)} @@`;
    shift.lines += newLines - oldLines;
    return text;
  });
  return joinPatch(header, placed);
}
