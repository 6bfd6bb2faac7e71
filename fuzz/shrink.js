/** A failing input made small, and saved for the tests. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { inputOf } from './inputs.js';
import { runAlone } from './lane.js';
import { targets } from './targets.js';

const cases = fileURLToPath(new URL('../test/fuzz/cases', import.meta.url));

/**
 * The input without the edits that the fault does not need.
 *
 * @returns its bytes and what was found; undefined if it does not fail again by itself
 */
export async function smallest(folder, { name, done, seed }) {
  const target = targets[name].make(join(folder, 'bases'));
  let input = inputOf(target, seed, done);
  let found = await runAlone(folder, { target: name, input });
  if (!found.fault) return undefined;
  const { fault } = found;
  // What hangs is left as it is: each attempt would take its time again.
  for (let index = fault === 'hang' ? -1 : editsOf(input).length - 1; index >= 0; index--) {
    const smaller = withEdits(input, editsOf(input).toSpliced(index, 1));
    const result = await runAlone(folder, { target: name, input: smaller });
    if (result.fault === fault) [input, found] = [smaller, result];
  }
  return { bytes: target.bytes(input), detail: `${fault}: ${found.detail}`, input };
}

const editsOf = (input) => input.edits ?? input.plain.edits;
const withEdits = (input, edits) => (input.edits ? { ...input, edits } : { ...input, plain: { ...input.plain, edits } });

/** Saves an input for test/fuzz. @returns the file */
export function saveCase(target, bytes, found) {
  mkdirSync(cases, { recursive: true });
  const path = join(cases, `${target}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.json`);
  const text = { target, found: found.split('\n')[0], gzip: gzipSync(bytes, { level: 9 }).toString('base64') };
  writeFileSync(path, `${JSON.stringify(text, null, 2)}\n`);
  return path;
}
