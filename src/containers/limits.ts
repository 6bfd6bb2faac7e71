import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Engine } from './engine.js';

/** What a container may take of the machine. Sizes are as docker-run(1) takes them, with k, m or g; 0 is unlimited. */
export interface Limits {
  /** Memory, including the container's tmpfs. */
  memory: string;
  /** Processes and threads at a time. */
  processes: number;
  /** What it may write to its own layer. */
  disk: string;
}

/** When the disk is looked at first, and then again, in milliseconds: most installations have ended by then. */
const firstLook = 3000;
const nextLook = 2000;
/** A pause is at least so many times as long as the look before it, so that looking takes little of a busy machine. */
const rest = 3;
/** A look at the size that takes so many milliseconds more than one without it has many files to go through: 200 000 take a second or more. */
const slowLook = 250;
/** What the smallest file takes of a disk, in bytes. */
const block = 4096;

/** A container that is watched. */
interface Limited {
  engine: Engine;
  container: string;
  limits: Limits;
}

/** The limits that an engine sets by itself, as options of docker-run(1) and podman-run(1). */
export function limitOptions({ memory, processes }: Limits): string[] {
  // --memory-swap is memory and swap together: as much as --memory means none. Without a limit podman would set its own.
  const memoryOptions = memory === '0' ? [] : ['--memory', memory, '--memory-swap', memory];
  return [...memoryOptions, '--pids-limit', processes === 0 ? '-1' : String(processes)];
}

/**
 * Does work with a running container, which is removed when it has written more than `disk` to its layer. The engines can
 * limit a layer by themselves on few file systems only, so it is looked at from here; how much it is over the limit in the
 * end depends on how fast it writes.
 *
 * @throws engine-failed when it is over the limit
 */
export async function withDiskLimit<T>(limited: Limited, context: Context, work: () => Promise<T>): Promise<T> {
  const { engine, container, limits } = limited;
  const { disk } = limits;
  const most = bytesOf(disk);
  if (most === 0) return work();
  const ended = new AbortController();
  let isOver = false;
  const watch = async () => {
    for (let pause = firstLook; !isOver; ) {
      await setTimeout(pause, undefined, { signal: ended.signal });
      const start = performance.now();
      const look = await inspectTimed(limited, ['--size', '--format', '{{.SizeRw}}'], context);
      // It sums the files' lengths, which are next to nothing for very many small ones. To count them takes docker two seconds of
      // processor time at the least: on a busy machine, where every look is slow, that would make it busier.
      const isSlow = look.time > slowLook && look.time - (await inspectTimed(limited, ['--format', 'x'], context)).time > slowLook;
      const files = isSlow ? await countFiles(limited, context) : 0;
      isOver = Number(look.text) + files * block > most;
      pause = Math.max(nextLook, rest * (performance.now() - start));
    }
    await engine.run(['rm', '--force', container], context);
  };
  // It ends by an error when the work has ended or is interrupted.
  watch().catch(() => {});
  const running = work();
  await Promise.allSettled([running]);
  ended.abort();
  if (isOver) {
    const detail = `the container exceeded the disk limit (${disk}) and was killed`;
    fail({ code: 'engine-failed', detail, hint: 'raise the limit with --disk' });
  }
  return running;
}

/** What the engine says of a container, and how long that takes, in milliseconds. */
async function inspectTimed({ engine, container }: Limited, options: string[], context: Context): Promise<{ text: string; time: number }> {
  const start = performance.now();
  const { stdout } = await engine.run(['container', 'inspect', ...options, container], context);
  return { text: stdout.toString(), time: performance.now() - start };
}

/** How many files a container has made or changed. */
async function countFiles({ engine, container }: Limited, context: Context): Promise<number> {
  const { stdout, isCut } = await engine.run(['diff', container], context, { binary: true });
  return isCut ? Number.POSITIVE_INFINITY : stdout.filter((byte) => byte === 0x0a).length;
}

/** @param size digits with k, m or g, or 0 */
function bytesOf(size: string): number {
  return Number.parseInt(size, 10) * 1024 ** ('kmg'.indexOf(size.slice(-1).toLowerCase()) + 1);
}
