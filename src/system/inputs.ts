import { stat } from 'node:fs/promises';
import type { Context } from '../context.js';
import { fail } from '../errors.js';

/**
 * Refuses to write what is an input, under whatever name: files are compared by device and inode (stat(2)).
 *
 * @param path that is about to be replaced
 * @throws usage
 */
export async function refuseInput(path: string, { inputs }: Pick<Context, 'inputs'>): Promise<void> {
  const target = await fileId(path);
  if (target === undefined) return;
  for (const input of inputs) {
    if ((await fileId(input)) !== target) continue;
    fail({
      code: 'usage',
      detail: `${path} would be overwritten, but it is an input`,
      hint: 'write to another place with --out or --report',
    });
  }
}

async function fileId(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && !stats.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
}
