/** The commands that verify packages on kernels, and keep the images for that. */
import type { Command } from '@commander-js/extra-typings';
import { defaultPackage } from '../default-package.js';
import type { MakeCommand, Show } from './command-maker.js';
import { addMatrixCommands } from './matrix-commands.js';
import { options } from './options.js';

export function addKernelCommands(command: MakeCommand, program: Command, show: Show): void {
  addVerify(command, show);
  addMatrixCommands(command, show);
  addImages(command, program, show);
}

function addVerify(command: MakeCommand, show: Show): void {
  command('verify', 'install a package with dkms in a container and judge the result', {
    examples: [
      `mft-patch verify ${defaultPackage}_4.20.1-14_all.deb --kernel 6.1,debian-13`,
      'mft-patch verify x.deb --kernel host --boot',
    ],
  })
    .argument('<deb>', 'the package')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.lock)
    .addOption(options.boot)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .addOption(options.memory)
    .addOption(options.processes)
    .addOption(options.disk)
    .action((path, options) =>
      show(options, async (context) => {
        const [{ verify }, values] = await Promise.all([import('../commands/verify.js'), import('./values.js')]);
        const kernels = await values.someKernels(options, context);
        return verify({ path, kernels, boot: options.boot ?? false, settings: values.settingsOf(options) }, context);
      }),
    );
}

function addImages(command: MakeCommand, program: Command, show: Show): void {
  const image = program.command('image').description('manage kernel images').copyInheritedSettings(program).helpCommand(false);
  command('ls', 'list images', { examples: ['mft-patch image ls', 'mft-patch image ls --engine podman'] }, image)
    .addOption(options.engine)
    .addOption(options.timeout)
    .action((options) => show(options, async (context) => (await import('../commands/image.js')).listImages(options, context)));
  command(
    'build',
    'build missing images',
    {
      examples: ['mft-patch image build debian-12', 'mft-patch image build debian-sid --refresh', 'mft-patch image build --kernel all'],
      rules: { conflicts: [['refresh', 'offline']] },
    },
    image,
  )
    .argument('[kernel...]', 'the same as --kernel')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.lock)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.refresh)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .addOption(options.memory)
    .addOption(options.processes)
    .action((names, options) =>
      show(options, async (context) => {
        const [{ buildImages }, values] = await Promise.all([import('../commands/image.js'), import('./values.js')]);
        const kernels = await values.someKernels(values.withNames(options, names), context);
        // Nothing of a package is installed, so the disk is not limited.
        return buildImages(kernels, values.settingsOf({ ...options, disk: '0' }), context);
      }),
    );
  command('rm', 'remove images', { examples: ['mft-patch image rm debian-12', 'mft-patch image rm all'], notFromFile: ['kernel'] }, image)
    .argument('[kernel...]', 'the same as --kernel; also the name of an image')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.timeout)
    .action((names, options) =>
      show(options, async (context) => {
        const [{ removeImages }, values] = await Promise.all([import('../commands/image.js'), import('./values.js')]);
        return removeImages(await values.imageNames(values.withNames(options, names)), options, context);
      }),
    );
}
