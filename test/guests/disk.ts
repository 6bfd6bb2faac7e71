/** Disks of guests: one a suite is made and kept, and each test has a copy of it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { compareVersions } from '../../src/deb/version.js';
import { projectRoot, sh } from '../support.js';

export type Suite = 'bookworm' | 'trixie';

/** Older ones are not up to date with the archive any more, in days. */
const keptFor = 30;

/** The disk of a suite, made from Debian's packages at its first use. It is not written to. */
export function guestDisk(suite: Suite): string {
  const script = join(projectRoot, 'test/guests/make-guest.sh');
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mft-patch-tests');
  const digest = createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 12);
  const name = `guest-${suite}-${digest}.ext4`;
  mkdirSync(cache, { recursive: true });
  sh(`find '${cache}' -name 'guest-*' -mtime +${keptFor} -delete`);
  for (const other of readdirSync(cache)) {
    if (other.startsWith(`guest-${suite}-`) && other !== name) rmSync(join(cache, other), { recursive: true });
  }
  if (!existsSync(join(cache, name))) sh(`nice bash '${script}' ${suite} '${join(cache, name)}' 2>&1`);
  return join(cache, name);
}

/** Takes the newest kernel of a disk and its initrd out of it, as a boot loader does. @returns its release */
export function newestKernel(disk: string, into: string): string {
  const list = sh(`debugfs -R 'ls -p /boot' '${disk}' 2> /dev/null`);
  const releases = [...list.matchAll(/\/vmlinuz-([^/]+)\//g)].map(([, release = '']) => release).sort(compareVersions);
  const release = releases.at(-1);
  if (release === undefined) throw new Error(`no kernel in ${disk}: ${list}`);
  for (const name of ['vmlinuz', 'initrd.img']) sh(`debugfs -R 'dump /boot/${name}-${release} ${join(into, name)}' '${disk}' 2> /dev/null`);
  return release;
}
