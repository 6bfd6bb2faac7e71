/** Which options contradict each other or do not apply: such a command line is refused, since no option is ignored. */
import { fail } from '../errors.js';
import type { OptionName } from './options.js';

/** What a command asks of its options. */
export interface Rules {
  /** Of each list at most one may be given. */
  exclusive?: OptionName[][];
  /** The first requires one of the others. */
  requires?: [OptionName, ...OptionName[]][];
  /** The first does not apply together with any of the others. */
  conflicts?: [OptionName, ...OptionName[]][];
}

/**
 * Refuses a command line that breaks the rules.
 *
 * @param given the options and arguments that are on the command line
 * @param flagOf how an option is written
 * @throws usage
 */
export function checkRules(rules: Rules, given: ReadonlySet<OptionName>, flagOf: (name: OptionName) => string): void {
  const refuse = (detail: string, hint: string): never => fail({ code: 'usage', detail, hint });
  for (const list of rules.exclusive ?? []) {
    const several = list.filter((name) => given.has(name));
    if (several.length > 1)
      refuse(`${several.map(flagOf).join(' and ')} are mutually exclusive`, `pass only one of ${list.map(flagOf).join(', ')}`);
  }
  for (const [name, ...others] of rules.requires ?? []) {
    const flags = others.map(flagOf).join(' or ');
    if (given.has(name) && !others.some((other) => given.has(other)))
      refuse(`${flagOf(name)} requires ${flags}`, `pass ${flags}, or omit ${flagOf(name)}`);
  }
  for (const [name, ...others] of rules.conflicts ?? []) {
    const other = others.find((candidate) => given.has(candidate));
    if (given.has(name) && other !== undefined) refuse(`${flagOf(other)} does not apply with ${flagOf(name)}`, `omit one of them`);
  }
}
