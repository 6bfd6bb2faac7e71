/** Builds to be made again, and their records to be changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeDirectory, runCli, sample } from '../support.js';

export const flat = await sample();
export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A folder with the sample as `vendor.tgz` and `vendor.deb`. */
export const folder = makeDirectory();
writeFileSync(join(folder, 'vendor.tgz'), flat.bundle);
writeFileSync(join(folder, 'vendor.deb'), flat.deb);

/** Runs a command and reads the document that it prints. `exit` is how it ended. */
export async function run(args: string[], cwd = folder) {
  const { status, stdout, stderr } = await runCli([...args, '--json', '--quiet', '--cache-dir', join(folder, 'cache')], { cwd });
  return { exit: status, stderr, ...JSON.parse(stdout) };
}

/** Builds into a folder of its own. @returns it, the package's name, its path, and that of its record */
export async function built(...args: string[]) {
  const out = makeDirectory();
  expect(await run(['build', '--no-verify', '--out', out, ...args])).toMatchObject({ exit: 0 });
  const name = readdirSync(out).find((file) => file.startsWith('kernel-mft') && file.endsWith('.deb')) ?? '';
  return { out, name, record: join(out, name.replace(/\.deb$/, '.build.json')), deb: join(out, name) };
}

// biome-ignore lint/suspicious/noExplicitAny: records are broken here in every way
export type Change = (document: any) => unknown;

/** Puts in a record's place what is made of it. */
export function edit(record: string, change: Change): void {
  writeFileSync(record, JSON.stringify(change(JSON.parse(readFileSync(record, 'utf8')))));
}

/** A record's document with other values in its input, or in its first artifact. */
export const withInput =
  (values: object): Change =>
  (document) => ({ ...document, input: { ...document.input, ...values } });
export const withArtifact =
  (values: object): Change =>
  (document) => ({ ...document, artifacts: [{ ...document.artifacts[0], ...values }] });
