/** The targets, and how many of the inputs each gets: depending on what an input costs, and on how exposed the code is. */
import { chosen } from './edits.js';
import type { FuzzTarget } from './target.js';
import {
  configTarget,
  kernelsTarget,
  lockTarget,
  osReleaseTarget,
  releasesTarget,
  resultsTarget,
  wordsTarget,
} from './targets/catalogues.js';
import { bundleTarget, packageTarget } from './targets/package.js';
import { confTarget, patchTarget, seriesTarget } from './targets/patches.js';
import { recordTarget } from './targets/records.js';
import { reportTarget } from './targets/reports.js';

interface TargetEntry {
  /** How many of the inputs it gets, relative to the others. */
  share: number;
  /** Makes the target. @param bases the directory with the bases */
  make(bases: string): FuzzTarget;
}

const targets = new Map<string, TargetEntry>(
  Object.entries({
    package: { share: 30, make: packageTarget },
    bundle: { share: 10, make: bundleTarget },
    patch: { share: 24, make: patchTarget },
    conf: { share: 6, make: confTarget },
    series: { share: 2, make: seriesTarget },
    kernels: { share: 8, make: kernelsTarget },
    releases: { share: 4, make: releasesTarget },
    lock: { share: 3, make: lockTarget },
    results: { share: 4, make: resultsTarget },
    config: { share: 2, make: configTarget },
    'os-release': { share: 2, make: osReleaseTarget },
    record: { share: 3, make: recordTarget },
    report: { share: 6, make: reportTarget },
    words: { share: 13, make: wordsTarget },
  }),
);

export const targetNames = [...targets.keys()];

/** @param bases the directory with the bases */
export function makeTarget(name: string, bases: string): FuzzTarget {
  const entry = targets.get(name);
  if (entry === undefined) throw new Error(`unknown target '${name}'; known targets: ${targetNames.join(', ')}`);
  return entry.make(bases);
}

const order = [...targets].flatMap(([name, { share }]) => Array.from({ length: share }, () => name));

/** The name of the target that gets the input of this number. @param names the targets that are fuzzed */
export function targetAt(number: number, names: readonly string[]): string {
  const mine = order.filter((name) => names.includes(name));
  // A step that has no divisor in common with the length mixes them.
  return chosen(mine, number * 37);
}
