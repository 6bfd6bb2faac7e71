/** Whether there is room for headers, modules and an initrd. */
import type { Check } from '../documents/index.js';
import { asRoot, checked } from './cures.js';
import type { Machine } from './machine.js';

const mebibyte = 1024 * 1024;

/** What is written where, at most, in MiB: headers have some 60 and their archives 10, an initrd takes 30 to 80, a build 20. */
const needs: [path: string, mebibytes: number][] = [
  ['/usr/src', 200],
  ['/lib/modules', 20],
  ['/var/lib/dkms', 50],
  ['/var/cache/apt', 50],
  ['/boot', 100],
  ['/tmp', 50],
];

export interface Room {
  path: string;
  /** For all that goes to that file system. */
  needed: number;
  free: number;
}

/** The file systems that are written to, each by the first of its paths. */
export async function readSpace(machine: Machine): Promise<Room[]> {
  const rooms = new Map<string, Room>();
  for (const [path, mebibytes] of needs) {
    const found = await machine.space(path);
    if (!found) continue;
    const room = rooms.get(found.device) ?? { path, needed: 0, free: found.bytes };
    rooms.set(found.device, { ...room, needed: room.needed + mebibytes * mebibyte });
  }
  return [...rooms.values()];
}

export function judgeSpace(rooms: readonly Room[]): Check {
  const full = rooms.filter(({ needed, free }) => free < needed);
  if (full.length === 0) {
    const least = Math.min(...rooms.map(({ free }) => free));
    return checked('space', rooms.length > 0 ? 'ok' : 'unknown', rooms.length > 0 ? `${words(least)} free` : 'df says nothing');
  }
  const text = full.map(({ path, needed, free }) => `${path} has ${words(free)} free, of ${words(needed)} needed`).join('; ');
  const isBoot = full.some(({ path }) => path === '/boot');
  return checked('space', 'fault', text, [asRoot('apt clean'), ...(isBoot ? [asRoot('apt autoremove --purge', 'old kernels')] : [])]);
}

function words(bytes: number): string {
  const size = bytes / mebibyte;
  return size >= 1024 ? `${(size / 1024).toFixed(1)} GiB` : `${Math.floor(size)} MiB`;
}
