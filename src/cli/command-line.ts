/** The commands and their options. What a command does is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from '../context.js';
import type { World } from './run.js';
import type { ResultDocument } from '../report/text.js';

export interface CommonOptions {
  json?: true;
  quiet?: true;
  verbose?: true;
  offline?: true;
  cacheDir?: string;
}

/** Does a command's work and shows its result. */
export type Show = (options: CommonOptions, work: (context: Context) => Promise<ResultDocument>) => Promise<void>;

/** The whole command line, as commander(npm) takes it. */
export function makeProgram({ version, terminal }: World, show: Show): Command {
  const program = new Command('mft-patch')
    .description('Patches the kernel-mft-dkms package of an MFT bundle for a kernel, and proves in a container that it builds.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.result(text.trimEnd()), writeErr: () => {} })
    .showSuggestionAfterError()
    .helpCommand(false);
  const command = (name: string, description: string, parent: Command = program) =>
    parent
      .command(name)
      .description(description)
      .copyInheritedSettings(program)
      .allowExcessArguments(false)
      .option('--json', 'print the result as one JSON document')
      .option('--quiet', 'no progress')
      .option('--verbose', 'say what the container engine says, and where an error came from')
      .option('--offline', 'make no connection')
      .option('--cache-dir <dir>', 'where bundles and logs are kept (default: $XDG_CACHE_HOME/mft-patch)');

  addBuilding(command, show);
  addVerifying(command, show);
  withRelease(command('fetch', "download a release of the vendor's into the cache and check it"))
    .option('--ask-vendor', "ask the vendor's download page for the SHA-256 (not tried against the real page)")
    .action((options) => show(options, async (context) => (await import('../commands/fetch.js')).fetchRelease(options, context)));
  command('releases', 'list the releases of MFT that are known').action((options) =>
    show(options, async () => (await import('../commands/catalogues.js')).listReleases()),
  );
  command('patches', 'list the patches').action((options) =>
    show(options, async () => (await import('../commands/catalogues.js')).listPatches()),
  );
  command('kernels', 'list the kernels that a package can be verified on, and what our CI tries').action((options) =>
    show(options, async () => (await import('../commands/catalogues.js')).listKernels()),
  );
  addImages(command, program, show);
  return program;
}

type MakeCommand = (name: string, description: string, parent?: Command) => Command;

function addBuilding(command: MakeCommand, show: Show): void {
  const kernel = [
    '--kernel <release>',
    'bake the patches in for one kernel: 5.18, 6.1.0-50-amd64, debian-12, or host for the running one (default: all, and dkms picks)',
  ] as const;
  withKernelSource(withEngine(withSource(command('build', 'patch the package, write it, and verify it if a container engine is there'))))
    .option(...kernel)
    .option('--out <dir>', 'where to write', 'dist')
    .option('--with-userland', "put the vendor's mft_….deb beside the package")
    .option('--repack-bundle', "write the bundle again with the patched package in it, for the vendor's install.sh")
    .option('--verify', 'fail if it cannot be verified, and on that very kernel')
    .option('--no-verify', 'do not verify')
    .action((options) => show(options, async (context) => (await import('../commands/build.js')).build(options, context)));
  withSource(command('plan', 'show which patches would be applied, and why; writes nothing'))
    .option(...kernel)
    .option('--headers <dir>', 'the headers of a kernel, which tell its release and answer for backports')
    .action((options) => show(options, async (context) => (await import('../commands/plan.js')).plan(options, context)));
  withSource(command('rebuild', "make the package of a build's record again, and say whether it is the same; writes nothing"))
    .argument('<record>', 'the .build.json; the options say where its input lies now, if not where it did')
    .action((record, options) =>
      show(options, async (context) => (await import('../commands/rebuild.js')).rebuild(record, options, context)),
    );
}

function addVerifying(command: MakeCommand, show: Show): void {
  withKernelSource(withEngine(command('verify', 'install a package with dkms in a container and judge the result')))
    .argument('<deb>', 'the package')
    .option('--kernel <target...>', 'where: debian-12, a release as 6.1 or 6.6.30, or host for the running kernel')
    .option('--boot', 'boot the kernel in QEMU, too, and load the modules there')
    .action((deb, options) =>
      show(options, async (context) =>
        (await import('../commands/verify.js')).verify(deb, { ...options, kernels: options.kernel }, context),
      ),
    );
  withKernelSource(withEngine(withSource(command('matrix', 'build and verify over many kernels'))))
    .option('--kernels <list>', 'targets and releases with commas between them, or all (default: all)')
    .option('--universal', 'one package for all kernels, whose patches dkms picks')
    .option('--boot', 'boot the kernel in QEMU, too, and load the modules there')
    .option('--baseline', "verify the vendor's own package, too")
    .option('--jobs <n>', 'how many containers may run at once (default: what cores and memory allow)', positive)
    .option('--only-failed', 'run again what failed last time, and show it with the rest')
    .option('--out <dir>', 'where to write packages, records and matrix.json', 'dist')
    .option('--report <file>', 'write a report: .json, .xml (JUnit), .md or .html; may be given again', gather)
    .option('--list', 'only print the kernels, to make CI jobs of')
    .addOption(new Option('--format <format>', 'of --list').choices(['text', 'github']))
    .option('--merge <file...>', 'show the results of earlier runs, as --json or --report wrote them, as one')
    .action((options) => show(options, async (context) => (await import('../commands/matrix/index.js')).matrixOrList(options, context)));
}

function addImages(command: MakeCommand, program: Command, show: Show): void {
  const image = program.command('image').description('the images of the kernels').copyInheritedSettings(program).helpCommand(false);
  withEngine(command('ls', 'list them', image)).action((options) =>
    show(options, async (context) => (await import('../commands/image.js')).listImages(options, context)),
  );
  withKernelSource(withEngine(command('build', 'make those that are not there', image)))
    .argument('[target...]', 'targets and releases, or all')
    .action((targets, options) =>
      show(options, async (context) => (await import('../commands/image.js')).buildImages(targets, options, context)),
    );
  withEngine(command('rm', 'remove them', image))
    .argument('<target...>', 'targets or images, or all')
    .action((targets, options) =>
      show(options, async (context) => (await import('../commands/image.js')).removeImages(targets, options, context)),
    );
}

function withRelease(command: Command): Command {
  return command
    .option('--mft <release>', "the vendor's release: 4.20.1-14, 4.20.1 for its newest revision, or latest (default: 4.20.1-14)")
    .option('--arch <arch>', "the bundle's architecture (default: this machine's)")
    .option('--mirror <url>', 'a folder with the bundles, instead of the vendor (default: $MFT_PATCH_MIRROR)')
    .option('--sha256 <hex>', 'the digest that the downloaded bundle must have')
    .option('--require-digest', 'download nothing that no SHA-256 is known for');
}

function withSource(command: Command): Command {
  return withRelease(
    command
      .option('--bundle <file|url>', "the vendor's .tgz")
      .option('--deb <file>', 'the kernel-mft-dkms package itself')
      .option('--sample [generation]', 'a small bundle of our own, to try things with: flat, or nnt'),
  );
}

function withEngine(command: Command): Command {
  return command
    .addOption(new Option('--engine <name>', 'the container engine (default: whichever is there)').choices(['docker', 'podman']))
    .option('--bootstrap', 'make base images with mmdebstrap, even where they could be pulled')
    .option('--apt-mirror <url>', "the archive to make images from, instead of the distribution's; only its plain suites are asked for")
    .option('--timeout <seconds>', 'how long an image, and an installation in it, may take', positive, 1800)
    .option('--memory <size>', 'how much memory a container may take, as 512m or 2g; 0 for no limit', size, '2g')
    .option('--processes <n>', 'how many processes it may run at a time; 0 for no limit', wholeNumber, 2048)
    .option('--disk <size>', 'how much it may write to its disk; 0 for no limit', size, '4g');
}

function withKernelSource(command: Command): Command {
  return command
    .option('--kernel-source <dir|file|url>', "a kernel's source: a folder, a tar archive, or the URL of one")
    .option('--kernel-config <file>', 'its configuration (default: the .config in it, else defconfig)');
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

function wholeNumber(text: string): number {
  return text === '0' ? 0 : positive(text);
}

function size(text: string): string {
  if (!/^(0|[1-9]\d{0,5}[kmg])$/i.test(text)) throw new InvalidArgumentError('It must be a size as 512m or 2g, or 0 for no limit.');
  return text;
}

function gather(value: string, before: string[] = []): string[] {
  return [...before, value];
}
