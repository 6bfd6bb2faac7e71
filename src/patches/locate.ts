import type { StructuredPatchHunk } from 'diff';

/**
 * How far from its line a hunk may lie. The sources in question have about a thousand lines and move by tens between
 * releases; farther off is another function.
 */
export const maxOffset = 600;

export type Place =
  /** Lines count from 0. */
  { found: true; index: number } | { found: false; cause: string };

/** The lines that a hunk expects to find. */
export function expectedLines(hunk: StructuredPatchHunk): string[] {
  return hunk.lines.filter((line) => line[0] === ' ' || line[0] === '-').map((line) => line.slice(1));
}

/**
 * Finds the one place of a hunk in a file: all its lines, exactly, within `maxOffset` lines of where it says, after
 * the hunk before it. Two such places are refused even if one is at the very line: a patch serves many releases, and
 * the line is right in one of them.
 *
 * As patch(1) does with `-F0`, a hunk with more context after than before it, and line 1 in its header, fits only
 * the start of the file, and one with more context before than after only the end.
 *
 * @param after the first line that an earlier hunk has not used
 */
export function locate(hunk: StructuredPatchHunk, lines: readonly string[], after: number): Place {
  const expected = expectedLines(hunk);
  const stated = hunk.oldStart - 1;
  const last = lines.length - expected.length;
  const fitsAt = (index: number) => index >= after && expected.every((line, i) => lines[index + i] === line);
  const { atStart, atEnd } = anchors(hunk);
  if (atStart || atEnd) {
    const index = atStart ? 0 : last;
    if (fitsAt(index) && (!(atStart && atEnd) || last === 0)) return { found: true, index };
    return { found: false, cause: `does not fit the ${atStart ? 'start' : 'end'} of the file, where its context ties it` };
  }
  const places: number[] = [];
  for (let index = Math.max(0, stated - maxOffset); index <= Math.min(last, stated + maxOffset); index++) {
    if (fitsAt(index)) places.push(index);
  }
  const [index, second] = places;
  if (index === undefined) return { found: false, cause: `these lines are not within ${maxOffset} lines of it` };
  if (second !== undefined)
    return { found: false, cause: `fits more than one place: lines ${places.map((place) => place + 1).join(', ')}` };
  return { found: true, index };
}

/** Which end of the file a hunk's context ties it to (patch(1), "Hunks with less prefix context than suffix context"). */
function anchors(hunk: StructuredPatchHunk): { atStart: boolean; atEnd: boolean } {
  const lines = hunk.lines.filter((line) => line[0] !== '\\');
  const prefix = lines.findIndex((line) => line[0] !== ' ');
  const suffix = [...lines].reverse().findIndex((line) => line[0] !== ' ');
  return { atStart: prefix < suffix && hunk.oldStart <= 1, atEnd: suffix < prefix };
}
