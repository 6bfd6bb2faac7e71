import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type IndexedPackage, packageLists, parseRelease, releaseFile } from '../../src/deb/archive-index.js';
import { paragraphWithout } from '../../src/deb/control.js';

const sha256 = 'ab'.repeat(32);
function packageOf(name: string, version: string, control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\n`): IndexedPackage {
  return { file: `${name}_${version}_all.deb`, name, version, architecture: 'all', control, sha256, bytes: 7 };
}

describe('the lists', () => {
  const newer = packageOf('a', '1.10-1');
  const older = packageOf('a', '1.9-1');

  test('have a paragraph for each package, by name and then as dpkg orders versions, whatever the order was', () => {
    const [plain, zipped] = packageLists([packageOf('b', '1'), newer, older]);
    const text = plain?.content.toString() ?? '';
    expect(text.match(/^Filename: .*/gm)).toEqual(['a_1.9-1', 'a_1.10-1', 'b_1'].map((name) => `Filename: ./${name}_all.deb`));
    expect(text.split('\n\n')[0]).toBe(
      `Package: a\nVersion: 1.9-1\nArchitecture: all\nFilename: ./a_1.9-1_all.deb\nSize: 7\nSHA256: ${sha256}`,
    );
    expect(gunzipSync(zipped?.content ?? '').toString()).toBe(text);
    expect(packageLists([older, packageOf('b', '1'), newer])).toEqual([plain, zipped]);
  });

  test('take nothing of a package that is the index', () => {
    const control = 'Package: a\nfilename: /etc/passwd\nSHA256: 00\n 11\nSize: 1\nDescription: x\n .\n  y\n\nPackage: evil\nVersion: 9\n';
    const text = packageLists([packageOf('a', '1', control)])[0]?.content.toString();
    expect(text).toBe(`Package: a\nDescription: x\n .\n  y\nFilename: ./a_1_all.deb\nSize: 7\nSHA256: ${sha256}\n`);
  });

  test('keep bytes that are not UTF-8', () => {
    const bytes = Buffer.from('Package: a\nMaintainer: Andr\xe9 <a@b>\n', 'latin1');
    expect(packageLists([packageOf('a', '1', bytes.toString('latin1'))])[0]?.content.subarray(0, bytes.length)).toEqual(bytes);
  });
});

test('Release names the lists by their digests, and can be read again', () => {
  const packages = [packageOf('a', '1'), { ...packageOf('b', '1'), architecture: 'amd64' }];
  const lists = packageLists(packages);
  const { name, content } = releaseFile(lists, packages, new Date('2026-11-26T09:08:07Z'));
  const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  expect(name).toBe('Release');
  expect(content.toString().split('\n')).toEqual([
    ...['Origin: mft-patch', 'Label: mft-patch', 'Date: Thu, 26 Nov 2026 09:08:07 UTC', 'Architectures: all amd64'],
    ...['Acquire-By-Hash: yes', 'SHA256:'],
    ...lists.map((list) => ` ${digestOf(list.content)} ${list.content.length} ${list.name}`),
    '',
  ]);
  expect(parseRelease(content.toString())).toEqual({
    date: Date.parse('2026-11-26T09:08:07Z'),
    digests: lists.map((list) => list.sha256),
  });
  expect(parseRelease('')).toEqual({ date: Number.NaN, digests: [] });
});

test.each([
  ['# c\nA: 1\nB: 2\n', ['a'], 'B: 2\n'],
  ['\nA: 1\n more\nB: 2', ['a'], 'B: 2\n'],
  ['A: 1\n\nB: 2\n', [], 'A: 1\n'],
])('the first paragraph of %j without %j', (text, names, rest) => {
  expect(paragraphWithout(text, names)).toBe(rest);
});
