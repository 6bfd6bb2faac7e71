/** Makes the diff of a patch, with the least context by which each hunk has one place. */
import type { StructuredPatchHunk } from 'diff';
import { reversePatch } from 'diff/lib/patch/reverse.js';
import { type Change, changesBetween } from './changes.js';
import { contextOf, linesOf, locate } from './locate.js';

interface Texts {
  before: string[];
  after: string[];
}

/** Context in lines, before the first change of a hunk and after the last. */
type Margin = readonly [before: number, after: number];

/** The most context that is tried, in lines. */
const maxContext = 400;

/**
 * The diff of a file: each hunk has the fewest lines of context by which `locate` finds one place for it, in the old text and, in
 * reverse, in the new one, since that is how a patch is known to be applied already.
 *
 * @param path relative to the root of the dkms source
 * @param before as Latin-1, like `after`
 * @returns the text from `---` on; empty if the texts are equal
 * @throws SyntaxError if a hunk has no place of its own, whatever its context
 */
export function diffOf(path: string, before: string, after: string): string {
  const texts = { before: linesOf(before), after: linesOf(after) };
  const hunks = hunksOf(texts, changesBetween(texts.before, texts.after));
  if (hunks === undefined) throw new SyntaxError(`${path}: a hunk has no place of its own, whatever its context`);
  if (hunks.length === 0) return '';
  return `--- a/${path}\n+++ b/${path}\n${hunks.map(textOf).join('')}`;
}

/** The hunks, undefined if one has no place. @param changes each becomes a hunk, or a part of one with its neighbours */
function hunksOf(texts: Texts, changes: readonly Change[]): StructuredPatchHunk[] | undefined {
  const margins: Margin[] = [];
  for (const [index, change] of changes.entries()) {
    const neighbours = { previous: changes[index - 1], next: changes[index + 1] };
    const margin = leastContext(texts, change, neighbours);
    if (margin === undefined)
      return changes.length === 1 ? undefined : hunksOf(texts, merged(changes, neighbours.next ? index : index - 1));
    const room = change.oldStart - (neighbours.previous?.oldEnd ?? 0);
    if (index > 0 && margin[0] + (margins[index - 1]?.[1] ?? 0) > room) return hunksOf(texts, merged(changes, index - 1));
    margins.push(margin);
  }
  return changes.map((change, index) => hunkOf(texts, change, margins[index] ?? [0, 0]));
}

/** Hunks whose contexts would overlap become one: then that with this index and the next. */
function merged(changes: readonly Change[], index: number): Change[] {
  const [one, other] = [changes[index], changes[index + 1]];
  if (one === undefined || other === undefined) return [...changes];
  return [...changes.slice(0, index), { ...one, oldEnd: other.oldEnd, newEnd: other.newEnd }, ...changes.slice(index + 2)];
}

interface Neighbours {
  previous: Change | undefined;
  next: Change | undefined;
}

/** How many more lines are tried for a better context than the first that fits. */
const moreContext = 6;

function leastContext(texts: Texts, change: Change, neighbours: Neighbours): Margin | undefined {
  const { previous, next } = neighbours;
  const most: Margin = [change.oldStart - (previous?.oldEnd ?? 0), (next?.oldStart ?? texts.before.length) - change.oldEnd];
  let best: { margin: Margin; faults: number } | undefined;
  for (const margin of candidates(most)) {
    if (best && margin[0] + margin[1] > best.margin[0] + best.margin[1] + moreContext) break;
    const hunk = hunkOf(texts, change, margin);
    if (!hasOnePlace(hunk, texts, previous)) continue;
    const faults = faultsOf(hunk, texts, previous);
    if (faults === 0) return margin;
    if (best === undefined || faults < best.faults) best = { margin, faults };
  }
  return best?.margin;
}

/** All that there are lines for, the fewest lines first and of the same number the most balanced. */
function* candidates([above, below]: Margin): Generator<Margin> {
  for (let total = 0; total <= Math.min(maxContext, above + below); total++) {
    for (let first = Math.floor(total / 2), second = total - first; second <= total; first--, second++) {
      if (first <= above && second <= below) yield [first, second];
      if (first !== second && second <= above && first <= below) yield [second, first];
    }
  }
}

/**
 * How much there is against a hunk. One that is tied to the start or the end of the file (see `locate`) fits no release in which
 * something was added there; one that fits again after it was applied is applied twice to a release that has the change.
 */
function faultsOf(hunk: StructuredPatchHunk, { after }: Texts, previous: Change | undefined): number {
  const context = contextOf(hunk);
  const isTied = context.after < context.before || (context.before < context.after && hunk.oldStart <= 1);
  const again = locate(hunk, after, previous?.newEnd ?? 0);
  return (isTied ? 2 : 0) + (again.found || again.ambiguous ? 1 : 0);
}

function hasOnePlace(hunk: StructuredPatchHunk, texts: Texts, previous: Change | undefined): boolean {
  if (!hunk.lines.some((line) => line[0] === ' ' || line[0] === '-')) return false;
  const [reversed] = reversePatch({ oldFileName: '', newFileName: '', oldHeader: '', newHeader: '', hunks: [hunk] }).hunks;
  const forward = locate(hunk, texts.before, previous?.oldEnd ?? 0);
  const backward = reversed && locate(reversed, texts.after, previous?.newEnd ?? 0);
  return forward.found && forward.index === hunk.oldStart - 1 && backward?.found === true && backward.index === hunk.newStart - 1;
}

function hunkOf({ before, after }: Texts, change: Change, [above, below]: Margin): StructuredPatchHunk {
  const [oldStart, newStart] = [change.oldStart - above, change.newStart - above];
  const sign = (mark: string, lines: readonly string[]) => lines.flatMap((line) => marked(mark, line));
  const lines = [
    ...sign(' ', before.slice(oldStart, change.oldStart)),
    ...inner(before.slice(change.oldStart, change.oldEnd), after.slice(change.newStart, change.newEnd), sign),
    ...sign(' ', before.slice(change.oldEnd, change.oldEnd + below)),
  ];
  return {
    oldStart: oldStart + 1,
    oldLines: change.oldEnd + below - oldStart,
    newStart: newStart + 1,
    newLines: change.newEnd + below - newStart,
    lines,
  };
}

/** The lines between the context: what several changes have between them stays context. */
function inner(before: readonly string[], after: readonly string[], sign: (mark: string, lines: readonly string[]) => string[]): string[] {
  const lines: string[] = [];
  let done = 0;
  for (const { oldStart, oldEnd, newStart, newEnd } of changesBetween(before, after)) {
    lines.push(...sign(' ', before.slice(done, oldStart)), ...sign('-', before.slice(oldStart, oldEnd)));
    lines.push(...sign('+', after.slice(newStart, newEnd)));
    done = oldEnd;
  }
  return [...lines, ...sign(' ', before.slice(done))];
}

function marked(mark: string, line: string): string[] {
  return line.endsWith('\n') ? [mark + line.slice(0, -1)] : [mark + line, '\\ No newline at end of file'];
}

function textOf({ oldStart, oldLines, newStart, newLines, lines }: StructuredPatchHunk): string {
  const header = `@@ -${rangeOf(oldStart, oldLines)} +${rangeOf(newStart, newLines)} @@`;
  return [header, ...lines, ''].join('\n');
}

/** A side of a hunk's header as diff(1) writes it: of one without lines the line before. */
export function rangeOf(start: number, lines: number): string {
  if (lines === 1) return String(start);
  return `${lines === 0 ? start - 1 : start},${lines}`;
}
