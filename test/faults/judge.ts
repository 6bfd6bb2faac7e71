/** Judges an output directory: whether its checksums and records are right, and which output it has. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildDocument } from '../../build/documents/index.js';

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The hidden names in a directory: files that the program has left there. */
export function hidden(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith('.')) : [];
}

/** The lines of SHA256SUMS, in their order; undefined without the file. */
export function linesOf(directory: string): string[] | undefined {
  const path = join(directory, 'SHA256SUMS');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : undefined;
}

/** The name in a line of SHA256SUMS. */
export function nameIn(line: string): string {
  return line.slice(66);
}

/**
 * The faults of a directory: a checksum or a record that is wrong, a package without its record, an incomplete file.
 * @param known digests of whole packages and bundles; undefined to accept any
 */
export function faultsOf(directory: string, known?: ReadonlySet<string>): string[] {
  if (!existsSync(directory)) return [];
  const isIncomplete = (name: string) =>
    known !== undefined && /^[^.].*\.(deb|tgz)$/.test(name) && !known.has(sha256(join(directory, name)));
  return [
    ...(linesOf(directory) ?? []).flatMap((line) => faultsOfLine(directory, line)),
    ...readdirSync(directory)
      .filter(isIncomplete)
      .map((name) => `${name} is not a whole file`),
  ];
}

function faultsOfLine(directory: string, line: string): string[] {
  const [sum, name] = [line.slice(0, 64), nameIn(line)];
  if (!/^[0-9a-f]{64} {2}\S/.test(line)) return [`an invalid line of SHA256SUMS: ${line}`];
  if (!existsSync(join(directory, name))) return [`${name} is listed but missing`];
  if (sha256(join(directory, name)) !== sum) return [`${name} differs from SHA256SUMS`];
  return name.startsWith('kernel-mft-dkms_') ? faultsOfRecord(directory, name, sum) : [];
}

function faultsOfRecord(directory: string, name: string, sum: string): string[] {
  const path = join(directory, name.replace(/\.deb$/, '.build.json'));
  if (!existsSync(path)) return [`${name} has no record`];
  try {
    const { schema, artifacts } = JSON.parse(readFileSync(path, 'utf8')) as BuildDocument;
    const entry = artifacts.find((artifact) => artifact.path === name);
    return schema === 'mft-patch/build@1' && entry?.sha256 === sum ? [] : [`the record of ${name} describes another file`];
  } catch (error) {
    return [`the record of ${name} cannot be read: ${error}`];
  }
}

export type State = 'old' | 'new' | 'withdrawn' | 'neither';

/**
 * Which output a directory has: the whole old one, the whole new one; 'withdrawn' if only those lines of the old one are
 * missing whose files get other bytes; 'neither'.
 *
 * @param before the lines of the old output's SHA256SUMS, undefined if there was none
 * @param after those of the new one
 */
export function stateOf(directory: string, before: readonly string[] | undefined, after: readonly string[]): State {
  const lines = linesOf(directory);
  const isSame = (a: readonly string[] | undefined, b: readonly string[] | undefined) => JSON.stringify(a) === JSON.stringify(b);
  if (isSame(lines, after)) return 'new';
  if (isSame(lines, before)) return before !== undefined || !existsSync(directory) ? 'old' : 'neither';
  const names = after.map(nameIn);
  const kept = before?.filter((line) => after.includes(line) || !names.includes(nameIn(line)));
  return kept !== undefined && isSame(lines, kept) ? 'withdrawn' : 'neither';
}
