/** Gives a command the options that the project file sets: a flag beats the file, the file beats environment and defaults. */
import { access } from 'node:fs/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type OptionName, options } from './options.js';
import type { Setting } from './project-file.js';
import { brokenRule, type Rules } from './rules.js';

/** A command line, as far as it was read. */
export interface Given {
  /** The options and arguments on it. */
  names: ReadonlySet<OptionName>;
  rules: Rules;
  /** What a project file does not decide for this command. */
  notFromFile: readonly OptionName[];
  /** How an option is written. */
  flagOf: (name: OptionName) => string;
}

/** What says nothing alone: where one of the first is on the command line, the second are not taken from the file. */
const bound: [OptionName[], OptionName[]][] = [
  [
    ['file', 'bundle', 'deb', 'mft', 'sample'],
    ['sha256', 'package'],
  ],
  [
    ['kernel', 'kernels', 'kernelSource', 'kernelConfig', 'headers', 'here'],
    ['kernel', 'kernelSource', 'kernelConfig'],
  ],
];

/** The project file of a run, and what of it holds for its command. */
export interface Project {
  path: string;
  settings: Setting[];
}

/** Sets the options of a command that the project file has and the command line has not. @returns undefined without such a file */
export async function takeProjectFile(command: CommandUnknownOpts, given: Given): Promise<Project | undefined> {
  const named = command.getOptionValue('config') as string | undefined;
  // What reads it takes some time to load.
  const isThere = await access('mft-patch.json').then(
    () => true,
    (error) => error.code !== 'ENOENT',
  );
  if (named === undefined && !isThere) return undefined;
  const file = await (await import('./project-file.js')).readProjectFile(named);
  if (file === undefined) return undefined;
  const settings = together(
    file.settings.filter((setting) => holds(setting, command, given)),
    given,
  );
  for (const { key, parsed } of settings) {
    const option = options[key];
    command.setOptionValueWithSource(option.attributeName(), option.negate ? false : parsed, 'config');
  }
  return { path: file.path, settings };
}

/** Whether a command takes a setting: it has that option, and the command line does not say otherwise. */
function holds({ key }: Setting, command: CommandUnknownOpts, { names, rules, notFromFile, flagOf }: Given): boolean {
  const isTaken = command.options.some((option) => (option as unknown) === options[key]);
  if (!isTaken || names.has(key) || notFromFile.includes(key)) return false;
  if (bound.some(([givens, dropped]) => dropped.includes(key) && givens.some((name) => names.has(name)))) return false;
  const { requires: _, ...others } = rules;
  return brokenRule(others, new Set([...names, key]), flagOf) === undefined;
}

/** Without those that require what neither the command line nor the file has: one that goes may be what another requires. */
function together(settings: Setting[], given: Given): Setting[] {
  const { requires = [] } = given.rules;
  const there = new Set([...given.names, ...settings.map(({ key }) => key)]);
  const left = settings.filter(
    ({ key }) => brokenRule({ requires: requires.filter(([name]) => name === key) }, there, given.flagOf) === undefined,
  );
  return left.length === settings.length ? settings : together(left, given);
}
