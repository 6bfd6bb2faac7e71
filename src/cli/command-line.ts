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
import { general, options } from './options.js';
import { addPackageCommands } from './package-commands.js';
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
  addBuildCommands(command, show);
  addKernelCommands(command, program, show);
  addDiagnoseCommands(command, show);
  addPackageCommands(command, show);
  addMachineCommands(command, show);
  addRepoCommand(command, show);
  addCacheCommands(command, program, show);
  addWorkbenchCommands(command, show);
  command('releases', 'list the known MFT releases, or ask the vendor for new ones', {
    examples: ['mft-patch releases', 'mft-patch releases --releases site.json', 'mft-patch releases --check --add site.json'],
    rules: { requires: [['add', 'check']], conflicts: [['check', 'offline', 'patches']] },
  })
    .addOption(options.patches)
    .addOption(options.releases)
    .addOption(options.check)
    .addOption(options.add)
    .action((options) =>
      show(options, async (context) => {
        if (options.check) return (await import('../commands/check-releases.js')).checkReleases({ add: options.add }, context);
        return (await import('../commands/catalogues.js')).listReleases(context);
      }),
    );
  addPatchesCommands(command, show);
  command('kernels', 'list the kernels that a package can be verified on, and which CI tests', {
    examples: ['mft-patch kernels', 'mft-patch kernels --kernels-dir targets --json'],
  })
    .addOption(options.kernelsDir)
    .action((options) => show(options, async (context) => (await import('../commands/catalogues.js')).listKernels(context)));
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
