import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sumOf, withSums } from '../../src/output/checksums.js';
import { sha256 } from '../../src/system/digest.js';
import { makeDirectory } from '../support.js';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
const change = (text: string, changes: Record<string, string | undefined>, directory = '/out') =>
  withSums(Buffer.from(text, 'latin1'), directory, new Map(Object.entries(changes))).toString('latin1');

test.each<[string, string]>([
  ['comments and blank lines', '# mine\n\n   \n'],
  ['lines of absent files', `${b}  not here.tgz\n`],
  ['lines of other digests', `${'c'.repeat(40)}  x.deb\nSHA512 (x.deb) = ${'d'.repeat(128)}\n`],
  ['lines in the BSD form', `SHA256 (y.deb) = ${b}\n`],
  ['lines with CRLF', `# mine\r\n${b} *y.deb\r\n`],
  ['names whose bytes are not UTF-8', `${b}  \xff\xfe.deb\n`],
  ['escaped names', `\\${b}  y\\nx.deb\n`],
  ['what has no newline at its end, but for that', '# mine'],
])('leaves alone %s', (_, text) => {
  const end = text.endsWith('\n') ? '' : '\n';
  const changed = change(text, { 'x.deb': a });
  expect(changed).toMatch(new RegExp(`^${a}  x.deb$`, 'm'));
  expect(changed.replace(`${a}  x.deb\n`, '')).toBe(`${text}${end}`);
  expect(change(text, { 'x.deb': undefined })).toBe(text);
});

test.each<[string, string]>([
  ['as text', `${b}  x.deb`],
  ['as binary', `${b} *x.deb`],
  ['in the BSD form', `SHA256 (x.deb) = ${b}`],
  ['in capitals', `${b.toUpperCase()}  x.deb`],
  ['by another path', `${b}  ./x.deb`],
  ['by the whole path', `${b}  /out/x.deb`],
  ['after blanks', `  ${b}  x.deb`],
  ['with CRLF', `${b}  x.deb\r`],
])('replaces the line of a file %s, in its place, and once', (_, line) => {
  const text = `# one\n${line}\n# two\n${line}\n`;
  expect(sumOf(Buffer.from(text), '/out', 'x.deb')).toBe(b);
  expect(change(text, { 'x.deb': a })).toBe(`# one\n${a}  x.deb\n# two\n`);
  expect(change(text, { 'x.deb': undefined })).toBe('# one\n# two\n');
});

test('new lines are at the end, by their names among those that are there', () => {
  expect(change(`${b}  z\n# mine\n${b}  w\n${b}  z\n`, { y: b, x: a })).toBe(`${b}  z\n# mine\n${b}  w\n${a}  x\n${b}  y\n${b}  z\n`);
});

test('the same files give the same bytes, in whatever order they come', () => {
  const whole = change('', { x: a, y: b, z: a });
  expect(change(change(change('', { z: a }), { x: a }), { y: b })).toBe(whole);
  expect(change(change(whole, { y: undefined }), { y: b })).toBe(whole);
});

const names = [
  'plain.deb',
  'a b',
  'back\\slash',
  'new\nline',
  'carriage\rreturn',
  'all\\of\nthem\\n\r',
  '*star',
  ' blank',
  'ä',
  '\\',
  'x)',
];

test('sha256sum(1) checks what is written, and what it writes is read', () => {
  const folder = makeDirectory();
  for (const name of names) writeFileSync(join(folder, name), name);
  const digests = Object.fromEntries(names.map((name) => [name, sha256(name)]));
  const written = withSums(Buffer.from('# mine\n'), folder, new Map(Object.entries(digests)));
  writeFileSync(join(folder, 'SHA256SUMS'), written);
  const run = (...args: string[]) => execFileSync('sha256sum', args, { cwd: folder, env: { ...process.env, LC_ALL: 'C' } });
  // A comment is not a line of a sum for --strict.
  expect(run('--check', '--warn', 'SHA256SUMS').toString().match(/: OK$/gm)).toHaveLength(names.length);
  for (const args of [['--'], ['--tag', '--'], ['--binary', '--']]) {
    const theirs = run(...args, ...names);
    for (const name of names) expect({ args, name, sum: sumOf(theirs, folder, name) }).toEqual({ args, name, sum: digests[name] });
    const changed = withSums(theirs, folder, new Map(names.map((name) => [name, a])));
    expect(changed.toString().match(new RegExp(a, 'g'))).toHaveLength(names.length);
    expect(withSums(theirs, folder, new Map(names.map((name) => [name, undefined]))).toString()).toBe('');
  }
});

test('a name with a newline does not make a line of its own', () => {
  const name = `x\n${b}  evil`;
  const text = change('', { [name]: a });
  expect(text).toBe(`\\${a}  x\\n${b}  evil\n`);
  expect(sumOf(Buffer.from(text), '/out', 'evil')).toBeUndefined();
  expect(sumOf(Buffer.from(text), '/out', name)).toBe(a);
});
