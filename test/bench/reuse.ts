/** Measures what a change of a patch costs that concerns two kernels of four: `try` tests those two, and reuses the verdicts on the others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, directory, type Measurements, root, seconds, sh } from './measure.js';

const parts = 'build patches kernels samples container Dockerfile releases.json package.json';
const concerned = ['debian-13', 'debian-13-backports'];
const all = ['debian-11', 'debian-12', ...concerned];

/** A patch that changes nothing that is compiled, for kernels from 6.12 on. */
const patch = `Description: A comment, to measure what a changed patch costs
Last-Update: 2026-11-26
Kernel: >=6.12
MFT: *
Good-On-Older: no, it is for nothing
Symptom: none
---
--- a/mst_pci.c
+++ b/mst_pci.c
@@ -1 +1,2 @@
-// SPDX-License-Identifier: MIT
+// SPDX-License-Identifier: MIT
+// 0
`;

/** Needs docker. The program is a copy with a patch of its own, which each run changes. */
export function measureReuse(measured: Measurements, times: number): void {
  sh(
    `mkdir program && cp -r ${parts
      .split(' ')
      .map((part) => root + part)
      .join(' ')} program && ln -s ${root}node_modules program/node_modules`,
  );
  writeFileSync(join(directory, 'program/patches/own.patch'), patch);
  sh('echo own.patch >> program/patches/series && for id in werror-flat werror-nnt; do sed -i "/^$id/d" program/patches/series; done');
  const run = (kernels: readonly string[], ...args: string[]): Command => [
    ...([process.execPath, 'program/build/mft-patch.cjs', 'try', '--sample', '--quiet', '--jobs', '2', '--cache-dir', 'verdicts'] as const),
    ...['--kernel', kernels.join(), '--out', `try-${kernels.length}`, ...args],
  ];
  const script = (command: Command) => command.map((word) => `'${word}'`).join(' ');
  const edited: Command = [
    'bash',
    '-c',
    `sed -i "s,^+// .*[0-9]$,+// $(date +%s%N)," program/patches/own.patch && exec ${script(run(all, '--report', 'try.json'))}`,
  ];
  // The first run makes images that are missing, and tests all.
  seconds(run(all));
  measured.compare('try, 4 kernels of which a changed patch concerns 2 / matrix --fresh of these 2', {
    ours: edited,
    theirs: run(concerned, '--fresh'),
    goal: 1.1,
    times,
  });
  const reused = sh(
    `${process.execPath} -e 'console.log(JSON.parse(require("fs").readFileSync("try.json")).cells.map((c) => c.target + " " + (c.patched.reused ? "reused" : "tested")).join(", "))'`,
  );
  console.log(`the last of these: ${reused.trim()}`);
  measured.compare('try, 4 kernels and nothing changed / node -e 0', {
    ours: run(all),
    theirs: [process.execPath, '-e', '0'],
    goal: 30,
    times,
  });
}
