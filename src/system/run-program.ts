import type { Context } from '../context.js';

export interface RunOptions {
  input?: Buffer;
  /** Called with each line of stderr, and of stdout unless that is binary. */
  onLine?: (line: string) => void;
  binary?: boolean;
}

export interface RunResult {
  /** As a shell counts: 127 if there is no such program, 128 if a signal ended it. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
  /** Whether it was killed because it wrote more than `outputLimit`. */
  isCut: boolean;
}

/** How long a program may clean up after an interruption, in milliseconds. */
const killAfterMs = 1500;
/** The most that is kept of an output, in bytes; a program that writes more is killed. */
export const outputLimit = 64 * 1024 * 1024;
/** The longest line that is passed on as one, in characters: searching a longer one again with each chunk would be quadratic. */
const longestLine = 64 * 1024;

/**
 * Runs a program to its end; a failing one is a result, not an error. It gets a process group of its own: Ctrl-C at a
 * terminal reaches us alone, and we end the whole group, since mmdebstrap waits for its children before it cleans up.
 *
 * @throws what aborted the context's signal; the system's error if the program is there and cannot be started
 */
export async function runProgram(
  program: string,
  args: string[],
  options: RunOptions,
  context: Pick<Context, 'env' | 'signal' | 'debug'>,
): Promise<RunResult> {
  context.signal.throwIfAborted();
  context.debug(`+ ${program} ${args.join(' ')}`);
  // Loaded here, since most commands run no program: it takes as long to load as all the rest.
  const { execa } = await import('execa');
  context.signal.throwIfAborted();
  const child = execa(program, args, {
    ...{ detached: true, cleanup: false, env: context.env, extendEnv: false, reject: false },
    // The output is gathered here: of one that execa holds, it puts all into an error message, each character escaped. With
    // 64 MiB of zeros, as a package may unpack to, that ends Node itself.
    ...{ encoding: 'buffer', buffer: false, input: options.input ?? Buffer.alloc(0) },
  });
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
  const stdout = gather(child.stdout, options.binary ? undefined : say, cut);
  const stderr = gather(child.stderr, say, cut);
  context.signal.addEventListener('abort', end);
  const result = await child.finally(() => context.signal.removeEventListener('abort', end));
  context.signal.throwIfAborted();
  if (result.code === 'ENOENT') return { exitCode: 127, stdout: Buffer.alloc(0), stderr: 'not installed', isCut };
  if (child.pid === undefined) throw result.cause ?? new Error(result.shortMessage);
  return { exitCode: result.exitCode ?? 128, stdout: stdout(), stderr: stderr().toString(), isCut };
}

/** Ends a whole process group, which execa does not. */
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
  setTimeout(() => send('SIGKILL'), killAfterMs).unref();
}

/** Keeps what a stream gives, up to `outputLimit`. @returns what gives all of it */
function gather(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  const split = onLine && eachLine(onLine);
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputLimit) return tooMuch();
    chunks.push(chunk);
    split?.(chunk);
  });
  return () => Buffer.concat(chunks);
}

/** Splits chunks into lines; of a line that is longer than `longestLine` it passes on what it has. */
function eachLine(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const text = rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n');
    const isLong = text.length - end > longestLine;
    rest = isLong ? '' : text.slice(end + 1);
    const whole = isLong ? text : text.slice(0, Math.max(end, 0));
    if (isLong || end >= 0) for (const line of Buffer.from(whole, 'latin1').toString().split('\n')) onLine(line);
  };
}
