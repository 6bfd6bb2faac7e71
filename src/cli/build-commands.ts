/** The commands that make a package, or say what it would be. */
import type { MakeCommand, Show } from './command-maker.js';
import { type OptionName, options } from './options.js';
import { modulesOf, signing } from './packing.js';

/** At most one of these names the source. */
export const sources: OptionName[] = ['file', 'bundle', 'deb', 'mft', 'sample'];
/** What concerns the engine and its images. */
export const engineOptions: OptionName[] = ['engine', 'bootstrap', 'aptMirror', 'timeout', 'memory', 'processes', 'disk'];

export function addBuildCommands(command: MakeCommand, show: Show): void {
  command('build', 'patch the package, write it, and verify it if a container engine is available', {
    examples: [
      'mft-patch build --sample',
      'mft-patch build mft-4.20.1-14-x86_64-deb.tgz',
      'mft-patch build --mft 4.20.1 --kernel 6.1.0-50-amd64 --verify',
    ],
    rules: {
      exclusive: [sources, ['verify', 'noVerify'], ['headers', 'kernelSource']],
      requires: [['modules', 'kernelToBake', 'headers'], ...signing],
      conflicts: [
        ['noVerify', 'modules', 'headers', 'kernelSource', 'kernelConfig', ...engineOptions],
        ['modules', 'kernelSource', 'kernelConfig'],
      ],
      needless: [{ option: 'kernelsDir', with: 'noVerify', unless: ['kernelToBake'] }],
    },
    // Those of a project are what its packages are tested on: that one is baked for a kernel is said each time.
    notFromFile: ['kernelSource', 'kernelConfig'],
  })
    .argument('[file]', 'a bundle, the directory that it was unpacked to, or a .deb; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.kernelToBake)
    .addOption(options.headers)
    .addOption(options.kernelSource)
    .addOption(options.kernelConfig)
    .addOption(options.maxKernel)
    .addOption(options.out)
    .addOption(options.withUserland)
    .addOption(options.repackBundle)
    .addOption(options.modules)
    .addOption(options.signKey)
    .addOption(options.signCert)
    .addOption(options.provenance)
    .addOption(options.verify)
    .addOption(options.noVerify)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
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
        const [{ build }, values] = await Promise.all([import('../commands/build.js'), import('./values.js')]);
        const kernel = await values.kernelOf(options, context);
        return build(
          {
            source: await values.sourceOf(options, file, context),
            kernel,
            maxKernel: values.maxKernelOf(options, kernel),
            out: values.outputDirectory(options.out),
            extras: { withUserland: options.withUserland ?? false, repackBundle: options.repackBundle ?? false },
            modules: await modulesOf(options, kernel),
            provenance: options.provenance ?? false,
            verify: options.verify === undefined ? 'if-possible' : options.verify ? 'required' : 'no',
            settings: values.settingsOf(options),
          },
          context,
        );
      }),
    );

  command('plan', 'show which patches would be applied, and why; downloads no release, writes nothing', {
    examples: [
      'mft-patch plan --sample --kernel 6.1',
      'mft-patch plan --mft 4.22.0-417 --patches own',
      'mft-patch plan x.deb --headers /lib/modules/6.1.0/build',
    ],
    rules: { exclusive: [sources], requires: [['kernelsDir', 'kernelToPlan']] },
  })
    .argument('[file]', 'a bundle, the directory that it was unpacked to, or a .deb; - for standard input')
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.package)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.releases)
    .addOption(options.kernelToPlan)
    .addOption(options.headers)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .action((file, options) =>
      show(options, async (context) => {
        const [{ plan }, values] = await Promise.all([import('../commands/plan.js'), import('./values.js')]);
        const kernel = await values.kernelOf(options, context);
        return plan({ source: await values.planSourceOf(options, file, context), kernel }, context);
      }),
    );

  command('rebuild', 'rebuild a package from its build record and compare (reproducibility check; writes nothing)', {
    examples: ['mft-patch rebuild x.build.json', 'mft-patch rebuild x.build.json --bundle mft-4.20.1-14-x86_64-deb.tgz'],
    rules: { exclusive: [sources] },
    // The record says what its input is.
    notFromFile: [...sources, 'sha256'],
  })
    .argument('<record>', 'path of a .build.json; use --bundle/--deb if its input has moved')
    .addOption(options.patches)
    .addOption(options.releases)
    .addOption(options.bundle)
    .addOption(options.deb)
    .addOption(options.mft)
    .addOption(options.sample)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .action((record, options) =>
      show(options, async (context) => {
        const [{ rebuild }, values] = await Promise.all([import('../commands/rebuild.js'), import('./values.js')]);
        return rebuild(record, values.oneSource(options), context);
      }),
    );

  command('fetch', 'download a release into the cache and check it', {
    examples: ['mft-patch fetch --mft 4.36.0', 'mft-patch fetch --mft latest --arch arm64'],
    rules: { conflicts: [['askVendor', 'offline', 'sha256']] },
  })
    .addOption(options.mft)
    .addOption(options.releases)
    .addOption(options.arch)
    .addOption(options.mirror)
    .addOption(options.lock)
    .addOption(options.sha256)
    .addOption(options.requireDigest)
    .addOption(options.askVendor)
    .action((options) =>
      show(options, async (context) => {
        const [{ fetchRelease }, values] = await Promise.all([import('../commands/fetch.js'), import('./values.js')]);
        const { file, policy } = await values.releaseOf(options, context);
        return fetchRelease({ file, policy, askVendor: options.askVendor ?? false }, context);
      }),
    );
}
