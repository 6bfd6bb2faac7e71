import type { KernelVerdict } from '../documents/index.js';

/** What `container/verify.sh` found, by the names of its files. */
export type Facts = ReadonlyMap<string, string>;

/** A fact without blanks around it; empty if it is missing. */
export function factOf(facts: Facts, name: string): string {
  return facts.get(name)?.trim() ?? '';
}

/** The lines of a fact that is a table, as its fields. */
export function rowsOf(facts: Facts, name: string): string[][] {
  return (facts.get(name) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** What the image builds modules with; nothing if it does not say. */
export function toolsOf(facts: Facts): Pick<KernelVerdict, 'tools'> {
  const [dkms, compiler] = [factOf(facts, 'dkms.version'), factOf(facts, 'compiler')];
  return dkms === '' && compiler === '' ? {} : { tools: { dkms, compiler } };
}
