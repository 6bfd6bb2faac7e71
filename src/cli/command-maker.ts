/** What all commands have: the general options, examples in the help, rules on options. */
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import { localPath } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import type { ResultDocument } from '../documents/index.js';
import { type OptionName, options } from './options.js';
import { checkRules, type Rules } from './rules.js';

export interface CommonOptions {
  json?: true;
  quiet?: true;
  verbose?: true;
  offline?: true;
  cacheDir?: string;
  /** Of the commands that download. */
  lock?: string;
  patches?: string[];
  kernelsDir?: string;
  releases?: string;
  /** The files that the other options and arguments name as input. */
  inputs?: string[];
}

/** Does a command's work and shows its result. */
export type Show = (options: CommonOptions, work: (context: Context) => Promise<ResultDocument>) => Promise<void>;

/** A command with the options that all have. */
export type MakeCommand = ReturnType<typeof commandMaker>;

interface Details {
  /** Command lines for the help. */
  examples: string[];
  rules?: Rules;
}

/** Makes what makes a command of the program. */
export function commandMaker(program: Command) {
  return (name: string, description: string, { examples, rules = {} }: Details, parent: Command = program) => {
    const command = parent
      .command(name)
      .description(description)
      .copyInheritedSettings(program)
      .allowExcessArguments(false)
      .addOption(options.json)
      .addOption(options.quiet)
      .addOption(options.verbose)
      .addOption(options.offline)
      .addOption(options.cacheDir)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}`);
    refuseBrokenRules(command as unknown as Command, rules);
    return command;
  };
}

/** The paths among the options and arguments that name what is read. */
function inputsOf(command: CommandUnknownOpts): string[] {
  const { bundle, deb, kernelSource, kernelConfig, merge } = command.opts() as Record<string, string | string[] | undefined>;
  const isFile = ['file', 'deb', 'record'].includes(command.registeredArguments[0]?.name() ?? '');
  const places = [bundle, deb, kernelSource, kernelConfig, merge, ...(isFile ? command.args : [])].flatMap((place) => place ?? []);
  return places.map(localPath);
}

/** Checks the rules between parsing and the action. */
function refuseBrokenRules(command: Command, rules: Rules): void {
  const given = new Set<OptionName>();
  const names = Object.keys(options) as Exclude<OptionName, 'file'>[];
  const flagOf = (name: OptionName) => (name === 'file' ? 'FILE' : `--${options[name].name()}`);
  for (const name of names) {
    command.on(`option:${options[name].name()}`, () => {
      if (command.options.some((option) => (option as unknown) === options[name])) given.add(name);
    });
  }
  command.hook('preAction', (_, action) => {
    const { args, registeredArguments } = action;
    if (args.length > 0 && registeredArguments[0]?.name() === 'file') given.add('file');
    checkRules(rules, given, flagOf);
    action.setOptionValue('inputs', inputsOf(action));
  });
}
