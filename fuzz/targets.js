/** What is fuzzed, and how much of each: by what an input costs, and how far the outside world has a hand in it. */
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

/** By name: the share, and what makes the target from the folder with the bases. */
export const targets = {
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
};

const order = Object.entries(targets).flatMap(([name, { share }]) => Array.from({ length: share }, () => name));

/** The target that the input of this number goes to. */
export function targetAt(number, names) {
  const mine = order.filter((name) => names.includes(name));
  // A step that has no divisor in common with the length mixes them.
  return mine[(number * 37) % mine.length];
}
