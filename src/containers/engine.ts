import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type RunOptions, type RunResult, runProgram } from '../system/run-program.js';

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
 * @throws no-engine, saying of each why not
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

/** What an engine says of itself and of a whole RUN line, which tells nobody what went wrong. */
const noise = /^(The command '|Removing intermediate|DEPRECATED|Install the buildx|https?:\/\/docs\.|Error: building at STEP)/;

/** The end of what a program has said, on one line; apt's own errors first. */
export function lastWords({ stdout, stderr }: RunResult): string {
  const lines = `${stdout}\n${stderr}`
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the classic builder colours what a step says
    .replace(/\u001b\[\d*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line));
  const errors = lines.filter((line) => line.startsWith('E: '));
  return (errors.length > 0 ? errors : lines).slice(-3).join(' / ');
}
