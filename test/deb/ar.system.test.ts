import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newArMember, readAr, writeAr } from '../../src/deb/ar.js';
import { readDeb, writeDeb } from '../../src/deb/deb.js';
import { failureOf, makeDirectory, missing, sh, writeFiles } from '../support.js';
import { ar, compress, controlTar, dataTar, deb } from './packages.js';

const folder = makeDirectory();
const binary = Buffer.from('2.0\n');
const good = deb(controlTar, dataTar);
const control = ['control.tar', controlTar] as const;
const data = ['data.tar', dataTar] as const;
const names = (bytes: Buffer) => readAr(bytes, 'x').map(({ name }) => name);

describe('the members of a package', () => {
  test('are read in their order, with their bytes', () => {
    const members = readAr(good, 'x');
    expect(members.map(({ name, body }) => [name, body.length])).toEqual([
      ['debian-binary', 4],
      ['control.tar', controlTar.length],
      ['data.tar', dataTar.length],
    ]);
    expect(members[2]?.body.equals(dataTar)).toBe(true);
    expect(writeAr(members).equals(good)).toBe(true);
  });

  test('whose name begins with an underscore are left out, also of what is written', async () => {
    const signature = ['_gpgorigin', Buffer.from('odd')] as const;
    for (const members of [
      [['debian-binary', binary], control, data, signature],
      [['debian-binary', binary], signature, control, signature, data],
    ] as const) {
      const value = await readDeb(ar(...members.map(([name, body]) => [name, body] as [string, Buffer])), 'x');
      expect(value.data).toHaveLength(3);
      expect(names(writeDeb(value))).toEqual(['debian-binary', 'control.tar.gz', 'data.tar.gz']);
    }
  });

  test('may be compressed each in its own way', async () => {
    const mixed = ar(['debian-binary', binary], ['control.tar.gz', compress('gzip', controlTar)], ['data.tar', dataTar]);
    expect((await readDeb(mixed, 'x')).control).toHaveLength(2);
  });

  test.each([
    ['magic', Buffer.concat([Buffer.from('!<arcx>\n'), good.subarray(8)]), 'it does not start with !<arch>'],
    ['nothing at all', Buffer.alloc(0), 'it does not start with !<arch>'],
    ['text', Buffer.from('<html>404</html>\n'), 'it does not start with !<arch>'],
    ['only magic', good.subarray(0, 8), 'does not start with a debian-binary member'],
    [
      'no end of a header',
      ar(['debian-binary', binary], ['control.tar', controlTar, { end: '``' }], ['data.tar', dataTar]),
      'byte 72 has a bad magic',
    ],
    [
      'a size that is no number',
      ar(['debian-binary', binary], ['control.tar', controlTar, { size: '12x' }]),
      "byte 72 has the invalid size '12x'",
    ],
    ['a negative size', ar(['debian-binary', binary], ['control.tar', controlTar, { size: '-4' }]), "has the invalid size '-4'"],
    ['an empty size', ar(['debian-binary', binary, { size: '' }]), "byte 8 has the invalid size ''"],
    ['a size in hex', ar(['debian-binary', binary], ['control.tar', controlTar, { size: '0x10' }]), "invalid size '0x10'"],
    ['a size too large', ar(['debian-binary', binary], ['control.tar', controlTar, { size: '9999999999' }]), 'declares 9999999999 bytes'],
    [
      'a size one too large',
      ar(['debian-binary', binary], [...control], ['data.tar', dataTar, { size: String(dataTar.length + 1) }]),
      `declares ${dataTar.length + 1} bytes, ${dataTar.length} are available`,
    ],
    ['a size too small', ar(['debian-binary', binary], ['control.tar', controlTar, { size: '512' }], [...data]), 'bad magic'],
    ['bytes after the end', Buffer.concat([good, Buffer.from('\n')]), 'is truncated'],
    ['no debian-binary', ar([...control], [...data]), 'debian-binary member of format 2'],
    ['format 3', ar(['debian-binary', Buffer.from('3.0\n')], [...control], [...data]), 'debian-binary member of format 2'],
    ['format 20', ar(['debian-binary', Buffer.from('20.0\n')], [...control], [...data]), 'debian-binary member of format 2'],
    ['no control.tar', ar(['debian-binary', binary], [...data]), 'expected member control.tar*, found data.tar'],
    ['no data.tar', ar(['debian-binary', binary], [...control]), 'expected member data.tar*, found none'],
    ['neither', ar(['debian-binary', binary]), 'expected member control.tar*, found none'],
    ['the wrong order', ar(['debian-binary', binary], [...data], [...control]), 'expected member control.tar*, found data.tar'],
    ['debian-binary last', ar([...control], [...data], ['debian-binary', binary]), 'debian-binary member of format 2'],
  ])('are damaged: %s', async (_, bytes, words) => {
    expect(await failureOf(() => readDeb(bytes, 'thing.deb'))).toEqual({
      code: 'package-damaged',
      path: 'thing.deb',
      detail: expect.stringContaining(words),
    });
  });

  test.each([
    ['bzip2', ar(['debian-binary', binary], [...control], ['data.tar.bz2', dataTar]), 'data.tar.bz2: unsupported compression'],
    ['lzma', ar(['debian-binary', binary], [...control], ['data.tar.lzma', dataTar]), 'data.tar.lzma: unsupported compression'],
    ['no suffix of ours', ar(['debian-binary', binary], ['control.tarx', controlTar], [...data]), 'control.tarx: unsupported compression'],
    ['one after data.tar', ar(['debian-binary', binary], [...control], [...data], ['more', binary]), "a member 'more' after data.tar"],
    ['data.tar twice', ar(['debian-binary', binary], [...control], [...data], [...data]), "a member 'data.tar' after data.tar"],
  ])('are unfit: %s', async (_, bytes, words) => {
    expect(await failureOf(() => readDeb(bytes, 'thing.deb'))).toEqual({
      code: 'package-unfit',
      path: 'thing.deb',
      detail: expect.stringContaining(words),
    });
  });

  test('of a package whose time is no number are written with one, if it is read at all', async () => {
    for (const date of ['abc', '17x', '', '1e9', '-1', 'Infinity']) {
      const bytes = ar(['debian-binary', binary, { date }], [...control], [...data]);
      const value = await readDeb(bytes, 'x').catch((error) => expect(error.failure).toMatchObject({ code: 'package-damaged' }));
      if (!value) continue;
      const [, ...written] = readAr(writeDeb(value as Awaited<ReturnType<typeof readDeb>>), 'x');
      for (const { header } of written) expect(header.toString('latin1', 16, 28), `from '${date}'`).toMatch(/^\d+ *$/);
    }
  });
});

