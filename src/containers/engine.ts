import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Context } from '../context.js';
import { fail, MftPatchError } from '../errors.js';
import { type RunOptions, type RunResult, runProgram } from '../system/run-program.js';
import { writeAtomic } from '../system/stage.js';
import { withTimeout } from './timeout.js';

export type EngineName = 'docker' | 'podman';
const engineNames: readonly EngineName[] = ['docker', 'podman'];

/** A container engine that answers: a command line that docker and podman share. */
export interface Engine {
  name: EngineName;
  /** As the engine itself reports it, as in 20.10.24; not that of the client. */
  version: string;
  /** The architecture of its containers as Debian names it, as in amd64; empty if it does not say. */
  arch: string;
  /** The architecture of its machine, where that runs the programs of its containers by emulation. */
  emulatedOn?: string;
  /**
   * Runs `docker ARGS` or `podman ARGS` to its end, or until --timeout is over.
   * @param context the limits of the work that it is part of
   * @throws engine-failed when the time is over
   */
  run(args: string[], context: Context, options?: RunOptions): Promise<RunResult>;
}

/** How long an engine may take to say that it is there, in seconds. */
const answerLimit = 60;
/** How long its client may take to read its configuration, in seconds. */
const contextLimit = 10;

/** What prints an engine's version and architecture. */
const questions: Record<EngineName, string[]> = {
  docker: ['version', '--format', '{{.Server.Version}} {{.Server.Arch}}'],
  podman: ['info', '--format', '{{.Version.Version}} {{.Host.Arch}}'],
};

/** The variables that say which daemon is meant. */
const addresses: Record<EngineName, string[]> = { docker: ['DOCKER_HOST', 'DOCKER_CONTEXT'], podman: ['CONTAINER_HOST'] };

/** Which engine is used, and for how long at most it may work. */
export interface EngineSettings {
  engine?: EngineName;
  /** The time limit of each call of the engine; seconds. */
  timeout: number;
}

/**
 * Finds an engine that answers: the wanted one; else that whose address the environment gives; else docker, else podman. Where
 * an address or a docker context is set no other engine is taken: the user means that one.
 *
 * @param program runs a client on the machine that is asked
 * @throws no-engine, with the reason for each
 */
export async function findEngine({ engine: wanted, timeout }: EngineSettings, context: Context, program = runProgram): Promise<Engine> {
  const addressed = engineNames.filter((name) => addressOf(name, context) !== undefined);
  const tried: { engine: string; detail: string }[] = [];
  const refuse = (address: string): never => {
    const hint = `check ${address}, or unset it; the engine is not used on another address than that`;
    return fail({ code: 'no-engine', tried, ...(address === '' ? {} : { hint }) });
  };
  for (const name of wanted !== undefined ? [wanted] : addressed.length > 0 ? addressed : engineNames) {
    const run: Engine['run'] = (args, within, options = {}) =>
      withTimeout(timeout, [name, ...args.slice(0, args[0] === 'image' ? 2 : 1)].join(' '), within, (limited) =>
        program(name, args, options, limited),
      );
    const answer = await askVersion(name, run, Math.min(timeout, answerLimit), context);
    if ('version' in answer) return { name, ...answer, run };
    const address = addressOf(name, context) ?? (await dockerContext(name, run, context));
    tried.push({ engine: name, detail: address === '' ? answer.detail : `${address}: ${answer.detail}` });
    if (address !== '' && addressed.length < 2) refuse(address);
  }
  return refuse(addressed.map((name) => addressOf(name, context)).join(' and '));
}

type Answer = Pick<Engine, 'version' | 'arch'> | { detail: string };

async function askVersion(name: EngineName, run: Engine['run'], seconds: number, context: Context): Promise<Answer> {
  try {
    const { exitCode, stdout, stderr } = await withTimeout(seconds, name, context, (limited) => run(questions[name], limited));
    const [version = '', arch = ''] = stdout.toString().trim().split(/\s+/);
    return exitCode === 0 ? { version, arch: arch === '<no' ? '' : arch } : { detail: stderr.trim().split('\n')[0] ?? '' };
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
    return { detail: `it was asked but did not answer within ${seconds} s; check it with ${name} ${questions[name][0]}` };
  }
}

/** Whether the engine is on another machine than this. */
export function isElsewhere({ env }: Context): boolean {
  return /^(tcp|ssh|https?):/.test(env.DOCKER_HOST ?? env.CONTAINER_HOST ?? '');
}

/** The variable that gives the address of an engine, with its value. */
function addressOf(name: EngineName, { env }: Context): string | undefined {
  const variable = addresses[name].find((candidate) => env[candidate]);
  return variable && `${variable}=${env[variable]}`;
}

/** The docker context that the user has chosen; empty for the default one. The client answers this from its configuration. */
async function dockerContext(name: EngineName, run: Engine['run'], context: Context): Promise<string> {
  if (name !== 'docker') return '';
  const ask = withTimeout(contextLimit, name, context, (limited) => run(['context', 'show'], limited));
  const { exitCode, stdout } = await ask.catch(() => ({ exitCode: 1, stdout: Buffer.alloc(0) }));
  const current = stdout.toString().trim();
  return exitCode === 0 && current !== '' && current !== 'default' ? `docker context ${current}` : '';
}

/** What an engine prints about itself and about a whole RUN line, which does not show what went wrong. */
const noise = /^(The command '|Removing intermediate|DEPRECATED|Install the buildx|https?:\/\/docs\.|Error: building at STEP)/;
/** The most that a message quotes of another program, in characters. */
const longestQuote = 300;

/** The last line of a program's words. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** The classic builder joins the two streams of a step as they come, also within a line, and makes what is of stderr red. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it colours by them
const red = /\u001b\[91m([^\u001b]*)\u001b\[0m/g;

/** What dpkg's reason stands below, as dpkg prints it; apt says only that dpkg failed. */
const aboveReason = /^dpkg: (?:error processing |unrecoverable fatal error)/;

/** The end of a program's output, on one line of at most 300 characters; apt's and dpkg's own errors first. */
export function lastLines({ stdout, stderr }: Pick<RunResult, 'stdout' | 'stderr'>): string {
  const all = `${stdout}\n${stderr}`;
  const errorsOfSteps = [...all.matchAll(red)].map(([, text]) => text).join('');
  const lines = stripVTControlCharacters(`${all.replace(red, '')}\n${errorsOfSteps}`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line));
  const errors = lines.flatMap((line, index) => {
    if (line.startsWith('E: ')) return [line];
    return aboveReason.test(lines[index - 1] ?? '') ? [`dpkg: ${line}`] : [];
  });
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
