import type { Context } from '../context.js';

export interface RunOptions {
  input?: Buffer | string;
  /** Told each line of stderr, and of stdout unless that is binary. */
  onLine?: (line: string) => void;
  binary?: boolean;
}

export interface RunResult {
  /** As a shell counts: 127 if there is no such program, 128 if a signal ended it. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** How long a program may clean up after an interruption. */
const patience = 1500;

/**
 * Runs a program to its end; a failing one is a result, not an error. It gets a process group of its own: Ctrl-C at a
 * terminal reaches us alone, and we end the whole group, since mmdebstrap waits for its children before it cleans up.
 *
 * @throws what aborted the context's signal
 */
export async function runProgram(program: string, args: string[], options: RunOptions, context: Context): Promise<RunResult> {
  const { execa } = await import('execa');
  context.signal.throwIfAborted();
  context.debug(`+ ${program} ${args.join(' ')}`);
  const running = execa(program, args, {
    input: options.input ?? '',
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
    detached: true,
    env: context.env,
    extendEnv: false,
  });
  const say = (line: string) => {
    context.debug(line);
    options.onLine?.(line);
  };
  eachLine(running.stderr, say);
  if (!options.binary) eachLine(running.stdout, say);
  const end = () => endGroup(running.pid);
  context.signal.addEventListener('abort', end);
  const result = await running.finally(() => context.signal.removeEventListener('abort', end));
  context.signal.throwIfAborted();
  if (result.code === 'ENOENT') return { exitCode: 127, stdout: Buffer.alloc(0), stderr: 'not installed' };
  return { exitCode: result.exitCode ?? 128, stdout: Buffer.from(result.stdout), stderr: Buffer.from(result.stderr).toString() };
}

function endGroup(group: number | undefined): void {
  if (group === undefined) return;
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-group, signal);
    } catch {
      // It has ended by itself.
    }
  };
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), patience).unref();
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
