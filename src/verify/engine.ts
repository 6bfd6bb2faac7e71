import type { Context } from '../context.js';
import { fail } from '../errors.js';

export type EngineName = 'docker' | 'podman';
export const engineNames: readonly EngineName[] = ['docker', 'podman'];

export interface RunOptions {
  input?: Buffer | string;
  /** Told each line of stderr, and of stdout unless that is binary. */
  onLine?: (line: string) => void;
  binary?: boolean;
}

export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** A container engine: a command line that docker and podman share. */
export interface Engine {
  name: EngineName;
  /** Runs `docker ARGS` to its end; a failing command is a result, not an error. */
  run(args: string[], options?: RunOptions): Promise<RunResult>;
}

/**
 * Finds an engine that answers: the wanted one, else docker, else podman.
 * @throws no-engine, saying of each why not
 */
export async function findEngine(wanted: EngineName | undefined, context: Context): Promise<Engine> {
  const tried: { engine: string; detail: string }[] = [];
  for (const name of wanted === undefined ? engineNames : [wanted]) {
    const engine = await makeEngine(name, context);
    const { exitCode, stderr } = await engine.run(
      name === 'docker' ? ['version', '--format', '{{.Server.Version}}'] : ['info', '--format', '{{.Host.Arch}}'],
    );
    if (exitCode === 0) return engine;
    tried.push({ engine: name, detail: exitCode === 127 ? 'not installed' : (stderr.trim().split('\n')[0] ?? '') });
  }
  return fail({ code: 'no-engine', tried });
}

async function makeEngine(name: EngineName, context: Context): Promise<Engine> {
  const { execa } = await import('execa');
  return {
    name,
    async run(args, { input = '', onLine, binary = false } = {}) {
      // A group of its own: Ctrl-C at a terminal reaches us alone, and we end what we began in the right order.
      const process = execa(name, args, {
        input,
        encoding: 'buffer',
        reject: false,
        stripFinalNewline: false,
        detached: true,
        cancelSignal: context.signal,
        forceKillAfterDelay: 1000,
        env: context.env,
        extendEnv: false,
      });
      context.debug(`+ ${name} ${args.join(' ')}`);
      const say = (line: string) => {
        context.debug(line);
        onLine?.(line);
      };
      eachLine(process.stderr, say);
      if (!binary) eachLine(process.stdout, say);
      const result = await process;
      context.signal.throwIfAborted();
      const missing = result.code === 'ENOENT';
      return {
        exitCode: missing ? 127 : (result.exitCode ?? 128),
        stdout: Buffer.from(result.stdout),
        stderr: missing ? 'not installed' : Buffer.from(result.stderr).toString(),
      };
    },
  };
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
