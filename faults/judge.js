/** Judges an output folder: whether what it says of itself is so, and which output it is. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Names in a folder that begin with a dot: what the program has left there of its own. */
export const hidden = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('.')) : []);

/** The lines of SHA256SUMS, sorted as they lie there; undefined without the file. */
export function linesOf(folder) {
  const path = join(folder, 'SHA256SUMS');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : undefined;
}

/**
 * What is wrong with a folder: a sum or a record that says what is not so, a package without its record, a file that is
 * none of those that builds make.
 *
 * @param known digests of whole packages and bundles, or undefined if any will do
 */
export function faultsOf(folder, known) {
  if (!existsSync(folder)) return [];
  const faults = [];
  for (const line of linesOf(folder) ?? []) {
    const [sum, name] = [line.slice(0, 64), line.slice(66)];
    if (!/^[0-9a-f]{64} {2}\S/.test(line)) faults.push(`a line of SHA256SUMS is none: ${line}`);
    else if (!existsSync(join(folder, name))) faults.push(`${name} is listed and not there`);
    else if (sha256(join(folder, name)) !== sum) faults.push(`${name} is not what SHA256SUMS says`);
    else if (name.startsWith('kernel-mft-dkms_')) faults.push(...faultsOfRecord(folder, name, sum));
  }
  for (const name of readdirSync(folder)) {
    const isWhole = name.startsWith('.') || !/\.(deb|tgz)$/.test(name) || !known || known.has(sha256(join(folder, name)));
    if (!isWhole) faults.push(`${name} is no whole file`);
  }
  return faults;
}

function faultsOfRecord(folder, name, sum) {
  const path = join(folder, name.replace(/\.deb$/, '.build.json'));
  if (!existsSync(path)) return [`${name} has no record`];
  try {
    const { schema, artifacts } = JSON.parse(readFileSync(path, 'utf8'));
    const entry = artifacts.find((artifact) => artifact.path.endsWith(`/${name}`));
    return schema === 'mft-patch/build@1' && entry?.sha256 === sum ? [] : [`the record of ${name} tells of another`];
  } catch (error) {
    return [`the record of ${name} cannot be read: ${error.message}`];
  }
}

/**
 * Which output a folder shows: 'old' or 'new', whole; 'withdrawn' if of the old one only the lines are missing whose files
 * get other bytes; 'neither'.
 *
 * @param before the lines of the old output's SHA256SUMS, undefined if there was none
 * @param after those of the new one
 */
export function stateOf(folder, before, after) {
  const lines = linesOf(folder);
  const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  if (isSame(lines, after)) return 'new';
  if (isSame(lines, before)) return before !== undefined || !existsSync(folder) ? 'old' : 'neither';
  const names = after.map((line) => line.slice(66));
  const kept = before?.filter((line) => after.includes(line) || !names.includes(line.slice(66)));
  return kept !== undefined && isSame(lines, kept) ? 'withdrawn' : 'neither';
}
