import fc from 'fast-check';

/** The input of a number: it follows from the seed and that number alone, whichever process makes it. */
export function inputOf(target, seed, number) {
  return fc.sample(target.inputs, { seed: (seed + number) | 0, numRuns: 1 })[0];
}
