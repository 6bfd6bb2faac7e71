/** SHA256SUMS as sha256sum(1) of GNU coreutils writes and reads it. Bytes that are not ours stay as they are. */
import { resolve } from 'node:path';

/** A file with the digest that its line has. */
export interface Sum {
  name: string;
  sha256: string;
}

/** `<digest>  <name>` or `<digest> *<name>`, and BSD's `SHA256 (<name>) = <digest>`; a backslash before it: the name is escaped. */
const forms = [
  /^[ \t]*(?<escaped>\\?)(?<sha256>[0-9A-Fa-f]{64}) [ *](?<name>.+)$/s,
  /^[ \t]*(?<escaped>\\?)SHA256 ?\((?<name>.+)\) ?= ?(?<sha256>[0-9A-Fa-f]{64})[ \t]*$/s,
];

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/**
 * Sets the lines of files, and leaves every other byte alone: comments, lines in other forms, of other digests and of files
 * that are not there. A line is one of a file if it names it, however it spells the path.
 *
 * @param sums the bytes of SHA256SUMS
 * @param directory that it lies in; relative names start there
 * @param changes undefined as the digest removes the lines of a file
 */
export function withSums(sums: Buffer, directory: string, changes: ReadonlyMap<string, string | undefined>): Buffer {
  // One character for each byte: names have bytes, not letters.
  const lines = sums.toString('latin1').split(/(?<=\n)/);
  const left = new Map([...changes].map(([name, sha256]) => [pathOf(directory, toBytes(name)), { name, sha256 }]));
  const seen = new Set<string>();
  const kept = lines.flatMap((line) => {
    const named = parseLine(line);
    const path = named && pathOf(directory, named.name);
    const change = path === undefined ? undefined : left.get(path);
    if (path === undefined || change === undefined) return [line];
    const isFirst = !seen.has(path);
    seen.add(path);
    return isFirst && change.sha256 !== undefined ? [renderLine(change.name, change.sha256)] : [];
  });
  for (const [path, { name, sha256 }] of left) {
    if (sha256 === undefined || seen.has(path)) continue;
    const last = kept.at(-1);
    if (last && !last.endsWith('\n')) kept[kept.length - 1] = `${last}\n`;
    kept.splice(placeOf(name, kept), 0, renderLine(name, sha256));
  }
  return Buffer.from(kept.join(''), 'latin1');
}

/** Where a new line goes: by its name among the lines of other files at the end, and behind all others. */
function placeOf(name: string, lines: readonly string[]): number {
  let place = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  while (place > 0 && (parseLine(lines[place - 1] ?? '')?.name ?? '') > toBytes(name)) place--;
  return place;
}

/** The digest that SHA256SUMS has for a file: that of its last line, since sha256sum(1) checks all of them. */
export function sumOf(sums: Buffer, directory: string, name: string): string | undefined {
  const path = pathOf(directory, toBytes(name));
  const own = sums
    .toString('latin1')
    .split('\n')
    .map(parseLine)
    .filter((line) => line !== undefined && pathOf(directory, line.name) === path);
  return own.at(-1)?.sha256;
}

/** As sha256sum(1) writes it: a name with a backslash, a newline or a carriage return is escaped, and the line begins so. */
function renderLine(name: string, sha256: string): string {
  const bytes = toBytes(name);
  const escaped = bytes.replace(/[\\\n\r]/g, (sign) => escapes[sign] ?? sign);
  return `${escaped === bytes ? '' : '\\'}${sha256}  ${escaped}\n`;
}

/** @returns undefined for a line that names no file */
function parseLine(line: string): Sum | undefined {
  const text = line.replace(/\r?\n?$/, '');
  for (const form of forms) {
    const { escaped, sha256, name } = form.exec(text)?.groups ?? {};
    if (sha256 === undefined || name === undefined) continue;
    const plain = escaped ? name.replace(/\\([\\nr])/g, (_, sign) => ({ n: '\n', r: '\r' })[sign as 'n' | 'r'] ?? '\\') : name;
    return { name: plain, sha256: sha256.toLowerCase() };
  }
  return undefined;
}

function toBytes(name: string): string {
  return Buffer.from(name).toString('latin1');
}

function pathOf(directory: string, name: string): string {
  return resolve(toBytes(resolve(directory)), name);
}