describe.skipIf(missing('tools') !== '')('an archive beside ar', () => {
  test('made by ar is read, made here is listed and unpacked by ar', () => {
    const bodies = { 'a-name-of-15-by': '', one: '1', two: '12', 'three.tar.gz': '123' };
    writeFiles(folder, bodies);
    sh(`ar rcD by-ar.a ${Object.keys(bodies).join(' ')}`, { cwd: folder });
    const byAr = readAr(Buffer.from(sh('cat by-ar.a', { cwd: folder }), 'latin1'), 'x');
    expect(byAr.map(({ name, body }) => [name, body.toString()])).toEqual(Object.entries(bodies));
    const seconds = 1_656_720_000;
    const ours = Object.entries(bodies).map(([name, text]) => newArMember(name, Buffer.from(text), seconds));
    writeFiles(folder, { 'ours.a': writeAr(ours) });
    const listed = sh('ar tv ours.a 2>&1; mkdir ours; cd ours; ar xo ../ours.a; stat -c "%n %s %Y" *', {
      cwd: folder,
      env: { ...process.env, TZ: 'UTC0', LC_ALL: 'C' },
    });
    expect(listed).toBe(
      `${Object.entries(bodies)
        .map(([name, text]) => `rw-r--r-- 0/0 ${String(text.length).padStart(6)} Jul  2 00:00 2022 ${name}\n`)
        .join('')}${Object.entries(bodies)
        .map(([name, text]) => `${name} ${text.length} ${seconds}\n`)
        .sort()
        .join('')}`,
    );
    for (const [name, text] of Object.entries(bodies)) expect(sh(`cat '${join(folder, 'ours', name)}'`)).toBe(text);
  });

  test('as these tests make it is a package for dpkg-deb', () => {
    writeFiles(folder, { 'good.deb': good });
    expect(sh('dpkg-deb -f good.deb Package; dpkg-deb --fsys-tarfile good.deb | tar t', { cwd: folder })).toBe(
      'thing\n./\n./usr/\n./usr/thing\n',
    );
  });
});
