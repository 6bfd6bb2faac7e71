/** Runs one command and shows its result, or the error that it ends in. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import type { Context } from '../context.js';
import { MftPatchError, messageOf } from '../errors.js';
import { explain } from '../explain.js';
import { hasVerdicts } from '../report/colors.js';
import { asJson } from '../system/json.js';
import { makeProgram } from './command-line.js';
import type { CommonOptions, Show } from './command-maker.js';
import { exitCodeOf } from './exit-code.js';
import { type ColorChoice, colorChoices } from './streams.js';
import type { Terminal } from './terminal.js';

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
  // A command line that is refused is shown in the colours that it asks for, too.
  world.terminal.setColor(colorOf(argv));
  const show: Show = async (options, work) => {
    const document = await work(makeContext(options, world));
    const render = async () => (await import('../report/text.js')).renderText(document);
    if (options.json) world.terminal.result(asJson(document).trimEnd());
    else world.terminal.result(await render(), { hasVerdicts: hasVerdicts(document) });
    exitCode = exitCodeOf(document);
  };
  try {
    const program = makeProgram({ version: world.version, print: (text) => world.terminal.result(text.trimEnd()) }, show);
    if (argv.length === 0) program.outputHelp();
    else await Promise.race([program.parseAsync(argv, { from: 'user' }), shutdownTimeout(world.signal)]);
    return exitCode;
  } catch (error) {
    return showError(error, argv, world);
  }
}

/**
 * How long what was begun may clean up after an interruption, in milliseconds: the program exits within 2 s. An engine that
 * takes longer to remove a container goes on with that by itself.
 */
const shutdownGraceMs = 1700;

/** Rejects when the time after an interruption is over. */
function shutdownTimeout(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const late = () => reject(new MftPatchError({ code: 'interrupted', isPending: true }));
    signal.addEventListener('abort', () => setTimeout(late, shutdownGraceMs).unref());
  });
}

function makeContext(options: CommonOptions, { env, signal, terminal }: World): Context {
  terminal.setUp({ quiet: options.quiet ?? false, verbose: options.verbose ?? false });
  terminal.setColor(options.color ?? 'auto');
  return {
    env,
    signal,
    cacheDir: options.cacheDir ?? join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'mft-patch'),
    lockfile: resolve(options.lock ?? 'mft-patch.lock'),
    own: {
      patches: options.patches ?? [],
      ...(options.kernelsDir === undefined ? {} : { kernelsDir: options.kernelsDir }),
      ...(options.releases === undefined ? {} : { releases: options.releases }),
    },
    inputs: new Set(options.inputs),
    offline: options.offline ?? false,
    progress: (progress) => terminal.progress(progress),
    warn: (text) => terminal.warn(text),
    debug: (text) => terminal.debug(text),
  };
}

/** What --color says, before the command line is read; auto if it is not one of its words. */
function colorOf(argv: readonly string[]): ColorChoice {
  const given = argv.map((word, index) => (word === '--color' ? argv[index + 1] : word.split('--color=')[1]));
  const choice = given.findLast((word) => word !== undefined);
  return colorChoices.find((known) => known === choice) ?? 'auto';
}

/** Prints what went wrong. @returns the exit code */
function showError(error: unknown, argv: readonly string[], { signal, terminal }: World): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const known = asKnown(error, argv, signal);
  const { message, hint } = explain(known.failure);
  if (argv.includes('--json')) {
    terminal.result(asJson({ schema: 'mft-patch/error@1', ...known.failure, message, hint }).trimEnd());
  }
  terminal.error(message, hint, error);
  return known.exitCode;
}

function asKnown(error: unknown, argv: readonly string[], signal: AbortSignal): MftPatchError {
  if (error instanceof MftPatchError && (!signal.aborted || error.failure.code === 'interrupted')) return error;
  if (signal.aborted) return new MftPatchError({ code: 'interrupted' });
  if (!(error instanceof CommanderError)) return new MftPatchError({ code: 'internal', detail: messageOf(error) });
  // commander shows the help of a command without its subcommand.
  if (error.code === 'commander.help') {
    const group = argv.find((word) => !word.startsWith('-')) ?? '';
    const hint = `run mft-patch ${group} ls, or see mft-patch ${group} --help`;
    return new MftPatchError({ code: 'usage', detail: `${group}: missing subcommand`, hint });
  }
  const [detail = '', hint] = error.message.replace(/^error: /, '').split('\n');
  if (error.code === 'commander.missingArgument' && argv.includes('--headers'))
    return new MftPatchError({ code: 'usage', detail, hint: 'put it before --headers, which takes all the packages that follow' });
  return new MftPatchError({ code: 'usage', detail, ...(hint === undefined ? {} : { hint: hint.replace(/^\(|\)$/g, '') }) });
}
