/** The command that explains a failure. */
import type { MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';

export function addDiagnoseCommands(command: MakeCommand, show: Show): void {
  command('diagnose', 'explain what broke a build: known patches, since which kernel, what to use instead', {
    examples: [
      'mft-patch diagnose /var/lib/dkms/kernel-mft-dkms/4.20.1/build/make.log',
      'mft-patch diagnose dist/matrix.json --linux ~/linux',
      'mft-patch diagnose kernel-mft-dkms_4.20.1-14_all.deb --kernel debian-sid',
    ],
  })
    .argument('<file>', 'a make.log, a verdict (matrix.json, .build.json, or what verify --json prints), or a .deb with --kernel')
    .addOption(options.kernelToDiagnose)
    .addOption(options.headers)
    .addOption(options.linux)
    .addOption(options.patches)
    .addOption(options.kernelsDir)
    .addOption(options.engine)
    .addOption(options.bootstrap)
    .addOption(options.aptMirror)
    .addOption(options.timeout)
    .addOption(options.memory)
    .addOption(options.processes)
    .addOption(options.disk)
    .action((path, options) =>
      show(options, async (context) => {
        const [{ diagnose }, values] = await Promise.all([import('../commands/diagnose/index.js'), import('./values.js')]);
        const kernels = (await values.kernelsOf(options, context)) ?? [];
        return diagnose({ path, kernels, linux: options.linux, settings: values.settingsOf(options) }, context);
      }),
    );
}
