/** The patches of one's own in a directory to edit, as layers on the source: what each has made of the files, and makes now. */
import { fail, messageOf } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { diffOf } from '../patches/make-diff.js';
import type { Patch } from '../patches/patch.js';
import type { Sources } from './lay-out.js';
import { withEdits } from './owners.js';

/** The files before the first patch and after each. @throws no-input for one that does not apply */
export function statesOf(start: Sources, patches: readonly Patch[], directory: string): Sources[] {
  const states: Sources[] = [start];
  for (const patch of patches) {
    const before = states.at(-1) ?? start;
    const result = applyPatch(patch, before);
    if (result.status !== 'applied')
      fail({
        code: 'no-input',
        path: directory,
        detail: `patch ${patch.id} does not apply to its start any more`,
        hint: 'lay the source out again',
      });
    states.push(new Map([...before, ...result.contents]));
  }
  return states;
}

/**
 * What the files become, from patch to patch, with the changes in the patches that they belong to.
 * @param target as `withEdits` has it; if it is new and nothing is left for it, there is no state more
 */
export function editedStates(states: readonly Sources[], edited: Sources, target: number): Sources[] {
  const last = states.at(-1) ?? new Map();
  const changed = states.map((files) => new Map(files));
  for (const [path, text] of edited) {
    if (last.get(path) === text) continue;
    const texts = withEdits(
      states.map((files) => files.get(path) ?? ''),
      text,
      target,
    );
    for (const [level, files] of changed.entries()) files.set(path, texts[level] ?? '');
  }
  const top = changed.at(-1) ?? new Map();
  const isLeft = [...edited].some(([path, text]) => top.get(path) !== text);
  return isLeft ? [...changed, edited] : changed;
}

/** The diff between two states, its files in the order of their paths. @throws usage if it cannot be made */
export function diffBetween(before: Sources, after: Sources): string {
  const paths = [...after.keys()].filter((path) => before.get(path) !== after.get(path)).sort();
  try {
    return paths.map((path) => diffOf(path, before.get(path) ?? '', after.get(path) ?? '')).join('');
  } catch (error) {
    return fail(
      { code: 'usage', detail: messageOf(error), hint: 'change another line beside it, so that the place is told from its like' },
      error,
    );
  }
}

/** Whether a patch makes just that of the files. */
export function makes(patch: Patch, before: Sources, after: Sources): boolean {
  const result = applyPatch(patch, before);
  if (result.status !== 'applied') return false;
  return [...after].every(([path, text]) => (result.contents.get(path) ?? before.get(path)) === text);
}
