import { readFile } from 'node:fs/promises';

let id: Promise<string> | undefined;

/** The id of this boot of the machine (random(4), boot_id); empty where the system has none. */
export function bootId(): Promise<string> {
  id ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  return id;
}
