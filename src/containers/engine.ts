import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type RunOptions, type RunResult, runProgram } from '../system/run-program.js';
import { writeAtomic } from '../system/stage.js';

export type EngineName = 'docker' | 'podman';
const engineNames: readonly EngineName[] = ['docker', 'podman'];

/** A container engine: a command line that docker and podman share. */
export interface Engine {
  name: EngineName;
  /** Runs `docker ARGS` or `podman ARGS` to its end. */
  run(args: string[], options?: RunOptions): Promise<RunResult>;
}

/**
 * Finds an engine that answers: the wanted one, else docker, else podman.
 * @throws no-engine, with the reason for each
 */
export async function findEngine(wanted: EngineName | undefined, context: Context): Promise<Engine> {
  const tried: { engine: string; detail: string }[] = [];
  for (const name of wanted === undefined ? engineNames : [wanted]) {
    const engine: Engine = { name, run: (args, options = {}) => runProgram(name, args, options, context) };
    const question = name === 'docker' ? ['version', '--format', '{{.Server.Version}}'] : ['info', '--format', '{{.Host.Arch}}'];
    const { exitCode, stderr } = await engine.run(question);
    if (exitCode === 0) return engine;
    tried.push({ engine: name, detail: stderr.trim().split('\n')[0] ?? '' });
  }
  return fail({ code: 'no-engine', tried });
}

/** What an engine prints about itself and about a whole RUN line, which does not show what went wrong. */
const noise = /^(The command '|Removing intermediate|DEPRECATED|Install the buildx|https?:\/\/docs\.|Error: building at STEP)/;
/** The most that a message quotes of another program, in characters. */
const longestQuote = 300;

/** The end of a program's output, on one line of at most 300 characters; apt's own errors first. */
export function lastLines({ stdout, stderr }: Pick<RunResult, 'stdout' | 'stderr'>): string {
  const lines = `${stdout}\n${stderr}`
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the classic builder colours what a step prints
    .replace(/\u001b\[\d*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line));
  const errors = lines.filter((line) => line.startsWith('E: '));
  const quote = (errors.length > 0 ? errors : lines).slice(-3).join(' / ');
  return quote.length > longestQuote ? `${quote.slice(0, longestQuote - 1)}…` : quote;
}

/** Work that failed, as a message names it: "cannot WORK". */
export interface FailedWork {
  /** The program, and what it cannot do, as in "docker cannot build the image of debian-12". */
  what: string;
  /** The name of its log, without `.log`. */
  log: string;
  /** What to do next, where more is known than to read the log. */
  hint?: string;
}

/** Throws engine-failed: what failed, the end of the output in one line, and the log in which all of it is. */
export async function failWithLog({ what, log, hint }: FailedWork, result: RunResult, context: Context): Promise<never> {
  const path = join(context.cacheDir, 'logs', `${log}.log`);
  await writeAtomic(path, `${result.stdout}${result.stderr}`, context);
  return fail({ code: 'engine-failed', detail: `${what}: ${lastLines(result)}`, hint: `${hint ? `${hint}; ` : ''}whole log: ${path}` });
}
