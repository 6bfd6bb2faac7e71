/** The command that lists the releases of MFT. */
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addReleasesCommand(command: MakeCommand, show: Show): void {
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
}
