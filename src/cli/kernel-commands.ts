/** The commands that verify packages on kernels, and keep the images for that. */
import type { Command } from '@commander-js/extra-typings';
import { engineOptions, sources } from './build-commands.js';
import type { MakeCommand, Show } from './command-maker.js';
import { type OptionName, options } from './options.js';

const downloads: OptionName[] = ['arch', 'mirror', 'lock', 'sha256', 'requireDigest', 'patches', 'releases'];
const matrixRun: OptionName[] = ['baseline', 'boot', 'baked', 'universal', 'jobs', 'maxImageAge', 'onlyFailed', 'out'];

export function addKernelCommands(command: MakeCommand, program: Command, show: Show): void {
  addVerify(command, show);
  addMatrix(command, show);
  addImages(command, program, show);
}

function addVerify(command: MakeCommand, show: Show): void {
  command('verify', 'install a package with dkms in a container and judge the result', {
    examples: ['mft-patch verify kernel-mft-dkms_4.20.1-14_all.deb --kernel 6.1,debian-13', 'mft-patch verify x.deb --kernel host --boot'],
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

function addMatrix(command: MakeCommand, show: Show): void {
  command('matrix', 'build and verify over many kernels', {
    examples: [
      'mft-patch matrix --sample --baseline --kernel 5.10,6.1,6.12',
      'mft-patch matrix --mft 4.20.1-14 --boot --only-failed',
      'mft-patch matrix --merge results/*.json --kernel all --report out.html',
    ],
    rules: {
      exclusive: [sources, ['kernel', 'kernels'], ['baked', 'universal']],
      requires: [['format', 'list']],
      conflicts: [
        ['list', 'merge', 'report', ...sources, ...downloads, ...engineOptions, ...matrixRun],
        ['merge', 'kernelSource', 'kernelConfig', ...sources, ...downloads, ...engineOptions, ...matrixRun],
      ],
      needless: [{ option: 'kernelsDir', with: 'merge', unless: ['kernel', 'kernels'] }],
    },
  })
    .argument('[file]', 'a bundle, the directory that it was unpacked to, or a .deb; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.kernel)
    .addOption(options.kernels)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.baked)
    .addOption(options.universal)
    .addOption(options.baseline)
    .addOption(options.boot)
    .addOption(options.jobs)
    .addOption(options.onlyFailed)
    .addOption(options.out)
    .addOption(options.report)
    .addOption(options.list)
    .addOption(options.format)
    .addOption(options.merge)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
    .addOption(options.maxImageAge)
    .addOption(options.timeout)
    .addOption(options.memory)
    .addOption(options.processes)
    .addOption(options.disk)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .action((file, options) =>
      show(options, async (context) => {
        const [{ matrix, listMatrix, mergeMatrix }, values] = await Promise.all([
          import('../commands/matrix/index.js'),
          import('./values.js'),
        ]);
        const reports = await values.reportsOf(options.report);
        const kernels = await values.kernelsOf(values.withNames(options, options.kernels), context);
        if (options.merge) return mergeMatrix({ paths: options.merge, kernels, reports }, context);
        if (options.list) return listMatrix(kernels ?? (await values.someKernels({ kernel: ['all'] }, context)), options.format, context);
        return matrix(
          {
            source: await values.sourceOf(options, file, context),
            kernels,
            settings: values.settingsOf(options),
            baseline: options.baseline ?? false,
            boot: options.boot ?? false,
            baked: options.baked ?? false,
            jobs: options.jobs,
            onlyFailed: options.onlyFailed ?? false,
            reports,
            out: values.outputDirectory(options.out),
          },
          context,
        );
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
