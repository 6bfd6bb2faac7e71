/** Which patch a change of the sources belongs to, and what the patches make of a file with it. */
import { type Change, changesBetween } from '../patches/changes.js';
import { linesOf } from '../patches/locate.js';

interface Region {
  start: number;
  end: number;
}

/** A change on top of all patches, and where it is on top of each: known from the patch that it belongs to upward. */
interface Edit {
  owner: number;
  regions: Region[];
  lines: string[];
}

/**
 * Gives each change of a file to the patch that made the lines which it changes, the last one where these are several; and what
 * changes no patch's lines to `target`. It then goes into what that patch makes of the file, and the patches after it.
 *
 * @param states the file before the first patch, and after each
 * @param edited the file as it is now, on top of all
 * @param target the number of a patch, from 1; above the last one's for a new patch
 * @returns the states with the changes in them; one more if `target` is new
 */
export function withEdits(states: readonly string[], edited: string, target: number): string[] {
  const texts = states.map(linesOf);
  const last = texts.length - 1;
  const after = linesOf(edited);
  const layers = texts.slice(1).map((text, index) => changesBetween(texts[index] ?? [], text));
  const edits = changesBetween(texts[last] ?? [], after).map((change) => editOf(change, after, layers, target));
  const changed = texts.map((lines, level) => apply(lines, level, edits).join(''));
  return target > last ? [...changed, edited] : changed;
}

/** Goes down from the last patch, as long as the lines are those of the source below. */
function editOf(change: Change, after: readonly string[], layers: readonly Change[][], target: number): Edit {
  const regions: Region[] = [];
  let region: Region = { start: change.oldStart, end: change.oldEnd };
  const lines = after.slice(change.newStart, change.newEnd);
  for (let level = layers.length; level > 0; level--) {
    regions[level] = region;
    const layer = layers[level - 1] ?? [];
    if (layer.some((made) => isWithin(region, made))) return { owner: level, regions, lines };
    region = below(region, layer);
  }
  return { owner: target, regions, lines };
}

/** Whether a region has lines that a patch made, or the place of lines that it removed. */
function isWithin({ start, end }: Region, { newStart, newEnd }: Change): boolean {
  if (start === end) return newStart === newEnd ? start === newStart : newStart < start && start < newEnd;
  return newStart === newEnd ? start < newStart && newStart < end : start < newEnd && newStart < end;
}

/** Where a region is that a patch has left as it was, before that patch. */
function below({ start, end }: Region, layer: readonly Change[]): Region {
  const shift = layer
    .filter(({ newEnd }) => newEnd <= start)
    .reduce((sum, { oldStart, oldEnd, newStart, newEnd }) => sum + (oldEnd - oldStart) - (newEnd - newStart), 0);
  return { start: start + shift, end: end + shift };
}

function apply(lines: readonly string[], level: number, edits: readonly Edit[]): string[] {
  const result: string[] = [];
  let done = 0;
  for (const { owner, regions, lines: put } of edits) {
    const region = regions[level];
    if (owner > level || region === undefined) continue;
    result.push(...lines.slice(done, region.start), ...put);
    done = region.end;
  }
  return [...result, ...lines.slice(done)];
}
