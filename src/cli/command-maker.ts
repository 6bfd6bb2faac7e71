/** What all commands have: the general options, examples in the help, rules on options. */
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import { localPath } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import type { ResultDocument } from '../documents/index.js';
import { type OptionName, options } from './options.js';
import { type Project, takeProjectFile } from './project-options.js';
import { checkRules, type Rules } from './rules.js';
import type { ColorChoice } from './streams.js';

export interface CommonOptions {
  json?: true;
  quiet?: true;
  verbose?: true;
  color?: ColorChoice;
  offline?: true;
  cacheDir?: string;
  /** Of the commands that download. */
  lock?: string;
  patches?: string[];
  kernelsDir?: string;
  releases?: string;
  config?: string;
  /** The files that the other options and arguments name as input. */
  inputs?: string[];
  /** The options that the project file has set. */
  fromFile?: string[];
  origins?: Origins;
}

/** Where the options of a command are from. */
export interface Origins {
  /** What is on the command line, with the texts that follow each flag. */
  given: ReadonlyMap<OptionName, readonly string[]>;
  project: Project | undefined;
}

/** Does a command's work and shows its result. */
export type Show = (options: CommonOptions, work: (context: Context) => Promise<ResultDocument>) => Promise<void>;

/** A command with the options that all have. */
export type MakeCommand = ReturnType<typeof commandMaker>;

interface Details {
  /** Command lines for the help. */
  examples: string[];
  rules?: Rules;
  /** Options that the project file does not set for this command. */
  notFromFile?: OptionName[];
}

const examples = new WeakMap<object, readonly string[]>();

/** The command lines that the help of a command shows. */
export function examplesOf(command: CommandUnknownOpts): readonly string[] {
  return examples.get(command) ?? [];
}

/** Makes what makes a command of the program. */
export function commandMaker(program: Command) {
  return (name: string, description: string, { examples: lines, rules = {}, notFromFile = [] }: Details, parent: Command = program) => {
    const command = parent
      .command(name)
      .description(description)
      .copyInheritedSettings(program)
      .allowExcessArguments(false)
      .addOption(options.json)
      .addOption(options.quiet)
      .addOption(options.verbose)
      .addOption(options.color)
      .addOption(options.offline)
      .addOption(options.cacheDir)
      .addOption(options.config)
      .addHelpText('after', `\nExamples:\n${lines.map((example) => `  ${example}\n`).join('')}`);
    examples.set(command, lines);
    const plain = command as unknown as Command;
    // One command of forty is called: only that one listens to its options.
    parent.hook('preSubcommand', (_, called) => {
      if (called === plain) readOptions(plain, rules, notFromFile);
    });
    return command;
  };
}

/** The paths among the options and arguments that name what is read. */
function inputsOf(command: CommandUnknownOpts): string[] {
  const { bundle, deb, headers, kernelSource, kernelConfig, merge } = command.opts() as Record<string, string | string[] | undefined>;
  const isFile = ['file', 'deb', 'record'].includes(command.registeredArguments[0]?.name() ?? '');
  const places = [bundle, deb, headers, kernelSource, kernelConfig, merge, ...(isFile ? command.args : [])].flatMap((place) => place ?? []);
  return places.map(localPath);
}

/** While a command is parsed notes what is given, and between that and the action checks the rules, and takes what the project file says. */
function readOptions(command: Command, rules: Rules, notFromFile: readonly OptionName[]): void {
  const given = new Map<OptionName, string[]>();
  const all = Object.keys(options) as Exclude<OptionName, 'file'>[];
  const own = new Set<unknown>(command.options);
  const flagOf = (name: OptionName) => (name === 'file' ? 'FILE' : `--${options[name].name()}`);
  for (const name of all.filter((name) => own.has(options[name])))
    command.on(`option:${options[name].name()}`, (text: string | null) => {
      given.set(name, [...(given.get(name) ?? []), ...(text === null ? [] : [text])]);
    });
  command.hook('preAction', async (_, action) => {
    const [argument] = action.registeredArguments;
    if (action.args.length > 0 && argument?.name() === 'file') given.set('file', []);
    const place = action.registeredArguments.findIndex((candidate) => candidate.name() === 'kernel');
    if (place >= 0 && action.args.length > place) given.set('kernel', given.get('kernel') ?? []);
    const names = new Set(given.keys());
    checkRules(rules, names, flagOf);
    const project = await takeProjectFile(action, { names, rules, notFromFile, flagOf });
    action.setOptionValue('fromFile', project?.settings.map(({ key }) => key) ?? []);
    action.setOptionValue('inputs', [...inputsOf(action), ...(project ? [project.path] : [])]);
    action.setOptionValue('origins', { given, project } satisfies Origins);
  });
}
