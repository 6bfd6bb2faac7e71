/** The commands of the program. What a command does is loaded when it is called. */
import { Command, type CommandUnknownOpts, Help, Option } from '@commander-js/extra-typings';
import { defaultPackage } from '../default-package.js';
import { fail } from '../errors.js';
import { addBuildCommands } from './build-commands.js';
import { addCacheCommands } from './cache-commands.js';
import { commandMaker, type Show } from './command-maker.js';
import { addCompletionCommand } from './completion-command.js';
import { addConfigCommand } from './config-command.js';
import { addDiagnoseCommands } from './diagnose-commands.js';
import { addKernelCommands } from './kernel-commands.js';
import { addMachineCommands } from './machine-commands.js';
import { general } from './options.js';
import { addPackageCommands } from './package-commands.js';
import { addReleasesCommand } from './releases-command.js';
import { addRepoCommand } from './repo-command.js';
import { addPatchesCommands, addWorkbenchCommands } from './workbench-commands.js';

/** The whole command line, as commander(npm) takes it. @param print shows the help */
export function makeProgram({ version, print }: { version: string; print: (text: string) => void }, show: Show): Command {
  const program = new Command('mft-patch')
    .description(`Patch NVIDIA's ${defaultPackage} package for newer kernels and verify the result in a container.`)
    .version(version)
    .addHelpOption(new Option('-h, --help', 'show this help').helpGroup(general))
    .configureHelp({ groupItems: generalLast })
    // What follows `patches check` is that one's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} })
    .showSuggestionAfterError()
    .addHelpText('after', '\nEach command explains itself: mft-patch help build\n');
  const command = commandMaker(program);
  program.commandsGroup('Package:');
  addBuildCommands(command, show);
  addPackageCommands(command, show);
  addRepoCommand(command, show);
  program.commandsGroup('Kernels:');
  addKernelCommands(command, program, show);
  program.commandsGroup('Machine:');
  addMachineCommands(command, show);
  program.commandsGroup('Patches:');
  addDiagnoseCommands(command, show);
  addWorkbenchCommands(command, show);
  addPatchesCommands(command, show);
  program.commandsGroup('Releases and settings:');
  addReleasesCommand(command, show);
  addCacheCommands(command, program, show);
  addConfigCommand(command, show);
  addCompletionCommand(command, program, show);
  addHelp(program);
  return program;
}

/** `help COMMAND`, also for the commands below `image` and `cache`: commander's own takes one name. */
function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of a command')
    .copyInheritedSettings(program)
    .argument('[command...]', 'a command, as in image build')
    .action((names) => {
      const unknown = () =>
        fail({ code: 'usage', detail: `unknown command '${names.join(' ')}'`, hint: 'list the commands with mft-patch help' });
      const find = (above: CommandUnknownOpts, name: string) => above.commands.find((command) => command.name() === name) ?? unknown();
      names.reduce<CommandUnknownOpts>(find, program as unknown as CommandUnknownOpts).outputHelp();
    });
}

/** Groups of options for the help: what a command shares with all others comes last. */
const generalLast: Help['groupItems'] = (unsorted, visible, groupOf) => {
  const groups = new Help().groupItems(unsorted, visible, groupOf);
  const shared = groups.get(general);
  if (shared === undefined) return groups;
  groups.delete(general);
  return groups.set(general, shared);
};
