import { readFile } from 'node:fs/promises';

/** The id of this boot of the machine (random(4), boot_id); empty where the system has none. */
export async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
