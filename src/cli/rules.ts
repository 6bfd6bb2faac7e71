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
  /** The option has no use with another one, unless one of a third kind is given. */
  needless?: { option: OptionName; with: OptionName; unless: OptionName[] }[];
}

/** What is wrong with a command line. */
export interface BrokenRule {
  detail: string;
  hint: string;
}

/**
 * Refuses a command line that breaks the rules.
 *
 * @param given the options and arguments that are on the command line
 * @param flagOf how an option is written
 * @throws usage
 */
export function checkRules(rules: Rules, given: ReadonlySet<OptionName>, flagOf: (name: OptionName) => string): void {
  const broken = brokenRule(rules, given, flagOf);
  if (broken) fail({ code: 'usage', ...broken });
}

/** The first rule that options break, in words. */
export function brokenRule(rules: Rules, given: ReadonlySet<OptionName>, flagOf: (name: OptionName) => string): BrokenRule | undefined {
  const listed = (names: readonly OptionName[], word: string) => names.map(flagOf).join(` ${word} `);
  const findings = [
    ...(rules.exclusive ?? []).map((list) => {
      const several = list.filter((name) => given.has(name));
      if (several.length < 2) return undefined;
      return { detail: `${listed(several, 'and')} are mutually exclusive`, hint: `pass only one of ${list.map(flagOf).join(', ')}` };
    }),
    ...(rules.requires ?? []).map(([name, ...others]) => {
      if (!given.has(name) || others.some((other) => given.has(other))) return undefined;
      const flags = listed(others, 'or');
      return { detail: `${flagOf(name)} requires ${flags}`, hint: `pass ${flags}, or omit ${flagOf(name)}` };
    }),
    ...(rules.conflicts ?? []).map(([name, ...others]) => {
      const other = others.find((candidate) => given.has(candidate));
      if (!given.has(name) || other === undefined) return undefined;
      return { detail: `${flagOf(other)} does not apply with ${flagOf(name)}`, hint: 'omit one of them' };
    }),
    ...(rules.needless ?? []).map(({ option, with: other, unless }) => {
      if (!given.has(option) || !given.has(other) || unless.some((name) => given.has(name))) return undefined;
      return {
        detail: `${flagOf(option)} does not apply with ${flagOf(other)}`,
        hint: `omit ${flagOf(option)}, or pass ${listed(unless, 'or')}`,
      };
    }),
  ];
  return findings.find((finding) => finding !== undefined);
}
