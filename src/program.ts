import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import type { Context } from './context.js';
import { explain, MftPatchError, wordsOf } from './errors.js';
import { exitCodeOf, type ResultDocument, renderText } from './report/text.js';
import type { Terminal } from './terminal.js';

interface CommonOptions {
  json?: true;
  quiet?: true;
  verbose?: true;
  offline?: true;
  cacheDir?: string;
}

export interface World {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  version: string;
  terminal: Terminal;
}

/**
 * Runs the program once.
 * @returns the exit code
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  let exitCode = 0;
  const show = async (options: CommonOptions, work: (context: Context) => Promise<ResultDocument>) => {
    const document = await work(makeContext(options, world));
    world.terminal.result(options.json ? JSON.stringify(document, null, 2) : renderText(document));
    exitCode = exitCodeOf(document);
  };
  try {
    const program = makeProgram(world, show);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explainError(error, argv, world);
  }
}

type Show = (options: CommonOptions, work: (context: Context) => Promise<ResultDocument>) => Promise<void>;

function makeContext(options: CommonOptions, { env, signal, terminal }: World): Context {
  terminal.setUp({ quiet: options.quiet ?? false, verbose: options.verbose ?? false });
  return {
    env,
    signal,
    cacheDir: options.cacheDir ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'mft-patch'),
    offline: options.offline ?? false,
    progress: (progress) => terminal.progress(progress),
    warn: (text) => terminal.warn(text),
    debug: (text) => terminal.debug(text),
  };
}

function makeProgram({ version, terminal }: World, show: Show): Command {
  const program = new Command('mft-patch')
    .description('Patches the kernel-mft-dkms package of an MFT bundle for a kernel, and proves in a container that it builds.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.result(text.trimEnd()), writeErr: () => {} })
    .showSuggestionAfterError()
    .helpCommand(false);
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .copyInheritedSettings(program)
      .allowExcessArguments(false)
      .option('--json', 'print the result as one JSON document')
      .option('--quiet', 'no progress')
      .option('--verbose', 'say what the container engine says, and where an error came from')
      .option('--offline', 'make no connection')
      .option('--cache-dir <dir>', 'where bundles and logs are kept (default: $XDG_CACHE_HOME/mft-patch)');
  const engine = () => new Option('--engine <name>', 'the container engine (default: whichever is there)').choices(['docker', 'podman']);
  const withRelease = (target: Command) =>
    target
      .option('--mft <release>', "the vendor's release: 4.20.1-14, 4.20.1 for its newest revision, or latest (default: 4.20.1-14)")
      .option('--arch <arch>', "the bundle's architecture (default: this machine's)")
      .option('--mirror <url>', 'a folder with the bundles, instead of the vendor (default: $MFT_PATCH_MIRROR)')
      .option('--sha256 <hex>', 'the digest that the downloaded bundle must have')
      .option('--require-digest', 'download nothing that no SHA-256 is known for');
  const withSource = (target: Command) =>
    withRelease(
      target
        .option('--kernel <release>', 'the kernel to build for, as in 5.18, 6.1.0-50-amd64 or debian-12')
        .option('--bundle <file|url>', "the vendor's .tgz")
        .option('--deb <file>', 'the kernel-mft-dkms package itself')
        .option('--sample', 'a small bundle of our own, to try things with'),
    );

  withSource(command('build', 'patch the package, write it, and verify it if a container engine is there'))
    .option('--out <dir>', 'where to write', 'dist')
    .option('--with-userland', "put the vendor's mft_….deb beside the package")
    .option('--repack-bundle', "write the bundle again with the patched package in it, for the vendor's install.sh")
    .option('--verify', 'fail if it cannot be verified')
    .option('--no-verify', 'do not verify')
    .addOption(engine())
    .action((options) => show(options, async (context) => (await import('./commands/build.js')).build(options, context)));
  withSource(command('plan', 'show which patches would be applied, and why; writes nothing')).action((options) =>
    show(options, async (context) => (await import('./commands/prepare.js')).plan(options, context)),
  );
  command('verify', 'install a package with dkms in a container and judge the result')
    .argument('<deb>', 'the package')
    .requiredOption('--kernel <target...>', 'where: debian-12, or a kernel that a target carries, as in 6.1')
    .addOption(engine())
    .action((deb, options) =>
      show(options, async (context) =>
        (await import('./commands/verify.js')).verify(deb, { ...options, kernels: options.kernel }, context),
      ),
    );
  withRelease(command('fetch', "download a release of the vendor's into the cache and check it"))
    .option('--ask-vendor', "ask the vendor's download page for the SHA-256 (not tried against the real page)")
    .action((options) => show(options, async (context) => (await import('./commands/fetch.js')).fetchRelease(options, context)));
  command('releases', 'list the releases of MFT that are known').action((options) =>
    show(options, async () => (await import('./commands/catalogues.js')).listReleases()),
  );
  command('patches', 'list the patches').action((options) =>
    show(options, async () => (await import('./commands/catalogues.js')).listPatches()),
  );
  command('kernels', 'list the kernels that a package can be verified on').action((options) =>
    show(options, async () => (await import('./commands/catalogues.js')).listKernels()),
  );
  return program;
}

/** Prints what went wrong. @returns the exit code */
function explainError(error: unknown, argv: readonly string[], { signal, terminal }: World): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const known = asKnown(error, signal);
  const { message, hint } = explain(known.failure);
  if (argv.includes('--json')) {
    terminal.result(JSON.stringify({ schema: 'mft-patch/error@1', ...known.failure, message, hint }, null, 2));
  }
  terminal.error(message, hint, error);
  return known.exitCode;
}

function asKnown(error: unknown, signal: AbortSignal): MftPatchError {
  if (signal.aborted) return new MftPatchError({ code: 'interrupted' });
  if (error instanceof MftPatchError) return error;
  if (error instanceof CommanderError) {
    const [detail = '', hint] = error.message.replace(/^error: /, '').split('\n');
    return new MftPatchError({ code: 'usage', detail, ...(hint === undefined ? {} : { hint: hint.replace(/^\(|\)$/g, '') }) });
  }
  return new MftPatchError({ code: 'internal', detail: wordsOf(error) });
}
