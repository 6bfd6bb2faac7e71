import type { StructuredPatchHunk } from 'diff';

/**
 * How far from its line a hunk may lie. The sources in question have about a thousand lines and move by tens between
 * releases; farther off is another function.
 */
export const maxOffset = 600;

export type Place =
  /** Lines count from 0. */
  { found: true; index: number } | { found: false; ambiguous: boolean; cause: string };

/** The lines of a text, each with its newline; the last may have none. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** The lines of a hunk before (`-`) or after (`+`) the change, each with its newline unless the hunk says that it has none. */
export function sideOf(hunk: StructuredPatchHunk, sign: '-' | '+'): string[] {
  return hunk.lines.flatMap((line, i) => {
    if (line[0] !== ' ' && line[0] !== sign) return [];
    return [hunk.lines[i + 1]?.[0] === '\\' ? line.slice(1) : `${line.slice(1)}\n`];
  });
}

/** How many lines of context a hunk has before its first change and after its last. */
export function contextOf(hunk: StructuredPatchHunk): { before: number; after: number } {
  const lines = hunk.lines.filter((line) => line[0] !== '\\');
  return { before: lines.findIndex((line) => line[0] !== ' '), after: [...lines].reverse().findIndex((line) => line[0] !== ' ') };
}

/**
 * Finds the one place of a hunk in a file: all its lines, exactly, within `maxOffset` lines of where it says, after
 * the changes of the hunk before it. Two such places are refused even if one is at the very line: a patch serves many
 * releases, and the line is right in one of them.
 *
 * As patch(1) does with `-F0`, a hunk with more context after than before it, and line 1 in its header, fits only
 * the start of the file, and one with more context before than after only the end.
 *
 * @param lines as `linesOf` gives them
 * @param after the first line that an earlier hunk has not changed
 */
export function locate(hunk: StructuredPatchHunk, lines: readonly string[], after: number): Place {
  const expected = sideOf(hunk, '-');
  const stated = hunk.oldStart - 1;
  const last = lines.length - expected.length;
  const context = contextOf(hunk);
  const atStart = context.before < context.after && hunk.oldStart <= 1;
  const tied = atStart || context.after < context.before;
  const from = tied ? (atStart ? 0 : last) : stated - maxOffset;
  const to = tied ? from : stated + maxOffset;
  const placesBy = (form: (line: string) => string) => {
    const places: number[] = [];
    for (let index = Math.max(after, from, stated - maxOffset); index <= Math.min(last, to, stated + maxOffset); index++) {
      if (expected.every((line, i) => form(lines[index + i] ?? '') === form(line))) places.push(index);
    }
    return places;
  };
  const places = placesBy((line) => line);
  const [index, second] = places;
  if (second !== undefined)
    return { found: false, ambiguous: true, cause: `matches more than once: lines ${places.map((place) => place + 1).join(', ')}` };
  if (index !== undefined) return { found: true, index };
  const cause =
    placesBy(withoutNewline).length > 0
      ? 'the newline at the end of the file differs from what the patch says'
      : tied
        ? `must match at the ${atStart ? 'start' : 'end'} of the file`
        : `not found within ${maxOffset} lines`;
  return { found: false, ambiguous: false, cause };
}

export function withoutNewline(line: string): string {
  return line.replace(/\n$/, '');
}
