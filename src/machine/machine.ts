/** The machine in front of us, as far as it is asked: files below a root, and a few programs. Nothing here changes it. */
import { lstat, readdir, readFile, readlink, stat, statfs } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { MftPatchError } from '../errors.js';
import { runProgram } from '../system/run-program.js';

/** What a program answered. 127: it is not installed; 124: it did not answer in time. */
export interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What doctor and install ask. Paths are absolute, as on that machine. */
export interface Machine {
  /** The user who asks; 0 is root. */
  uid: number;
  /** The paths that this user was not allowed to read. */
  denied: ReadonlySet<string>;
  /** The text of a file; undefined if it cannot be read. */
  text(path: string): Promise<string | undefined>;
  /** The names in a directory, sorted; none if it cannot be read. */
  names(path: string): Promise<string[]>;
  /** Where a path leads to, links resolved; undefined if nothing is there. */
  place(path: string): Promise<string | undefined>;
  /** What is free for this user, in bytes, and which file system that is. */
  space(path: string): Promise<{ bytes: number; device: string } | undefined>;
  /** Runs a program in the language C. A failing one, or one that is missing, is an answer. */
  run(program: string, ...args: string[]): Promise<Answer>;
}

/** What stands between this machine and the code: tests hand in another root and other programs. */
export interface Access {
  root: string;
  uid: number;
  program: typeof runProgram;
}

/**
 * How long a program may take, in seconds. docker and podman wait for a daemon that may never answer. The others read what is on the
 * disk, but a slow or busy machine needs its time: `dkms status` took more than 20 s in a guest without KVM.
 */
const answerLimit = (program: string) => (['docker', 'podman'].includes(program) ? 20 : 300);
/** As path_resolution(7) limits them. */
const mostLinks = 40;

/** The machine that this process runs on. */
export const here: Access = { root: '/', uid: process.getuid?.() ?? 0, program: runProgram };

export function openMachine({ root, uid, program }: Access, context: Context): Machine {
  const denied = new Set<string>();
  // dkms and modinfo are in /usr/sbin, which is not on the PATH of a user of Debian.
  const env = { ...context.env, LC_ALL: 'C', LANGUAGE: '', PATH: `${context.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
  /** Reads by the path in the root; what cannot be read is undefined. */
  const read = async <T>(path: string, how: (place: string) => Promise<T>): Promise<T | undefined> => {
    try {
      const place = await resolveIn(root, path);
      return place === undefined ? undefined : await how(join(root, place));
    } catch (error) {
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) denied.add(path);
      return undefined;
    }
  };
  return {
    uid,
    denied,
    text: (path) => read(path, (place) => readFile(place, 'utf8')),
    names: async (path) => ((await read(path, (place) => readdir(place))) ?? []).sort(),
    place: (path) => read(path, async (place) => posix.join('/', posix.relative(root, place))),
    space: (path) => read(path, spaceAt),
    run: async (name, ...args) => {
      try {
        const answer = await withTimeout(answerLimit(name), name, { ...context, env }, (limited) => program(name, args, {}, limited));
        return { ...answer, stdout: answer.stdout.toString() };
      } catch (error) {
        context.signal.throwIfAborted();
        if (error instanceof MftPatchError) return { exitCode: 124, stdout: '', stderr: `no answer within ${answerLimit(name)} s` };
        // It is there and cannot be run, as a shell counts.
        return { exitCode: 126, stdout: '', stderr: String(error) };
      }
    },
  };
}

async function spaceAt(place: string): Promise<{ bytes: number; device: string }> {
  const [{ bavail, bsize }, { dev }] = await Promise.all([statfs(place), stat(place)]);
  return { bytes: bavail * bsize, device: String(dev) };
}

/**
 * The path without links, as a process with that root sees it: an absolute link starts at the root again.
 * @returns undefined if it leads to nothing
 */
async function resolveIn(root: string, path: string): Promise<string | undefined> {
  let [done, rest] = ['/', path.split('/').filter((part) => part !== '')];
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...others] = rest;
    const next = posix.join(done, part);
    const stats = await lstat(join(root, next)).catch((error) => {
      if (['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
      throw error;
    });
    if (stats === undefined || links > mostLinks) return undefined;
    if (!stats.isSymbolicLink()) {
      [done, rest] = [next, others];
      continue;
    }
    links++;
    const target = await readlink(join(root, next));
    rest = [...target.split('/').filter((one) => one !== '' && one !== '.'), ...others];
    if (posix.isAbsolute(target)) done = '/';
  }
  return done;
}
