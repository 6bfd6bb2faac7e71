/** Makes a failing input small, and saves it for the tests. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Result, runAlone } from './lane.js';
import { projectPath } from './project.js';
import { type FuzzInput, inputOf } from './target.js';
import { makeTarget } from './targets.js';

/** A failing input without the edits that the fault does not need. */
export interface SmallCase {
  input: FuzzInput;
  bytes: Buffer;
  detail: string;
}

/** Runs the input of a result alone, and removes edits from it. @returns undefined if it does not fail alone */
export async function smallest(directory: string, { name, done }: Result, seed: number): Promise<SmallCase | undefined> {
  const target = makeTarget(name, join(directory, 'bases'));
  let input = inputOf(target, seed, done);
  let found = await runAlone(directory, { target: name, input });
  const { fault } = found;
  if (!fault) return undefined;
  // An input that hangs stays as it is: each attempt would take as long again.
  for (let index = fault === 'hang' ? -1 : editsOf(input).length - 1; index >= 0; index--) {
    const smaller = withEdits(input, editsOf(input).toSpliced(index, 1));
    const result = await runAlone(directory, { target: name, input: smaller });
    if (result.fault === fault) [input, found] = [smaller, result];
  }
  return { bytes: target.bytes(input), detail: `${fault}: ${found.detail}`, input };
}

function editsOf(input: FuzzInput): readonly unknown[] {
  return 'edits' in input ? input.edits : input.plain.edits;
}

function withEdits(input: FuzzInput, edits: readonly unknown[]): FuzzInput {
  return 'edits' in input ? { ...input, edits } : { ...input, plain: { ...input.plain, edits } };
}

/** Saves an input for test/fuzz/fuzz.system.test.ts. @returns the file */
export function saveCase(target: string, { bytes, detail }: SmallCase): string {
  const cases = projectPath('test/fuzz/cases');
  mkdirSync(cases, { recursive: true });
  const path = join(cases, `${target}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.json`);
  const text = { target, found: detail.split('\n')[0], gzip: gzipSync(bytes, { level: 9 }).toString('base64') };
  writeFileSync(path, `${JSON.stringify(text, null, 2)}\n`);
  return path;
}
