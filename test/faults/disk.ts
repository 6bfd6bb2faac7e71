/** A small disk whose power can be cut: what a file system had not put on it by then is lost. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { directory, sh } from './run.js';

/** A file system with the options that give the least by themselves. */
interface Format {
  name: string;
  make: string;
  options: string;
}

/** ext4 flushes a file that is renamed over another one, unless it is told not to (ext4(5), auto_da_alloc). */
const formats: Format[] = [
  { name: 'ext4', make: 'mkfs.ext4 -q', options: 'loop,noauto_da_alloc' },
  { name: 'ext4, data=writeback', make: 'mkfs.ext4 -q', options: 'loop,noauto_da_alloc,data=writeback' },
  { name: 'xfs', make: 'mkfs.xfs -q', options: 'loop' },
];

/** What ends a file system at once, without its log: FS_IOC_SHUTDOWN with FS_SHUTDOWN_FLAGS_NOLOGFLUSH (linux/fs.h). */
const cut = 'open(my $file, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl($file, 0x8004587d, $how) or die $!';

export interface Disk {
  name: string;
  /** Where it is mounted. */
  path: string;
  /** Puts all on it that is written. */
  settle(): void;
  /** Cuts its power. */
  cut(): void;
  /** Mounts it again, as after a boot. */
  boot(): void;
  /** Removes it. */
  remove(): void;
}

/** The disks that this machine can make. @throws Error if it can make none */
export function makeDisks(): Disk[] {
  const disks = formats.flatMap((format, index) => {
    const missing = spawnSync('bash', ['-c', `command -v ${format.make.split(' ')[0]}`]).status !== 0;
    return missing ? [] : [makeDisk(format, index)];
  });
  if (disks.length === 0) throw new Error('install e2fsprogs or xfsprogs, and run this as root');
  return disks;
}

function makeDisk({ name, make, options }: Format, index: number): Disk {
  const [image, path] = [join(directory, `disk-${index}.img`), join(directory, `disk-${index}`)];
  mkdirSync(path);
  sh(`truncate -s 400M "$1" && ${make} "$1" && mount -o ${options} "$1" "$2"`, image, path);
  const remove = () => void spawnSync('umount', ['-l', path]);
  process.on('exit', remove);
  return {
    ...{ name, path, remove },
    settle: () => void sh('sync -f "$1"', path),
    cut: () => void sh(`perl -e '${cut}' "$1"`, path),
    boot: () => void sh(`umount "$2" && mount -o ${options} "$1" "$2"`, image, path),
  };
}

/**
 * Another program on a disk, which flushes a file of its own again and again: with it the file system puts names and sizes of
 * all files on the disk, and not their content. @returns what ends it
 */
export function neighbour(disk: Disk): () => Promise<void> {
  let isEnded = false;
  const work = async () => {
    const file = await open(join(disk.path, 'neighbour'), 'w');
    for (; !isEnded; await new Promise(setImmediate)) {
      // Fails when the power is cut.
      await file.write('x').catch(() => {});
      await file.sync().catch(() => {});
    }
    await file.close().catch(() => {});
  };
  const working = work();
  return async () => {
    isEnded = true;
    await working;
  };
}
