import { homedir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { type CommonOptions, makeProgram, type Show } from './command-line.js';
import type { Context } from '../context.js';
import { explain, MftPatchError, wordsOf } from '../errors.js';
import { exitCodeOf, renderText } from '../report/text.js';
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
  const show: Show = async (options, work) => {
    const document = await work(makeContext(options, world));
    world.terminal.result(options.json ? JSON.stringify(document, null, 2) : renderText(document));
    exitCode = exitCodeOf(document);
  };
  try {
    const program = makeProgram(world, show);
    if (argv.length === 0) program.outputHelp();
    else await Promise.race([program.parseAsync(argv, { from: 'user' }), overtime(world.signal)]);
    return exitCode;
  } catch (error) {
    return explainError(error, argv, world);
  }
}

/**
 * How long what was begun may clean up after an interruption, in milliseconds: within 2 s the program ends. An engine that
 * takes longer to remove a container goes on with that by itself.
 */
const farewell = 1700;

/** Rejects when the time after an interruption is over. */
function overtime(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const late = () => reject(new MftPatchError({ code: 'interrupted', isPending: true }));
    signal.addEventListener('abort', () => setTimeout(late, farewell).unref());
  });
}

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
  if (error instanceof MftPatchError && (!signal.aborted || error.failure.code === 'interrupted')) return error;
  if (signal.aborted) return new MftPatchError({ code: 'interrupted' });
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help')
      return new MftPatchError({
        code: 'usage',
        detail: 'image: what is to be done with them?',
        hint: 'image ls, image build or image rm',
      });
    const [detail = '', hint] = error.message.replace(/^error: /, '').split('\n');
    return new MftPatchError({ code: 'usage', detail, ...(hint === undefined ? {} : { hint: hint.replace(/^\(|\)$/g, '') }) });
  }
  return new MftPatchError({ code: 'internal', detail: wordsOf(error) });
}
