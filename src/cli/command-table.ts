/** The commands as their help shows them, for the man page and for completion. */
import type { Argument, CommandUnknownOpts, Help, Option } from '@commander-js/extra-typings';
import { archNames } from '../bundle/releases.js';
import type { ArgumentEntry, CommandEntry, OptionEntry, Placeholder, Value } from '../commands/completion/table.js';
import { examplesOf } from './command-maker.js';

const kernels: Value = { kind: 'known', list: 'kernels', isList: true };
const files = (...endings: string[]): Value => ({ kind: 'files', endings });
const directories: Value = { kind: 'directories' };
const text: Value = { kind: 'text' };
const bundles = files('.tgz', '.tar', '.tar.gz', '.tar.xz', '.tar.zst', '.deb');
const json = files('.json');

/** What values are, by how the help calls them; where that says too little, by their option, or by command and argument. */
const values: Readonly<Record<string, Value>> = {
  '--built': directories,
  '--config': json,
  '--deb': files('.deb'),
  '--diagnosis': json,
  '--kernel-source': files(),
  '--max-kernel': text,
  '--merge': json,
  '--mft': { kind: 'known', list: 'releases', isList: true },
  '--releases': json,
  '--report': files('.json', '.xml', '.md', '.html'),
  '--add': json,
  '--vendor': bundles,
  '--verdicts': json,
  'diagnose file': files(),
  'image save archive': files(),
  'image load archive': files(),
  'patches report name': { kind: 'known', list: 'patches' },

  arch: { kind: 'words', words: [...archNames.keys()] },
  deb: files('.deb'),
  dir: directories,
  'dir|deb': files('.deb'),
  file: files(),
  'file|dir|url|-': bundles,
  kernel: kernels,
  layout: { kind: 'known', list: 'samples', isList: true },
  list: kernels,
  other: bundles,
  place: bundles,
  record: json,
  ...Object.fromEntries(
    ['age', 'hex', 'key', 'n', 'name', 'range', 'regex', 'registry', 'release', 'seconds', 'size', 'text', 'url', 'command'].map((name) => [
      name,
      text,
    ]),
  ),
};

/** @throws Error for a value that nothing here says anything of */
function kindOf(choices: readonly string[] | undefined, ...names: string[]): Value {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const name = names.find((candidate) => candidate in values);
  const value = name === undefined ? undefined : values[name];
  if (value === undefined) throw new Error(`no completion for ${names.join(', ')}: add it to src/cli/command-table.ts`);
  return value;
}

/** The program and all commands, each before those below it. Hidden options are left out, as in the help. */
export function commandTable(program: CommandUnknownOpts): CommandEntry[] {
  const entries = (command: CommandUnknownOpts, path: string): CommandEntry[] => {
    const help = command.createHelp();
    const below = help.visibleCommands(command);
    const own = entryOf(command, path, help);
    return [
      { ...own, commands: below.map((child) => child.name()) },
      ...below.flatMap((child) => entries(child, `${path} ${child.name()}`.trim())),
    ];
  };
  return entries(program, '');
}

function entryOf(command: CommandUnknownOpts, path: string, help: Help): Omit<CommandEntry, 'commands'> {
  return {
    path,
    usage: help.commandUsage(command),
    description: command.description(),
    arguments: help.visibleArguments(command).map((argument) => argumentEntry(argument as Argument, path, help)),
    options: help.visibleOptions(command).map((option) => optionEntry(option as Option, help)),
    examples: examplesOf(command),
  };
}

function argumentEntry(argument: Argument, path: string, help: Help): ArgumentEntry {
  const name = argument.name();
  const isSource = name === 'file' && path !== 'diagnose';
  return {
    name,
    description: help.argumentDescription(argument),
    value: isSource ? bundles : kindOf(argument.argChoices, `${path} ${name}`, name),
    isOptional: !argument.required,
    isVariadic: argument.variadic,
  };
}

function optionEntry(option: Option, help: Help): OptionEntry {
  const { short, long = '', helpGroupHeading = '' } = option;
  const placeholder = placeholderOf(option);
  return {
    ...(short === undefined ? {} : { short }),
    long,
    description: help.optionDescription(option),
    heading: helpGroupHeading,
    ...(placeholder === undefined ? {} : { placeholder }),
  };
}

function placeholderOf({ flags, long = '', argChoices, optional, variadic }: Option): Placeholder | undefined {
  const [, name] = /[<[](.+?)(?:\.{3})?[>\]]$/.exec(flags) ?? [];
  if (name === undefined) return undefined;
  return { name, value: kindOf(argChoices, long, name), isOptional: optional, isVariadic: variadic };
}
