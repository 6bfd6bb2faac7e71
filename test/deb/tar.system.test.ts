import { describe, expect, test } from 'vitest';
import { readDeb } from '../../src/deb/deb.js';
import { directoryEntry, fileEntry, readTar, writeTar } from '../../src/deb/tar.js';
import { failureOf, makeDirectory, missing, sh, writeFiles } from '../support.js';
import { controlTar, dataTar, deb, type TarFields, tar, tarEntry } from './packages.js';

const root = { name: './', type: '5' };
const folder = makeDirectory();
const longName = (name: string, type = 'L') => tarEntry({ name: '././@LongLink', type, body: `${name}\0` });

/** The failure of a package with these entries in its data, which must be that of one with them in control too. */
async function refusal(...entries: (TarFields | Buffer)[]) {
  const archive = tar(root, ...entries);
  const inData = await failureOf(() => readDeb(deb(controlTar, archive), 'thing.deb'));
  const inControl = await failureOf(() => readDeb(deb(archive, dataTar), 'thing.deb'));
  expect(inControl.code).toBe(inData.code);
  return inData;
}

describe('a package is unfit with', () => {
  test.each<[string, (TarFields | Buffer)[], string]>([
    ['a path above its own', [{ name: '../x' }], '../x would be extracted outside'],
    ['a path that climbs on the way', [{ name: './usr/../../x' }], 'would be extracted outside'],
    ['a path that is only two dots', [{ name: '..', type: '5' }], 'would be extracted outside'],
    ['a path that ends in two dots', [{ name: './usr/..', type: '5' }], 'would be extracted outside'],
    ['an absolute path', [{ name: '/etc/x' }], '/etc/x would be extracted outside'],
    ['an empty path', [{ name: '' }], 'would be extracted outside'],
    ['a path that climbs by its prefix', [{ name: 'x', raw: { prefix: '../..' } }], '../../x would be extracted outside'],
    ['an absolute prefix', [{ name: 'x', raw: { prefix: '/etc' } }], '/etc/x would be extracted outside'],
    ['a long path that climbs', [longName('./usr/../../x'), { name: './usr/x' }], 'would be extracted outside'],
    ['a long absolute path', [longName('/etc/x'), { name: './usr/x' }], '/etc/x would be extracted outside'],
    ['a hard link to a path above', [{ name: './x', type: '1', link: '../x' }], 'links to ../x, outside'],
    ['a hard link to an absolute path', [{ name: './x', type: '1', link: '/etc/passwd' }], 'links to /etc/passwd, outside'],
    ['a long hard link out of it', [longName('/etc/passwd', 'K'), { name: './x', type: '1', link: 'y' }], 'links to /etc/passwd'],
    ['a character device', [{ name: './null', type: '3' }], './null is a character-device'],
    ['a block device', [{ name: './sda', type: '4' }], './sda is a block-device'],
    ['a fifo', [{ name: './pipe', type: '6' }], './pipe is a fifo'],
    ['a pax header', [{ name: './PaxHeaders/x', type: 'x', body: '20 path=../../etc/x\n' }, { name: './x' }], "type 'x'"],
    ['a global pax header', [{ name: 'pax_global_header', type: 'g', body: '11 path=../\n' }, { name: './x' }], "type 'g'"],
    ['a sparse file', [{ name: './x', type: 'S' }], "type 'S'"],
    ['a volume label', [{ name: 'label', type: 'V' }], "type 'V'"],
  ])('%s', async (_, entries, words) => {
    const failure = await refusal(...entries);
    expect(failure).toMatchObject({ code: 'package-unfit', detail: expect.stringContaining(words) });
  });

  test.skipIf(missing('tools') !== '')('the pax headers that tar itself writes', async () => {
    writeFiles(folder, { 'pax/usr/größe': 'x' });
    sh('tar -C pax --format=pax -cf pax.tar .; tar -C pax --format=gnu -cf gnu.tar .', { cwd: folder });
    const read = (name: string) => Buffer.from(sh(`base64 ${name}`, { cwd: folder }), 'base64');
    expect(await failureOf(() => readTar(read('pax.tar'), 'x'))).toMatchObject({ code: 'package-unfit' });
    expect(readTar(read('gnu.tar'), 'x').map(({ path }) => path)).toContain('./usr/größe');
  });
});

const big = (...bytes: number[]) => String.fromCharCode(...bytes).padEnd(12, '\0');

