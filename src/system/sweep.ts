/** Stages that killed processes have left. */
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';
import { type Claim, claimsIn, isRunning, removeClaim, type Timing, Watch } from './claim.js';
import { lockName } from './lock.js';

const stageName = /^\.mft-patch-[0-9a-f]{8}$/;

/** A stage whose owner may live. */
export interface Suspect {
  path: string;
  claims: Claim[];
}

/**
 * Removes stages whose owners have died, as far as that can be done.
 * @returns those of which the process table does not know it
 */
export async function sweep(directories: readonly string[]): Promise<Suspect[]> {
  const suspects: Suspect[] = [];
  for (const directory of new Set(directories)) {
    const names = await readdir(directory).catch((): string[] => []);
    for (const name of names.filter((name) => stageName.test(name))) {
      const suspect = await sweepStage(join(directory, name)).catch(() => undefined);
      if (suspect) suspects.push(suspect);
    }
  }
  return suspects;
}

async function sweepStage(path: string): Promise<Suspect | undefined> {
  // In a directory that others may write to, as /tmp, theirs may be a trap.
  if ((await lstat(path)).uid !== process.getuid?.()) return undefined;
  const claims = (await claimsIn(join(path, lockName))) ?? [];
  const running = await Promise.all(claims.map(isRunning));
  if (running.includes(true)) return undefined;
  if (running.includes(undefined)) return { path, claims };
  await removeStage({ path, claims });
  return undefined;
}

/** Removes a stage, its claim last: wherever this is interrupted, what is left shows that it is abandoned. */
async function removeStage({ path, claims }: Suspect): Promise<void> {
  // One without a claim was only begun, or is all but gone: if its owner lives, it begins again.
  if (claims.length > 0) await removeFiles(path);
  await Promise.all(claims.map(removeClaim));
  await rmdir(join(path, lockName)).catch(() => {});
  await rmdir(path);
}

/** Removes the files of a stage, but for its claim. */
export async function removeFiles(path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => name !== lockName);
  await Promise.all(names.map((name) => rm(join(path, name), { recursive: true, force: true })));
}

/** Watches a stage until it moves, or did not for so long that it is removed. Rejects when the signal aborts. */
export async function watchStage(suspect: Suspect, { signal }: Pick<Context, 'signal'>, timing: Timing): Promise<void> {
  const watch = new Watch(timing);
  const paths = suspect.claims.map(({ path }) => path);
  for (;;) {
    const claims = (await claimsIn(join(suspect.path, lockName))) ?? [];
    if (!paths.every((path) => claims.some((claim) => claim.path === path))) return;
    if (watch.silent(claims).length === claims.length) return removeStage(suspect);
    await setTimeout(timing.poll, undefined, { signal });
  }
}
