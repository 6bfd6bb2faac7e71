/** The commands that test a package over many kernels. */
import type { HistoryRequest, MatrixRequest } from '../commands/matrix/index.js';
import type { ContainerSettings } from '../containers/images.js';
import type { Context } from '../context.js';
import { engineOptions, sources } from './build-commands.js';
import type { MakeCommand, Show } from './command-maker.js';
import { type OptionName, options } from './options.js';
import { packing, packingOf, signing } from './packing.js';
import type { SourceFlags } from './values.js';

const downloads: OptionName[] = ['arch', 'package', 'mirror', 'lock', 'sha256', 'requireDigest', 'patches', 'releases'];
const matrixRun: OptionName[] = ['baseline', 'boot', 'baked', 'universal', 'jobs', 'maxImageAge', 'onlyFailed', 'fresh', 'out'];

export function addMatrixCommands(command: MakeCommand, show: Show): void {
  addMatrix(command, show);
  addTry(command, show);
}

function addMatrix(command: MakeCommand, show: Show): void {
  command('matrix', 'build and verify over many kernels', {
    examples: [
      'mft-patch matrix --sample --baseline --kernel 5.10,6.1,6.12',
      'mft-patch matrix --mft 4.20.1-14,4.22.1-526,latest --boot --only-failed',
      'mft-patch matrix --merge results/*.json --kernel all --report out.html',
    ],
    rules: {
      exclusive: [sources, ['kernel', 'kernels'], ['baked', 'universal'], ['onlyFailed', 'fresh'], ['headers', 'kernelSource']],
      requires: [['format', 'list'], ['failOnTurned', 'history'], ...signing],
      conflicts: [
        ['list', 'merge', 'report', 'history', ...sources, ...downloads, ...engineOptions, ...matrixRun, ...packing],
        ['merge', 'headers', 'kernelSource', 'kernelConfig', ...sources, ...downloads, ...engineOptions, ...matrixRun, ...packing],
        ['modules', 'kernelSource', 'kernelConfig', 'onlyFailed'],
      ],
      needless: [{ option: 'kernelsDir', with: 'merge', unless: ['kernel', 'kernels'] }],
    },
  })
    .argument('[file...]', 'bundles, directories that they were unpacked to, or .debs; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.kernel)
    .addOption(options.kernels)
    .addOption(options.headers)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.baked)
    .addOption(options.universal)
    .addOption(options.baseline)
    .addOption(options.boot)
    .addOption(options.jobs)
    .addOption(options.onlyFailed)
    .addOption(options.fresh)
    .addOption(options.out)
    .addOption(options.modules)
    .addOption(options.signKey)
    .addOption(options.signCert)
    .addOption(options.report)
    .addOption(options.history)
    .addOption(options.failOnTurned)
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
    .action((files, options) =>
      show(options, async (context) => {
        const [{ matrix, listMatrix, mergeMatrix }, values] = await Promise.all([
          import('../commands/matrix/index.js'),
          import('./values.js'),
        ]);
        const kernels = await values.kernelsOf(values.withNames(options, options.kernels), context);
        const history = { history: options.history, failOnTurned: options.failOnTurned ?? false };
        if (options.merge)
          return mergeMatrix({ ...history, paths: options.merge, kernels, reports: await values.reportsOf(options.report) }, context);
        if (options.list) return listMatrix(kernels ?? (await values.someKernels({ kernel: ['all'] }, context)), options.format, context);
        const request = await matrixRequest(options, files, context);
        const { baseline = false, onlyFailed = false } = options;
        return matrix({ ...request, ...history, kernels, baseline, onlyFailed, modules: await packingOf(options, kernels) }, context);
      }),
    );
}

function addTry(command: MakeCommand, show: Show): void {
  command('try', 'build and verify over many kernels what a change of the patches can affect, and reuse all other verdicts', {
    examples: ['mft-patch try --sample', 'mft-patch try x.deb --kernel 6.1,6.12', 'mft-patch try --mft 4.26.1 --boot --fresh'],
    rules: { exclusive: [sources, ['headers', 'kernelSource']] },
  })
    .argument('[file...]', 'bundles, directories that they were unpacked to, or .debs; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.kernel)
    .addOption(options.headers)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.baked)
    .addOption(options.boot)
    .addOption(options.jobs)
    .addOption(options.fresh)
    .addOption(options.out)
    .addOption(options.report)
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
    .action(async (files, options) => {
      const { ownDirectories } = await import('../workbench/own-series.js');
      const patches = options.patches ?? [...(await ownDirectories(undefined))];
      return show({ ...options, patches }, async (context) => {
        const [{ matrix }, values] = await Promise.all([import('../commands/matrix/index.js'), import('./values.js')]);
        const request = await matrixRequest(options, files, context);
        const kernels = await values.kernelsOf(options, context);
        const none = { baseline: false, onlyFailed: false, history: undefined, failOnTurned: false, modules: undefined };
        return matrix({ ...request, ...none, kernels }, context);
      });
    });
}

/** What the commands of this file take alike. */
interface TestOptions extends SourceFlags, ContainerSettings {
  boot?: true;
  baked?: true;
  jobs?: number;
  fresh?: true;
  report?: string[];
  out: string;
}

/** @throws usage, no-input */
async function matrixRequest(
  options: TestOptions,
  files: readonly string[],
  context: Context,
): Promise<Omit<MatrixRequest, 'kernels' | 'baseline' | 'onlyFailed' | 'modules' | keyof HistoryRequest>> {
  const values = await import('./values.js');
  const { arch: _, ...rest } = options;
  const isRelease = files.length === 0 && [options.bundle, options.deb, options.sample].every((named) => named === undefined);
  return {
    reports: await values.reportsOf(options.report),
    sources: await values.sourcesOf(isRelease ? options : rest, files, context),
    settings: values.settingsOf(options),
    boot: options.boot ?? false,
    baked: options.baked ?? false,
    jobs: options.jobs,
    fresh: options.fresh ?? false,
    out: values.outputDirectory(options.out),
  };
}
