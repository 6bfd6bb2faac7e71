import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fail } from '../errors.js';
import { bootId } from './boot.js';
import { shortDigest } from './digest.js';

/** How fast claims are judged; milliseconds. */
export interface Timing {
  /** How often an owner shows that it lives. */
  beat: number;
  /** How long it must not have done so before it counts as dead. */
  silence: number;
  /** How often others look. */
  poll: number;
}

export const defaultTiming: Timing = { beat: 2000, silence: 15_000, poll: 50 };

/** A claim of some process, as others see it. */
export interface Claim {
  /** The file. Its name has the number of the owner's last beat: removing it fails if the owner has moved since. */
  path: string;
  pid?: number;
  /** Where the pid means something. */
  place?: string;
}

const claimName = /^(\d+)-([0-9a-f]{12})-[0-9a-f]{8}\.\d+$/;

/**
 * A claim of this process on a directory: an empty file in it, named after its owner and the number of the owner's beats.
 * A beat renames it. So every file system can hold it (no links, no times, no content), no clock is compared with another
 * one, and a claim is only removed in the state in which it was judged. An owner whose claim was removed learns it by its
 * next beat, since there is nothing left to rename.
 */
export class OwnClaim {
  readonly #owner: string;
  #beats = 0;
  #directory: string;
  /** Beats and moves come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, owner: string) {
    this.#directory = directory;
    this.#owner = owner;
  }

  /** Makes a directory and claims it. @throws the system's error; ENOENT if another process has removed the directory */
  static async make(directory: string): Promise<OwnClaim> {
    const claim = new OwnClaim(directory, `${process.pid}-${await placeHere()}-${randomBytes(4).toString('hex')}`);
    await mkdir(directory);
    try {
      await writeFile(claim.#path(), '', { flag: 'wx' });
    } catch (error) {
      await rmdir(directory).catch(() => {});
      throw error;
    }
    return claim;
  }

  /** Shows that the owner lives, and finds out that the claim still stands. @throws cannot-write if it does not */
  beat(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await rename(this.#path(), this.#path(this.#beats + 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        // A network file system may repeat a rename that was done already.
        const isMoved = await lstat(this.#path(this.#beats + 1)).catch(() => undefined);
        if (!isMoved) failLost(this.#directory);
      }
      this.#beats++;
    });
  }

  /** Renames the directory, or one above it. @param directory where it is then */
  move(directory: string, work: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await work();
      this.#directory = directory;
    });
  }

  /** Gives the directory back, which is removed; what cannot be removed is taken over when this process has ended. */
  withdraw(): Promise<void> {
    return this.#inTurn(async () => {
      await unlink(this.#path()).catch(() => {});
      await rmdir(this.#directory).catch(() => {});
    });
  }

  #path(beats = this.#beats): string {
    return join(this.#directory, `${this.#owner}.${beats}`);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function failLost(directory: string): never {
  const detail = 'another process took over its lock, since this one did not answer for a while';
  return fail({ code: 'cannot-write', path: dirname(directory), detail, hint: 'run the command again' });
}

/**
 * The claims in a directory: none if nobody has it, undefined if it does not exist. Something else than a directory, as the
 * symbolic links that earlier versions made, is a claim whose owner is unknown.
 */
export async function claimsIn(directory: string): Promise<Claim[] | undefined> {
  const stats = await lstat(directory).catch(ifMissing);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) return [{ path: directory }];
  const names = await readdir(directory).catch(ifMissing);
  return names?.map((name) => {
    const [, pid, place = ''] = claimName.exec(name) ?? [];
    return { path: join(directory, name), ...(pid === undefined ? {} : { pid: Number(pid), place }) };
  });
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Removes a claim in the state in which it was judged; if it has moved since, or another process was faster, nothing happens. */
export async function removeClaim({ path }: Claim): Promise<void> {
  await unlink(path).catch(ifMissing);
}

/**
 * What the process table says of an owner, where it can say something: `undefined` for one of another machine, of another
 * container or of an earlier boot.
 */
export async function isRunning({ pid, place }: Claim): Promise<boolean | undefined> {
  if (pid === undefined || place !== (await placeHere())) return undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let place: Promise<string> | undefined;

/**
 * Names the boot of the machine and the PID namespace (pid_namespaces(7)): with the same name, a pid is the same process.
 * Host names do not tell containers apart. Where the system has no such names, no pid of another process is believed.
 */
function placeHere(): Promise<string> {
  place ??= Promise.all([bootId(), readlink('/proc/self/ns/pid').catch(() => '')]).then(([boot, namespace]) =>
    boot && namespace ? shortDigest(`${hostname()} ${boot} ${namespace}`) : randomBytes(6).toString('hex'),
  );
  return place;
}

/**
 * Watches claims that do not move. Only time in which this process has looked counts, on its own monotonic clock: one that
 * was stopped together with the owner, or slept with the machine, begins where it was.
 */
export class Watch {
  #silences = new Map<string, number>();
  #last = performance.now();

  constructor(readonly timing: Timing) {}

  /** Looks once more. @returns those that have not moved for so long that their owners count as dead */
  silent(claims: readonly Claim[]): Claim[] {
    const now = performance.now();
    const step = Math.min(now - this.#last, 2 * this.timing.poll);
    this.#last = now;
    const before = this.#silences;
    this.#silences = new Map(claims.map(({ path }) => [path, before.has(path) ? (before.get(path) ?? 0) + step : 0]));
    return claims.filter(({ path }) => (this.#silences.get(path) ?? 0) >= this.timing.silence);
  }
}
