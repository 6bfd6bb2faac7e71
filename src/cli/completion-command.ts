/** The command that writes what a shell completes command lines with. */
import { Argument, type Command } from '@commander-js/extra-typings';
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

const shells = new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'] as const);

export function addCompletionCommand(command: MakeCommand, program: Command, show: Show): void {
  command('completion', 'print a script for completion of command lines in a shell', {
    examples: ['mft-patch completion bash', 'mft-patch completion fish --kernels-dir targets'],
  })
    .addArgument(shells)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.patches)
    .action((shell, options) =>
      show(options, async (context) => {
        const [{ completion }, { commandTable }] = await Promise.all([
          import('../commands/completion/index.js'),
          import('./command-table.js'),
        ]);
        return completion(shell, commandTable(program), context);
      }),
    );
}
