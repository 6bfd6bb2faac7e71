/**
 * A matrix over many kernels with an engine that runs no container: a stand-in, in whose place a shell script counts what it is asked
 * to run and gives a report that was written before. It shows which verdicts are reused; that a reused verdict is right is for
 * reuse.long.test.ts, with a real engine.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSource } from '../../../src/bundle/vendor-package.js';
import { type MatrixRequest, matrix } from '../../../src/commands/matrix/index.js';
import { fileEntry, writeTar } from '../../../src/deb/tar.js';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { parseTarget } from '../../../src/kernels/target-file.js';
import { mayAct } from '../../../src/packaging/view.js';
import { type Patch, parsePatch } from '../../../src/patches/patch.js';
import { projectRoot, testContext, writeFiles } from '../../support.js';

/** It has the image of every target, says whose it is by its tag, and reports what lies ready for that. */
const standIn = `#!/bin/sh
case "$1 $2" in
	version*) echo "$ENGINE_VERSION amd64" ;;
	'image inspect')
		shift 2
		printf '['
		for tag; do
			name=\${tag#*/} name=\${name%:*}
			read -r id release < "$STATE/$name.image"
			printf '%s{"Id":"sha256:%s","Created":"2026-11-26T00:00:00Z","RepoTags":["%s"],"Config":{"Labels":{"mft-patch.release":"%s"}}}' \\
				"$comma" "$id" "$tag" "$release"
			comma=,
		done
		echo ']' ;;
	run*)
		cat > /dev/null
		for word; do case $word in mft-patch/*) name=\${word#*/} name=\${name%:*} ;; esac; done
		echo "$name" >> "$STATE/runs"
		cat "$STATE/$name.tar" ;;
esac
`;

export interface Kernel {
  name: string;
  release: string;
}

/** Forty kernels, 6.0 to 6.39. */
export const forty: Kernel[] = Array.from({ length: 40 }, (_, minor) => ({ name: `linux-6-${minor}`, release: `6.${minor}.0-1-amd64` }));

/** The description of a patch of the user's own; each test changes what it is about. */
export function ownPatch({
  id = 'own',
  file = 'mst_pci.c',
  kernel = '>=6.38',
  header = 'Good-On-Older: no',
  line = 'a comment',
} = {}): Patch {
  const first = readFileSync(join(projectRoot, 'samples/flat/source', file), 'utf8').split('\n', 1);
  const text = `Description: own
Last-Update: 2026-11-26
Kernel: ${kernel}
MFT: *
${header}
Symptom: none
---
--- a/${file}
+++ b/${file}
@@ -1 +1,2 @@
-${first}
+${first}
+${file === 'Makefile' ? '#' : '//'} ${line}
`;
  return parsePatch(`${id}.patch`, Buffer.from(text));
}

export class StandInMatrix {
  readonly state: string;
  env: NodeJS.ProcessEnv;

  constructor(
    readonly folder: string,
    readonly kernels: readonly Kernel[] = forty,
  ) {
    this.state = join(folder, 'state');
    mkdirSync(this.state, { recursive: true });
    writeFiles(folder, { 'bin/docker': standIn });
    chmodSync(join(folder, 'bin/docker'), 0o755);
    for (const { name, release } of kernels) writeFileSync(join(this.state, `${name}.image`), `${name} ${release}\n`);
    this.env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STATE: this.state, ENGINE_VERSION: '20.10.24' };
  }

  /** Writes what a container of each kernel reports, as it would where dkms applies these patches. */
  prepare(patches: readonly Patch[], changes: Record<string, string> = {}): void {
    for (const { name, release } of this.kernels) {
      const row = (module: string) => [module, `/dkms/${module}.ko`, `/lib/${module}.ko`, `${release} SMP`, module].join('\t');
      const rows = `${row('mst_pci')}\n${row('mst_pciconf')}\n`;
      const acting = patches.filter((patch) => patch.applies === 'build' && mayAct(patch, release) && patch.probe === undefined);
      const facts = {
        release,
        'install.exit': '0',
        'install.log': `installed on ${name}`,
        'package.status': 'installed',
        'dkms.status': `kernel-mft-dkms/4.15.1, ${release}, x86_64: installed`,
        sources: '/usr/src/kernel-mft-dkms-4.15.1\tkernel-mft-dkms\t4.15.1\n',
        modules: rows,
        'modules.later': rows,
        patches: acting.map(({ id }) => `mft-patch-${id}.patch\n`).join(''),
        'kernelHook.exit': '0',
        'headers.exit': '0',
        'remove.exit': '0',
        ...changes,
      };
      const entries = Object.entries(facts).map(([fact, text]) => fileEntry(fact, Buffer.from(text)));
      writeFileSync(join(this.state, `${name}.tar`), writeTar(entries));
    }
  }

  /** The image of a kernel is another one from now on. */
  changeImage(name: string): void {
    const path = join(this.state, `${name}.image`);
    writeFileSync(path, `other-${readFileSync(path, 'utf8')}`);
  }

  /** Runs the matrix. @returns its result, and the kernels that a container was run for */
  async run(
    changes: Partial<MatrixRequest> & { deb?: string; samples?: string[] } = {},
  ): Promise<{ document: MatrixDocument; ran: string[]; steps: string[] }> {
    const { deb, samples = ['flat'], ...request } = changes;
    const context = testContext({ cacheDir: join(this.folder, 'cache'), env: this.env });
    rmSync(join(this.state, 'runs'), { force: true });
    const kernels = this.kernels.map(({ name, release }) => {
      const series = /^\d+\.\d+/.exec(release)?.[0] ?? '';
      const file = { title: name, kernel: series, image: name, suites: ['sid'], headers: name, tried: [] };
      return { target: parseTarget(`kernels/${name}.json`, JSON.stringify(file)), again: name, requested: name, alternatives: [] };
    });
    const document = await matrix(
      {
        sources: await Promise.all(
          (deb === undefined ? samples.map((sample) => ({ sample })) : [{ deb }]).map((one) => resolveSource(one, context)),
        ),
        kernels,
        settings: { engine: 'docker', timeout: 60, memory: '0', processes: 0, disk: '0' },
        ...{ baseline: false, boot: false, baked: false, jobs: 8, onlyFailed: false, fresh: false, reports: [] },
        ...{ history: undefined, failOnTurned: false, modules: undefined },
        out: join(this.folder, 'out'),
        ...request,
      },
      context,
    );
    const path = join(this.state, 'runs');
    const ran = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').sort() : [];
    return { document, ran, steps: context.told.steps };
  }
}
