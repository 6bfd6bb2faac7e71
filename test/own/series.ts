/** A directory with a series of a user's own patches. */
import { join } from 'node:path';
import { patchText } from '../patches/fixtures.js';
import { writeFiles } from '../support.js';

/** A change of the flat sample's Makefile that builds everywhere. */
export const greeting = '--- a/Makefile\n+++ b/Makefile\n@@ -1 +1,2 @@\n+# hello\n KPVER ?= $(shell uname -r)\n';

/** Writes a series of patches into a directory. @param patches the fields of each that differ, by its id */
export function writeSeries(folder: string, patches: Record<string, Record<string, string>>, head = ''): string {
  const names = Object.keys(patches).map((id) => `${id}.patch`);
  const texts = Object.entries(patches).map(([id, fields]) => [
    `${id}.patch`,
    patchText(greeting, { Kernel: '>=4.0', MFT: '*', ...fields }),
  ]);
  writeFiles(folder, { ...Object.fromEntries(texts), series: `${head}${names.join('\n')}\n` });
  return join(folder, 'series');
}
