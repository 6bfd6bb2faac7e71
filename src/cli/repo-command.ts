/** The command that makes an apt archive. */
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addRepoCommand(command: MakeCommand, show: Show): void {
  command('repo', 'make a directory of packages an apt archive, signed if you have a key', {
    examples: ['mft-patch repo dist', 'mft-patch repo dist --gpg-key admin@example.org'],
  })
    .argument('<dir>', 'the directory with the packages, as build and matrix write it')
    .addOption(options.gpgKey)
    .action((directory, options) =>
      show(options, async (context) => (await import('../commands/repo.js')).repo({ directory, gpgKey: options.gpgKey }, context)),
    );
}
