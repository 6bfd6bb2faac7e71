/** The commands that verify packages on kernels. */
import type { Command } from '@commander-js/extra-typings';
import { defaultPackage } from '../default-package.js';
import { engineOptions } from './build-commands.js';
import type { MakeCommand, Show } from './command-maker.js';
import { addImageCommands } from './image-commands.js';
import { addMatrixCommands } from './matrix-commands.js';
import { options } from './options.js';

export function addKernelCommands(command: MakeCommand, program: Command, show: Show): void {
  addVerify(command, show);
  addMatrixCommands(command, show);
  addImageCommands(command, program, show);
  addKernels(command, show);
}

function addVerify(command: MakeCommand, show: Show): void {
  command('verify', 'install a package with dkms in a container and judge the result', {
    examples: [
      `mft-patch verify ${defaultPackage}_4.20.1-14_all.deb --kernel 6.1,debian-13`,
      'mft-patch verify x.deb --kernel host --boot',
      'mft-patch verify x.deb --headers linux-headers-6.6.30_6.6.30-1_amd64.deb',
    ],
    rules: {
      exclusive: [['headers', 'kernelSource']],
      conflicts: [
        [
          'here',
          'headers',
          'kernelSource',
          'kernelConfig',
          'kernelsDir',
          'lock',
          'boot',
          'arch',
          ...engineOptions.filter((name) => name !== 'timeout'),
        ],
      ],
    },
  })
    .argument('<deb>', 'the package')
    .addOption(options.kernel)
    .addOption(options.kernelsDir)
    .addOption(options.headers)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.lock)
    .addOption(options.boot)
    .addOption(options.arch)
    .addOption(options.here)
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
        const where = options.here ? { releases: values.releasesHere(options) } : { kernels: await values.someKernels(options, context) };
        return verify({ path, ...where, boot: options.boot ?? false, settings: values.settingsOf(options) }, context);
      }),
    );
}

function addKernels(command: MakeCommand, show: Show): void {
  command('kernels', 'list the kernels that a package can be verified on, and which CI tests', {
    examples: ['mft-patch kernels', 'mft-patch kernels --kernels-dir targets --json'],
  })
    .addOption(options.kernelsDir)
    .action((options) => show(options, async (context) => (await import('../commands/catalogues.js')).listKernels(context)));
}
