/** The commands that keep the cache. */
import type { Command } from '@commander-js/extra-typings';
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addCacheCommands(command: MakeCommand, program: Command, show: Show): void {
  const cache = program
    .command('cache')
    .description('manage downloaded bundles, logs and verdicts')
    .copyInheritedSettings(program)
    .helpCommand(false);
  command('ls', 'list what is in the cache', { examples: ['mft-patch cache ls', 'mft-patch cache ls --json'] }, cache).action((options) =>
    show(options, async (context) => (await import('../commands/cache.js')).listCache(context)),
  );
  command(
    'prune',
    'remove what is old or incomplete; never what a running process works with',
    { examples: ['mft-patch cache prune --dry-run', 'mft-patch cache prune --older-than 7d'] },
    cache,
  )
    .addOption(options.olderThan)
    .addOption(options.dryRun)
    .action((options) =>
      show(options, async (context) => {
        const { pruneCache } = await import('../commands/cache.js');
        return pruneCache({ olderThan: options.olderThan, dryRun: options.dryRun ?? false }, context);
      }),
    );
}
