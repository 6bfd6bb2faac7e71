/** The commands that look into packages. */
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addPackageCommands(command: MakeCommand, show: Show): void {
  command('diff', "show what a package of ours changes against the vendor's, or one package against another, as one patch", {
    examples: [
      'mft-patch diff kernel-mft-dkms_4.20.1-14+mftpatch.deb',
      'mft-patch diff ours.deb vendor.deb --stat',
      'mft-patch diff old.deb new.deb --exit-code',
    ],
  })
    .argument('<deb>', 'a package')
    .argument('[other]', "another one, or a bundle with it (default: the vendor's, by the record beside the package, or from the cache)")
    .addOption(options.stat)
    .addOption(options.exitCode)
    .action((path, other, options) =>
      show(options, async (context) => {
        const { diff } = await import('../commands/diff.js');
        return diff({ path, other, format: options.stat ? 'stat' : 'patch', exitCode: options.exitCode ?? false }, context);
      }),
    );

  command('show', 'show what a package is: whose, for which kernels, with which patches, where it was tested', {
    examples: ['mft-patch show dist/kernel-mft-dkms_4.20.1-14_all.deb', 'mft-patch show x.deb --json'],
  })
    .argument('<deb>', 'a package')
    .action((path, options) => show(options, async (context) => (await import('../commands/show.js')).show(path, context)));
}
