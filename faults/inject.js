/** The program under strace(1), which kills it at a system call that touches certain paths, or makes the call fail. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli, folder, start } from './run.js';

/** What changes a folder, and what ends a file; strace(1) passes over those that an architecture does not have. */
const calls = ['mkdir', 'mkdirat', 'symlink', 'symlinkat', 'openat', 'write', 'pwrite64', 'close', 'rename', 'renameat', 'renameat2'];
const removals = ['unlink', 'unlinkat', 'rmdir'];
const fixed = fileURLToPath(new URL('fixed.js', import.meta.url));
let logs = 0;

/** The paths by which a folder, the stages in it and beside it, and files of these names are touched. */
export function pathsOf(out, names) {
  const stages = [join(dirname(out), '.mft-patch-00000000'), join(out, '.mft-patch-00000000')];
  const all = [...names, '.mft-patch', '.kept'];
  return [out, ...stages].flatMap((path) => [path, ...all.map((name) => join(path, name))]);
}

/**
 * Runs the program with one thread for files, so that a call's number is the same each time.
 *
 * @param inject as strace's -e inject; empty for none
 * @returns how it ended, and the calls that touched the paths, one a line
 */
export async function traced(args, paths, inject = '', options = {}) {
  const log = join(folder, `strace-${logs++}.log`);
  const traces = `trace=${[...calls, ...removals].map((call) => `?${call}`).join()}`;
  const filters = paths.flatMap((path) => ['-P', path]);
  const what = inject === '' ? [] : ['-e', `inject=${inject}`];
  // With --seccomp-bpf a run is quicker, but no signal is delivered.
  const quick = inject.includes('signal=') ? [] : ['--seccomp-bpf'];
  const strace = ['-f', ...quick, '-qq', '-o', log, ...filters, '-e', traces, ...what];
  const env = { ...(options.env ?? process.env), UV_THREADPOOL_SIZE: '1' };
  const { ended } = start('strace', [...strace, process.execPath, '--import', fixed, cli, ...args], { ...options, env });
  const result = await ended;
  const lines = readFileSync(log, 'utf8').split('\n');
  rmSync(log);
  return { ...result, lines: lines.map((line) => line.replace(/^\d+ +/, '')).filter((line) => /^\w+\(/.test(line)) };
}

/** The calls of a run that touched the paths: each with its number among those of its name. */
export function numbered(lines) {
  const counts = new Map();
  const written = new Set();
  return lines.map((line) => {
    const [, call, fd, result] = /^(\w+)\((\d*).*= (-?\d+)/.exec(line) ?? [];
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    const isOpening = call === 'openat';
    if (isOpening && /O_(WRONLY|RDWR)/.test(line)) written.add(result);
    else if (isOpening) written.delete(result);
    const isReading = (isOpening && !written.has(result)) || (call === 'close' && !written.has(fd));
    return { call, when, line, isReading, isRemoval: removals.includes(call) };
  });
}
