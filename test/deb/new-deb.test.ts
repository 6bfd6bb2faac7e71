import { expect, test } from 'vitest';
import { readDeb, writeDeb } from '../../src/deb/deb.js';
import { controlText, newDeb } from '../../src/deb/new-deb.js';

const fields = [
  ['Package', 'x'],
  ['Version', '1-1'],
  ['Architecture', 'all'],
  ['Maintainer', 'a <a@example.org>'],
  ['Description', 'a package\n of files'],
] as const;
const files = new Map([
  ['usr/share/x/run.js', Buffer.from('#!/usr/bin/node\n')],
  ['usr/share/doc/x/text', Buffer.alloc(1025, 'a')],
]);
const time = Date.UTC(2026, 0, 2) / 1000;
const made = () =>
  writeDeb(
    newDeb({
      control: controlText(fields),
      scripts: { postinst: '#!/bin/sh\n' },
      files,
      links: new Map([['usr/bin/x', '../share/x/run.js']]),
      time,
    }),
  );

test('a new package has its files with their directories, links and scripts, as dpkg-deb writes them', async () => {
  const { control, data } = await readDeb(made(), 'x.deb');
  expect(data.map(({ path, type, mode, linkTarget, mtime }) => [path, type, mode, linkTarget, mtime])).toEqual([
    ['./', 'directory', 0o755, '', time],
    ['./usr/', 'directory', 0o755, '', time],
    ['./usr/bin/', 'directory', 0o755, '', time],
    ['./usr/bin/x', 'symlink', 0o777, '../share/x/run.js', time],
    ['./usr/share/', 'directory', 0o755, '', time],
    ['./usr/share/doc/', 'directory', 0o755, '', time],
    ['./usr/share/doc/x/', 'directory', 0o755, '', time],
    ['./usr/share/doc/x/text', 'file', 0o644, '', time],
    ['./usr/share/x/', 'directory', 0o755, '', time],
    ['./usr/share/x/run.js', 'file', 0o755, '', time],
  ]);
  expect(control.map(({ path, mode }) => [path, mode])).toEqual([
    ['./', 0o755],
    ['./control', 0o644],
    ['./md5sums', 0o644],
    ['./postinst', 0o755],
  ]);
  // Two KiB of the text, one of the script, one for each of seven directories and the link.
  const [, head, sums] = control.map(({ body }) => body.toString());
  expect(head).toBe(
    'Package: x\nVersion: 1-1\nArchitecture: all\nMaintainer: a <a@example.org>\nInstalled-Size: 11\nDescription: a package\n of files\n',
  );
  expect(sums).toMatch(/^[0-9a-f]{32} {2}usr\/share\/doc\/x\/text\n[0-9a-f]{32} {2}usr\/share\/x\/run\.js\n$/);
});

test('the same files give the same bytes', () => {
  expect(made().equals(made())).toBe(true);
});
