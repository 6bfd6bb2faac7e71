import { diffArrays } from 'diff/lib/diff/array.js';

/** Lines that another text has in the place of these. Lines count from 0; the ends are not part of it. */
export interface Change {
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/**
 * What differs between two texts, in order, without context: between two changes stands at least one common line.
 *
 * @param before lines as `linesOf` gives them
 */
export function changesBetween(before: readonly string[], after: readonly string[]): Change[] {
  const changes: Change[] = [];
  let [oldLine, newLine] = [0, 0];
  let open: Change | undefined;
  for (const { count, added, removed } of diffArrays([...before], [...after])) {
    if (!added && !removed) {
      open = undefined;
      oldLine += count;
      newLine += count;
      continue;
    }
    if (open === undefined) {
      open = { oldStart: oldLine, oldEnd: oldLine, newStart: newLine, newEnd: newLine };
      changes.push(open);
    }
    if (removed) oldLine += count;
    else newLine += count;
    open.oldEnd = oldLine;
    open.newEnd = newLine;
  }
  return changes;
}
