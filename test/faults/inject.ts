/** Runs the program under strace(1), which kills it at a system call that touches certain paths, or makes the call fail. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli, directory, type Ended, type StartOptions, start } from './run.js';

/** The calls that change a directory, or end a file. strace(1) ignores those that an architecture does not have. */
const files = ['openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'close'];
const calls = ['mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', ...files];
const removals = ['unlink', 'unlinkat', 'rmdir'];
const fixed = fileURLToPath(new URL('../../build-test/faults/fixed.js', import.meta.url));
let logs = 0;

/** The paths by which a directory, the stages in it and beside it, and files of these names are touched. */
export function pathsOf(out: string, names: readonly string[]): string[] {
  const stages = [join(dirname(out), '.mft-patch-00000000'), join(out, '.mft-patch-00000000')];
  const all = [...names, '.mft-patch', '.mft-patch~00000000', '.kept'];
  return [out, ...stages].flatMap((path) => [path, ...all.map((name) => join(path, name))]);
}

/** How a run under strace(1) ended, and the calls that touched the paths. */
export interface Traced extends Ended {
  /** One for each call. */
  lines: string[];
}

/**
 * Runs the program with one thread for files, so that a call has the same number each time.
 * @param inject as for strace's -e inject; empty for none
 */
export async function traced(args: readonly string[], paths: readonly string[], inject = '', options: StartOptions = {}): Promise<Traced> {
  const log = join(directory, `strace-${logs++}.log`);
  const traces = `trace=${[...calls, ...removals].map((call) => `?${call}`).join()}`;
  const filters = paths.flatMap((path) => ['-P', path]);
  const what = inject === '' ? [] : ['-e', `inject=${inject}`];
  // With --seccomp-bpf a run is faster, but no signal is delivered.
  const fast = inject.includes('signal=') ? [] : ['--seccomp-bpf'];
  const strace = ['-f', ...fast, '-qq', '-o', log, ...filters, '-e', traces, ...what];
  const env = { ...(options.env ?? process.env), UV_THREADPOOL_SIZE: '1' };
  const { ended } = start('strace', [...strace, process.execPath, '--import', fixed, cli, ...args], { ...options, env });
  const result = await ended;
  const lines = readFileSync(log, 'utf8').split('\n');
  rmSync(log);
  return { ...result, lines: lines.map((line) => line.replace(/^\d+ +/, '')).filter((line) => /^\w+\(/.test(line)) };
}

/** A system call of a run. */
export interface Call {
  /** Its name. */
  call: string;
  /** Its number among those of that name. */
  when: number;
  /** The line of strace(1). */
  line: string;
  /** It opens or closes a file that is only read. */
  isReading: boolean;
  isRemoval: boolean;
}

/** The calls of a run that touched the paths. */
export function numbered(lines: readonly string[]): Call[] {
  const counts = new Map<string, number>();
  const written = new Set<string>();
  return lines.map((line) => {
    const [, call = '', fd = '', result = ''] = /^(\w+)\((\d*).*= (-?\d+)/.exec(line) ?? [];
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    const isOpening = call === 'openat';
    if (isOpening && /O_(WRONLY|RDWR)/.test(line)) written.add(result);
    else if (isOpening) written.delete(result);
    const isReading = (isOpening && !written.has(result)) || (call === 'close' && !written.has(fd));
    return { call, when, line, isReading, isRemoval: removals.includes(call) };
  });
}
