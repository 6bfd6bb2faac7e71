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