describe('a package is damaged with a tar header', () => {
  test.each<[string, TarFields, string]>([
    ['of a wrong checksum', { name: './x', sum: '000001\0 ' }, 'tar header at byte 512 has a wrong checksum'],
    ['without a checksum', { name: './x', sum: '        ' }, 'tar header at byte 512 has a wrong checksum'],
    ['of a checksum that is no number', { name: './x', sum: '\xff\xff\xff\xff\xff\xff\xff\xff' }, 'byte 512'],
    ['of a huge size', { name: './x', raw: { size: '77777777777\0' } }, './x is truncated: header says 8589934591 bytes'],
    ['of a size one too large', { name: './x', body: 'x', raw: { size: '00000002001\0' } }, 'truncated'],
    ['of a huge size in base 256', { name: './x', raw: { size: big(0x80, 0, 0, 0, 0, 0, 0x0f, 255, 255, 255, 255, 255) } }, './x'],
    ['of a size past all numbers', { name: './x', raw: { size: big(0x80, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255) } }, ''],
    ['of a negative size', { name: './x', raw: { size: big(0xff, 255, 255, 255, 255, 255, 255, 255, 255, 255, 254, 0) } }, ''],
    ['of a size that is no number', { name: './x', raw: { size: 'zzzzzzzzzzz\0' } }, ''],
    ['of a size with a wrong first byte', { name: './x', raw: { size: '\x9100000000000' } }, ''],
    ['of a mode with a wrong first byte', { name: './x', raw: { mode: '\xa1000644\0' } }, ''],
    ['of a uid with a wrong first byte', { name: './x', raw: { uid: '\xb0000000\0' } }, ''],
    ['of a gid with a wrong first byte', { name: './x', raw: { gid: '\xb0000000\0' } }, ''],
    ['of a time with a wrong first byte', { name: './x', raw: { mtime: '\xb14057556000\0' } }, ''],
  ])('%s', async (_, entry, words) => {
    const failure = await refusal(entry);
    expect(failure).toMatchObject({ code: 'package-damaged', path: 'thing.deb: data.tar', detail: expect.stringContaining(words) });
  });

  test.each([
    ['without its end', tarEntry({ name: './x', body: 'x' })],
    ['of no bytes', Buffer.alloc(0)],
    ['of part of a block', Buffer.alloc(511)],
    ['that ends within a header', tar(root, { name: './x' }).subarray(0, 700)],
    ['that ends within a file', tar(root, { name: './x', body: 'x'.repeat(600) }).subarray(0, 1500)],
  ])('or an archive %s', async (_, archive) => {
    expect(await failureOf(() => readTar(archive, 'data.tar'))).toMatchObject({
      code: 'package-damaged',
      detail: expect.stringContaining('truncated'),
    });
  });
});

describe('entries that are fit', () => {
  test('keep links that point anywhere, dots in names, old kinds of files and unusual owners', async () => {
    const entries = tar(
      root,
      { name: './absolute', type: '2', link: '/etc/passwd' },
      { name: './above', type: '2', link: '../../x' },
      { name: './...', body: 'x' },
      { name: './..x/y..', body: 'x' },
      longName(`/${'t'.repeat(200)}`, 'K'),
      { name: './far', type: '2', link: `/${'t'.repeat(98)}` },
      { name: './hard', type: '1', link: './...' },
      { name: './old', type: '\0', body: 'old' },
      { name: './old-folder/', type: '\0' },
      { name: './owned', raw: { uid: '\x80\0\0\0\0\x2d\xc6\xc0' } },
      { name: 'file', raw: { prefix: './prefix/of/it' }, body: 'x' },
      longName(`./${'l'.repeat(300)}`),
      { name: `./${'l'.repeat(98)}`, body: 'long' },
      // Cut at 100 bytes it ends in a slash, as an old kind of folder does.
      longName(`./${'f'.repeat(97)}/${'l'.repeat(200)}`),
      { name: `./${'f'.repeat(97)}/`, body: 'long' },
      // A long name is the whole of it.
      longName(`./${'g'.repeat(300)}`),
      { name: 'cut', raw: { prefix: './prefix' }, body: 'long' },
      { name: './after', body: 'x' },
    );
    const { data } = await readDeb(deb(controlTar, entries), 'x');
    expect(data.slice(1).map(({ path, type, linkTarget, body }) => [path, type, linkTarget || body.toString()])).toEqual([
      ['./absolute', 'symlink', '/etc/passwd'],
      ['./above', 'symlink', '../../x'],
      ['./...', 'file', 'x'],
      ['./..x/y..', 'file', 'x'],
      ['./far', 'symlink', `/${'t'.repeat(200)}`],
      ['./hard', 'hardlink', './...'],
      ['./old', 'file', 'old'],
      ['./old-folder/', 'directory', ''],
      ['./owned', 'file', ''],
      ['./prefix/of/it/file', 'file', 'x'],
      [`./${'l'.repeat(300)}`, 'file', 'long'],
      [`./${'f'.repeat(97)}/${'l'.repeat(200)}`, 'file', 'long'],
      [`./${'g'.repeat(300)}`, 'file', 'long'],
      ['./after', 'file', 'x'],
    ]);
    expect(writeTar(data).subarray(0, entries.length).equals(entries)).toBe(true);
    expect(writeTar(data).length % 10240).toBe(0);
  });

  test.skipIf(missing('tools') !== '')('made anew are listed by tar as they were meant', () => {
    const path = `./${'p'.repeat(90)}/${'q'.repeat(60)}`;
    const made = [
      directoryEntry('./', 1_656_720_000),
      fileEntry('./run', Buffer.from('x'.repeat(513)), { mode: 0o4755 }),
      fileEntry(path, Buffer.alloc(0), { mode: 0o600, mtime: 1_656_720_061 }),
    ];
    writeFiles(folder, { 'made.tar': writeTar(made) });
    const listed = sh('tar tvf made.tar --full-time 2>&1', { cwd: folder, env: { ...process.env, TZ: 'UTC0' } });
    expect(listed.replaceAll(/ +/g, ' ')).toBe(
      `drwxr-xr-x root/root 0 2022-07-02 00:00:00 ./\n-rwsr-xr-x root/root 513 1970-01-01 00:00:00 ./run\n-rw------- root/root 0 2022-07-02 00:01:01 ${path}\n`,
    );
    const again = readTar(writeTar(made), 'x');
    expect(again).toEqual(made);
    expect(() => fileEntry(`./${'p'.repeat(300)}`, Buffer.alloc(0))).toThrow(RangeError);
  });
});
