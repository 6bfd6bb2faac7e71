/** What a target of the fuzzer is. */
import fc from 'fast-check';

/** An input, as far as the fuzzer itself must know it: its edits can be left out. */
export type FuzzInput = { edits: readonly unknown[] } | { plain: { edits: readonly unknown[] } };

export interface FuzzTarget<Input = FuzzInput> {
  inputs: fc.Arbitrary<Input>;
  bytes(input: Input): Buffer;
  /**
   * Gives the bytes to the program.
   *
   * @param place a directory that may be written to
   * @returns the outcome, for the statistics
   * @throws Fault
   */
  run(bytes: Buffer, place: string): Promise<string>;
}

/** The input of a number: it depends on the seed and that number alone, in whichever process it is made. */
export function inputOf(target: FuzzTarget, seed: number, number: number): FuzzInput {
  const [input] = fc.sample(target.inputs, { seed: (seed + number) | 0, numRuns: 1 });
  if (input === undefined) throw new RangeError('no input');
  return input;
}
