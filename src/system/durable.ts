/** What makes files survive a power cut: rename(2) is atomic, but neither it nor what was written is on the disk by itself. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A directory may be written to and not read; a file system that cannot flush one (some network mounts) says so. */
const noOpen = ['EACCES', 'EPERM'];
const noSync = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/** Flushes a file to the disk. @throws the system's error: some disks report only here that they are full or broken */
export async function syncFile(path: string): Promise<void> {
  // A file that was only opened for reading cannot be flushed everywhere.
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the names in a directory, as fsync(2) asks for after a file is made or renamed in it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(unless(noOpen));
  try {
    await directory?.sync().catch(unless(noSync));
  } finally {
    await directory?.close();
  }
}

function unless(codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

/** Renames a file, which its writer has flushed, and flushes its new name. */
export async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}
