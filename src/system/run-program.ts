import { spawn } from 'node:child_process';
import type { Context } from '../context.js';

export interface RunOptions {
  input?: Buffer;
  /** Told each line of stderr, and of stdout unless that is binary. */
  onLine?: (line: string) => void;
  binary?: boolean;
}

export interface RunResult {
  /** As a shell counts: 127 if there is no such program, 128 if a signal ended it. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
  /** Whether it was ended because it wrote more than `outputLimit`. */
  isCut: boolean;
}

/** How long a program may clean up after an interruption, in milliseconds. */
const patience = 1500;
/** The most that is kept of an output, in bytes; what goes on longer is ended. */
export const outputLimit = 64 * 1024 * 1024;
/** The longest line that is told as one, in characters: looking for the end of a longer one again and again takes for ever. */
const longestLine = 64 * 1024;

/**
 * Runs a program to its end; a failing one is a result, not an error. It gets a process group of its own: Ctrl-C at a
 * terminal reaches us alone, and we end the whole group, since mmdebstrap waits for its children before it cleans up.
 *
 * @throws what aborted the context's signal
 */
export async function runProgram(
  program: string,
  args: string[],
  options: RunOptions,
  context: Pick<Context, 'env' | 'signal' | 'debug'>,
): Promise<RunResult> {
  context.signal.throwIfAborted();
  context.debug(`+ ${program} ${args.join(' ')}`);
  const child = spawn(program, args, { detached: true, env: context.env, stdio: 'pipe' });
  const end = () => endGroup(child.pid);
  const say = (line: string) => {
    context.debug(line);
    options.onLine?.(line);
  };
  let isCut = false;
  const cut = () => {
    if (!isCut) end();
    isCut = true;
  };
  const stdout = collect(child.stdout, options.binary ? undefined : say, cut);
  const stderr = collect(child.stderr, say, cut);
  // A program that ends without reading its input is told by its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  context.signal.addEventListener('abort', end);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
    child.on('close', (code) => resolve(code ?? 128));
  }).finally(() => context.signal.removeEventListener('abort', end));
  context.signal.throwIfAborted();
  return { exitCode, stdout: stdout(), stderr: child.pid === undefined ? 'not installed' : stderr().toString(), isCut };
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

/** Gathers a stream and tells its lines. @returns what gives all of it */
function collect(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputLimit) return tooMuch();
    chunks.push(chunk);
    if (!onLine) return;
    const text = rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n');
    const isLong = text.length - end > longestLine;
    rest = isLong ? '' : text.slice(end + 1);
    const told = isLong ? text : text.slice(0, Math.max(end, 0));
    if (isLong || end >= 0) for (const line of Buffer.from(told, 'latin1').toString().split('\n')) onLine(line);
  });
  return () => Buffer.concat(chunks);
}
