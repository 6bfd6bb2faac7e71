/** Machines on which tests install, and the packages that a build would have written. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../src/commands/install.js';
import type { BuildDocument, InstallDocument } from '../../src/documents/index.js';
import { debians } from '../machine/debians.js';
import { others } from '../machine/others.js';
import type { Description } from '../machine/stand-in.js';
import { makeDirectory, testContext } from '../support.js';
import { installAsked } from './asked.js';
import { type Faults, type StandInMachine, standInMachine } from './stand-in-machine.js';

export const cacheDir = makeDirectory();
export const context = testContext({ cacheDir });
export const named = (name: string): Description => debians[name] ?? others[name] ?? fails(name);
export function fails(name: string): never {
  throw new Error(`no machine ${name}`);
}

/** Debian 12 without headers and dkms: apt has them. */
export const empty: Description = (() => {
  const bare = named('debian-12-bare');
  const { dkms: _, ...rest } = bare;
  const files = Object.fromEntries(Object.entries(bare.files).filter(([path]) => !path.includes('headers') && !path.endsWith('/build')));
  const packages = bare.packages.filter((row) => !/headers|dkms/.test(row));
  return { ...rest, files, packages, archive: ['linux-headers-6.1.0-50-amd64', 'linux-headers-amd64', 'gcc-12'] };
})();

/** A build that writes packages of the right names, without anything in them. */
export const built = (status: 'passed' | 'failed' = 'passed') => ({
  ...installAsked,
  releaseSource: async () => ({ kind: 'sample' as const, layout: 'flat' }),
  build: async (_: unknown, { out }: { out: string }) => {
    mkdirSync(out, { recursive: true });
    for (const name of ['kernel-mft-dkms_4.20.1-14+mftpatch.universal2026112601.g1a2b3c4_all.deb', 'mft_4.20.1-14_amd64.deb'])
      writeFileSync(join(out, name), '');
    return {
      verification: { status, kernels: status === 'failed' ? [{ kernel: '6.1', status: 'fails' }] : [] },
    } as unknown as BuildDocument;
  },
});

export async function installOn(description: Description, faults: Faults = {}): Promise<{ document: InstallDocument; on: StandInMachine }> {
  const on = standInMachine(description, faults);
  return { document: await install(built(), context, on.world), on };
}
export const done = ({ steps }: InstallDocument) => steps.filter(({ status }) => status === 'done').map(({ id }) => id);
