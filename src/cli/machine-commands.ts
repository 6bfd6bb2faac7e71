/** The commands for the machine with the card. */
import { sources } from './build-commands.js';
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addMachineCommands(command: MakeCommand, show: Show): void {
  command('doctor', 'examine this machine: kernel, headers, dkms, packages, Secure Boot, card; prints what cures each fault', {
    examples: ['mft-patch doctor', 'mft-patch doctor --json'],
  }).action((options) => show(options, async (context) => (await import('../commands/doctor.js')).doctor(context)));

  command('install', 'do the whole way on this machine: headers, packages, modules, key, mst start; shows each step before', {
    examples: ['mft-patch install --dry-run', 'mft-patch install mft-4.20.1-14-x86_64-deb.tgz', 'mft-patch install --mft 4.22.1 --yes'],
    rules: {
      exclusive: [[...sources, 'built']],
      conflicts: [['built', 'patches', 'releases', 'mirror', 'lock', 'sha256', 'requireDigest', 'noVerify']],
    },
    // Which release a machine needs says its card.
    notFromFile: ['bundle', 'mft', 'sha256'],
  })
    .argument('[file]', "the vendor's bundle, or the directory that it was unpacked to (default: the release for this card)")
    .addOption(options.bundle)
    .addOption(options.mft)
    .addOption(options.built)
    .addOption(options.patches)
    .addOption(options.releases)
    .addOption(options.noVerify)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .addOption(options.dryRunSteps)
    .addOption(options.yes)
    .action((file, options) =>
      show(options, async (context) => {
        const [{ install }, { installRequest }] = await Promise.all([import('../commands/install.js'), import('./install-request.js')]);
        return install(await installRequest(options, file, context), context);
      }),
    );

  command('uninstall', "go back: to the vendor's package, or to none; leaves nothing in dkms, /usr/src and /lib/modules", {
    examples: ['mft-patch uninstall --dry-run', 'mft-patch uninstall --vendor mft-4.20.1-14-x86_64-deb.tgz'],
  })
    .addOption(options.vendor)
    .addOption(options.dryRunSteps)
    .addOption(options.yes)
    .action((options) =>
      show(options, async (context) => {
        const [{ uninstall }, { uninstallRequest }] = await Promise.all([
          import('../commands/uninstall.js'),
          import('./install-request.js'),
        ]);
        return uninstall(await uninstallRequest(options, context), context);
      }),
    );
}
