/**
 * Which process works with which content of the cache, so that `cache prune` leaves it alone: links `holds/<sha256>.<owner>`.
 * The owner is a process that can be judged without a clock: by the boot, the PID namespace, the PID and when it started.
 */
import { rmSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId } from '../system/boot.js';

/** After how many milliseconds a hold counts no more whose owner cannot be seen from here: in another container, or machine. */
const unseen = 7 * 86_400_000;

const held = new Set<string>();

/** Holds a content until this process ends. Where the cache cannot be written, nobody prunes it either. */
export async function hold(directory: string, sha256: string): Promise<void> {
  const owner = await ownOwner();
  const path = join(directory, 'holds', `${sha256}.${owner.join('.')}`);
  if (held.has(path)) return;
  const made = await mkdir(join(directory, 'holds'), { recursive: true })
    .then(() => symlink(owner.join(' '), path))
    .then(
      () => true,
      () => false,
    );
  if (!made) return;
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(path);
}

/** Gives back what this process holds. */
function releaseAll(): void {
  for (const path of held) rmSync(path, { force: true });
  held.clear();
}

/** What running processes hold; holds of processes that have ended are removed. */
export async function heldContents(directory: string): Promise<Set<string>> {
  const names = await readdir(join(directory, 'holds')).catch((): string[] => []);
  const contents = new Set<string>();
  for (const name of names) {
    const path = join(directory, 'holds', name);
    if (await isRunning(path)) contents.add(name.slice(0, 64));
    else await rm(path, { force: true });
  }
  return contents;
}

async function isRunning(path: string): Promise<boolean> {
  const [boot, namespace, pid = '', start] = (await readlink(path).catch(() => '')).split(' ');
  const [ownBoot, ownNamespace] = await ownOwner();
  if (boot === ownBoot && namespace === ownNamespace && start !== '') return (await startOf(pid)) === start;
  // A clock that was set may make it look older, never a process that can be seen.
  return lstat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < unseen,
    () => false,
  );
}

async function ownOwner(): Promise<[boot: string, namespace: string, pid: string, start: string]> {
  const boot = (await bootId()) || 'unknown';
  const namespace = await readlink('/proc/self/ns/pid').catch(() => 'unknown');
  const pid = String(process.pid);
  return [boot, namespace.replace(/\D/g, ''), pid, await startOf(pid)];
}

/** When a process started, in ticks since boot (proc_pid_stat(5), field 22); empty if there is none. */
async function startOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may hold blanks and parentheses itself.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
