/** The commands that keep the images of kernels. */
import type { Command } from '@commander-js/extra-typings';
import type { MakeCommand, Show } from './command-maker.js';
import { addImageTransfers } from './image-transfer-commands.js';
import { options } from './options.js';

export function addImageCommands(command: MakeCommand, program: Command, show: Show): void {
  const image = program.command('image').description('manage kernel images').copyInheritedSettings(program).helpCommand(false);
  command('ls', 'list images', { examples: ['mft-patch image ls', 'mft-patch image ls --engine podman'] }, image)
    .addOption(options.engine)
    .addOption(options.timeout)
    .action((options) => show(options, async (context) => (await import('../commands/image/index.js')).listImages(options, context)));
  addBuild(command, image, show);
  addRefresh(command, image, show);
  addRemoval(command, image, show);
  addImageTransfers(command, image, show);
}

function addBuild(command: MakeCommand, image: Command, show: Show): void {
  command(
    'build',
    'build missing images',
    {
      examples: ['mft-patch image build debian-12', 'mft-patch image build debian-sid --refresh', 'mft-patch image build --kernel all'],
      rules: { exclusive: [['headers', 'kernelSource']], conflicts: [['refresh', 'offline']] },
    },
    image,
  )
    .argument('[kernel...]', 'the same as --kernel')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.headers)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.lock)
    .addOption(options.arch)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.refresh)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .addOption(options.memory)
    .addOption(options.processes)
    .action((names, options) =>
      show(options, async (context) => {
        const [{ buildImages }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        const kernels = await values.someKernels(values.withNames(options, names), context);
        // Nothing of a package is installed, so the disk is not limited.
        return buildImages(kernels, values.settingsOf({ ...options, disk: '0' }), context);
      }),
    );
}

function addRefresh(command: MakeCommand, image: Command, show: Show): void {
  command(
    'refresh',
    'build images again that are old',
    { examples: ['mft-patch image refresh', 'mft-patch image refresh debian-12 --max-image-age 7d'] },
    image,
  )
    .argument('[kernel...]', 'the same as --kernel (default: all that have an image)')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
    .addOption(options.refreshAge)
    .addOption(options.timeout)
    .action((names, options) =>
      show(options, async (context) => {
        const [{ refreshImages }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        const kernels = await values.kernelsOf(values.withNames(options, names), context);
        // Nothing of a package is installed, and no kernel prepared from source.
        const settings = values.settingsOf({ ...options, memory: '0', processes: 0, disk: '0' });
        return refreshImages({ kernels, settings: { ...settings, maxImageAge: options.maxImageAge } }, context);
      }),
    );
}

function addRemoval(command: MakeCommand, image: Command, show: Show): void {
  command('rm', 'remove images', { examples: ['mft-patch image rm debian-12', 'mft-patch image rm all'], notFromFile: ['kernel'] }, image)
    .argument('[kernel...]', 'the same as --kernel; also the name of an image')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.timeout)
    .action((names, options) =>
      show(options, async (context) => {
        const [{ removeImages }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        return removeImages(await values.imageNames(values.withNames(options, names)), options, context);
      }),
    );
  command(
    'prune',
    'remove images of no use',
    { examples: ['mft-patch image prune --dry-run', 'mft-patch image prune --older-than 0'] },
    image,
  )
    .addOption(options.imagesOlderThan)
    .addOption(options.dryRun)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .action((options) =>
      show(options, async (context) => {
        const { pruneImages } = await import('../commands/image/index.js');
        return pruneImages({ olderThan: options.olderThan, dryRun: options.dryRun ?? false, settings: options }, context);
      }),
    );
}
