/** The commands that make patches. */
import type { Command } from '@commander-js/extra-typings';
import { fail } from '../errors.js';
import { sources } from './build-commands.js';
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';
import { headerOf, workbenchOptions as own } from './workbench-options.js';

export function addWorkbenchCommands(command: MakeCommand, show: Show): void {
  command('edit', 'lay the dkms source out with the patches that a kernel gets, ready to edit', {
    examples: ['mft-patch edit --sample --kernel 6.1', 'mft-patch edit mft-4.20.1-14-x86_64-deb.tgz --kernel debian-sid --dir work'],
    rules: { exclusive: [sources] },
  })
    .argument('[file]', 'a bundle, the directory that it was unpacked to, or a .deb; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(own.kernelToEdit)
    .addOption(options.headers)
    .addOption(options.patches)
    .addOption(own.dir)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .action((file, options) =>
      show({ ...options, patches: [] }, async (context) => {
        const [{ edit }, values] = await Promise.all([import('../commands/edit.js'), import('./values.js')]);
        const { patches: directories, dir: directory } = options;
        const kernel = await values.oneKernelOf(options, context);
        return edit({ source: await values.sourceOf(options, file, context), kernel, directories, directory }, context);
      }),
    );

  command('save', 'make a patch of what was edited, or refresh it', {
    examples: ['mft-patch save work --id class-create', 'mft-patch save work --id class-create --diagnosis diagnosis.json'],
  })
    .argument('<dir>', 'where mft-patch edit has laid the source out')
    .addOption(own.id)
    .addOption(own.patchesToWrite)
    .addOption(own.description)
    .addOption(own.origin)
    .addOption(own.license)
    .addOption(own.kernelRange)
    .addOption(own.mftRange)
    .addOption(own.goodOnOlder)
    .addOption(own.probe)
    .addOption(own.neededIf)
    .addOption(own.symptom)
    .addOption(own.diagnosis)
    .action((directory, options) =>
      show({ ...options, patches: [] }, async (context) => {
        const [{ save }, { asker }] = await Promise.all([import('../commands/save.js'), import('./ask.js')]);
        const { id, patches, diagnosis } = options;
        return save({ directory, id, patches, diagnosis, header: headerOf(options), ask: asker(context.signal) }, context);
      }),
    );
}

/** `patches` lists; what is done with patches are its subcommands. */
export function addPatchesCommands(command: MakeCommand, show: Show): void {
  const patches = command('patches', 'list the patches; check, export or report them', {
    examples: ['mft-patch patches', 'mft-patch patches --patches own --json'],
  })
    .helpCommand(false)
    .addOption(options.patches)
    .allowExcessArguments(true)
    .action((options, { args: [name] }) => {
      const hint = 'use check, export or report; without one of them the patches are listed';
      if (name !== undefined) fail({ code: 'usage', detail: `unknown subcommand 'patches ${name}'`, hint });
      return show(options, async (context) => (await import('../commands/catalogues.js')).listPatches(context));
    });
  const parent = patches as unknown as Command;

  command(
    'check',
    'check a series of patches, and apply it to packages',
    {
      examples: [
        'mft-patch patches check',
        'mft-patch patches check patches --sample nnt',
        'mft-patch patches check patches mft-4.20.1-14-x86_64-deb.tgz',
      ],
      rules: {
        requires: [
          ['arch', 'mft'],
          ['mirror', 'mft'],
          ['lock', 'mft'],
          ['requireDigest', 'mft'],
        ],
      },
    },
    parent,
  )
    .argument('[place...]', 'directories with a series (default: the one of mft-patch), bundles and packages')
    .addOption(options.sample)
    .action((places, options) =>
      show({ ...patches.opts(), ...options, patches: [] }, async (context) => {
        const [{ checkPatches }, values] = await Promise.all([import('../commands/check-patches.js'), import('./values.js')]);
        return checkPatches(await values.placesOf(places, options, context), context);
      }),
    );

  command(
    'export',
    'write the patches that a kernel gets as a quilt series for one release',
    {
      examples: [
        'mft-patch patches export --sample --kernel 6.1 series',
        'mft-patch patches export --mft 4.22.0-417 --kernel debian-sid series',
      ],
      rules: { exclusive: [sources] },
    },
    parent,
  )
    .argument('<dir>', 'where the series is written')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(own.kernelToEdit)
    .addOption(options.headers)
    .addOption(options.patches)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .action((directory, options) =>
      show({ ...patches.opts(), ...options, patches: [] }, async (context) => {
        const [{ exportPatches }, values] = await Promise.all([import('../commands/export-patches.js'), import('./values.js')]);
        const { patches: directories } = options;
        const kernel = await values.oneKernelOf(options, context);
        const source = await values.sourceOf(options, undefined, context);
        return exportPatches({ source, kernel, directories, directory }, context);
      }),
    );

  command(
    'report',
    'print the text of a pull request for a patch: what breaks, since when, tested where',
    { examples: ['mft-patch patches report dma-unmap', 'mft-patch patches report class-create --verdicts dist/matrix.json'] },
    parent,
  )
    .argument('<name>', 'the patch')
    .addOption(options.patches)
    .addOption(own.verdicts)
    .action((id, options) =>
      show({ ...patches.opts(), ...options, patches: [] }, async (context) => {
        const { reportPatch } = await import('../commands/report-patch.js');
        return reportPatch({ id, directories: options.patches, verdicts: options.verdicts }, context);
      }),
    );
}
