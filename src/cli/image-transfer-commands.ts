/** The commands that move images between machines. */
import type { Command } from '@commander-js/extra-typings';
import type { MakeCommand, Show } from './command-maker.js';
import { registry } from './option-values.js';
import { options } from './options.js';

export function addImageTransfers(command: MakeCommand, image: Command, show: Show): void {
  addArchive(command, image, show);
  addRegistry(command, image, show);
}

function addArchive(command: MakeCommand, image: Command, show: Show): void {
  command(
    'save',
    'write images to one archive',
    { examples: ['mft-patch image save kernels.tar', 'mft-patch image save kernels.tar debian-12 6.12'] },
    image,
  )
    .argument('<archive>', 'the archive, which docker and podman load, too')
    .argument('[kernel...]', 'the same as --kernel; also the name of an image (default: all that are here)')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .action((path, names, options) =>
      show(options, async (context) => {
        const [{ saveArchive }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        return saveArchive({ path, names: await values.imageNamesIfAny(values.withNames(options, names)), settings: options }, context);
      }),
    );
  command(
    'load',
    'take images from an archive',
    { examples: ['mft-patch image load kernels.tar', 'mft-patch image load kernels.tar.gz --engine podman'] },
    image,
  )
    .argument('<archive>', 'what image save has written; also compressed, as the engine takes it')
    .addOption(options.engine)
    .addOption(options.timeout)
    .action((path, options) =>
      show(options, async (context) => (await import('../commands/image/index.js')).loadArchive(path, options, context)),
    );
}

function addRegistry(command: MakeCommand, image: Command, show: Show): void {
  const place = 'the registry as in the name of an image: HOST[:PORT][/PATH]';
  command(
    'push',
    'send images to a registry',
    { examples: ['mft-patch image push registry.example:5000', 'mft-patch image push registry.example/ci debian-12 6.12'] },
    image,
  )
    .argument('<registry>', place, registry)
    .argument('[kernel...]', 'the same as --kernel; also the name of an image (default: all that are here)')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .action((registry, names, options) =>
      show(options, async (context) => {
        const [{ pushImages }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        return pushImages({ registry, names: await values.imageNamesIfAny(values.withNames(options, names)), settings: options }, context);
      }),
    );
  command(
    'pull',
    'take images from a registry',
    { examples: ['mft-patch image pull registry.example:5000 all', 'mft-patch image pull registry.example/ci debian-12 6.12'] },
    image,
  )
    .argument('<registry>', place, registry)
    .argument('[kernel...]', 'the same as --kernel')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .action((registry, names, options) =>
      show(options, async (context) => {
        const [{ pullImages }, values] = await Promise.all([import('../commands/image/index.js'), import('./values.js')]);
        return pullImages(
          { registry, kernels: await values.someKernels(values.withNames(options, names), context), settings: options },
          context,
        );
      }),
    );
}
