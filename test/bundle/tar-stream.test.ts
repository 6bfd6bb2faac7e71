/** Our reader of tar streams, on archives made by hand: what tar itself writes is in find-package.system.test.ts. */
import { describe, expect, test } from 'vitest';
import { readTarStream } from '../../src/bundle/tar-stream.js';
import { stream } from '../support.js';
import { endOfTar, type Member, noise, pieces, tarMember, tarOf } from './archives.js';

interface Read {
  path: string;
  type: string;
  isFile: boolean;
  linkTarget: string;
  body: string;
}

/** All entries with their bodies, and whatever follows the last of them. */
async function read(chunks: AsyncIterable<Buffer>): Promise<{ entries: Read[]; rest: Buffer; all: Buffer }> {
  const tar = readTarStream(chunks);
  const entries: Read[] = [];
  const parts: Buffer[] = [];
  for await (const { path, type, isFile, linkTarget, size, head, body, padding } of tar.entries) {
    const whole = await joined(body);
    expect(whole.length).toBe(size);
    entries.push({ path, type, isFile, linkTarget, body: whole.toString('latin1') });
    parts.push(head, whole, Buffer.alloc(padding));
  }
  const rest = await joined(tar.rest());
  return { entries, rest, all: Buffer.concat([...parts, rest]) };
}

async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const pathsOf = async (bytes: Buffer) => (await read(stream(bytes))).entries.map(({ path }) => path);
const paxRecord = (text: string) => {
  const length = text.length + 2 + String(text.length + 4).length;
  return Buffer.from(`${length} ${text}\n`);
};

const longPath = `${'d'.repeat(99)}/${'f'.repeat(200)}`;
const members: Member[] = [
  { path: 'm/', type: 'Directory' },
  { path: 'm/empty' },
  { path: 'm/block', body: noise(512) },
  { path: 'm/odd', body: noise(3000) },
  // With the size of its target, as GNU tar writes it, and no body.
  { path: 'm/hard', type: 'Link', linkpath: 'm/odd', size: 3000 },
  { path: 'm/soft', type: 'SymbolicLink', linkpath: '../x' },
  { path: 'm/fifo', type: 'FIFO' },
  { path: '././@LongLink', type: 'NextFileHasLongLinkpath', body: Buffer.from(`${longPath}\0`) },
  { path: '././@LongLink', type: 'NextFileHasLongPath', body: Buffer.from(`m/${longPath}\0`) },
  { path: 'm/far', type: 'SymbolicLink', linkpath: 'cut' },
  // Cut at 100 bytes it ends in a slash, as an old kind of directory does; here with a prefix, which a long name replaces.
  { path: '././@LongLink', type: 'NextFileHasLongPath', body: Buffer.from(`${longPath}\0`) },
  { path: `${'d'.repeat(99)}/`, body: Buffer.from('long') },
  { path: 'PaxHeaders/x', type: 'ExtendedHeader', body: paxRecord(`path=p/${longPath}`) },
  { path: 'p/cut', body: Buffer.from('pax') },
  { path: 'pax_global_header', type: 'GlobalExtendedHeader', body: paxRecord('comment=0123') },
  { path: 'm/contiguous', type: 'ContiguousFile', body: Buffer.from('c') },
  { path: 'm/sparse', type: 'SparseFile', body: noise(700) },
  { path: 'm/last', body: Buffer.from('end') },
];

describe('a tar stream', () => {
  test('gives its entries, long names and all, and the very bytes, in whatever pieces they come', async () => {
    const bytes = Buffer.concat([tarOf(...members), Buffer.from('after the end')]);
    for (const sizes of [[bytes.length], [1], [511, 1, 513], [700], [10_240]]) {
      const { entries, rest, all } = await read(pieces(bytes, ...sizes).source);
      expect(entries.map(({ path, type, linkTarget, body }) => [path, type, linkTarget, body.length])).toEqual([
        ['m/', 'Directory', '', 0],
        ['m/empty', 'File', '', 0],
        ['m/block', 'File', '', 512],
        ['m/odd', 'File', '', 3000],
        ['m/hard', 'Link', 'm/odd', 0],
        ['m/soft', 'SymbolicLink', '../x', 0],
        ['m/fifo', 'FIFO', '', 0],
        [`m/${longPath}`, 'SymbolicLink', longPath, 0],
        [longPath, 'File', '', 4],
        [`p/${longPath}`, 'File', '', 3],
        ['m/contiguous', 'ContiguousFile', '', 1],
        ['m/sparse', 'SparseFile', '', 700],
        ['m/last', 'File', '', 3],
      ]);
      expect(entries.filter(({ isFile }) => isFile).map(({ body }) => body.length)).toEqual([0, 512, 3000, 4, 3, 1, 3]);
      expect(entries[3]?.body).toBe(noise(3000).toString('latin1'));
      expect(rest.equals(Buffer.concat([endOfTar, Buffer.from('after the end')]))).toBe(true);
      expect(all.equals(bytes)).toBe(true);
    }
  });

  test('passes over the bodies that are not read, or not to their end', async () => {
    const paths: string[] = [];
    for await (const { path, body } of readTarStream(pieces(tarOf(...members), 100).source).entries) {
      paths.push(path);
      if (path === 'm/odd') await body[Symbol.asyncIterator]().next();
    }
    expect(paths.slice(3, 5)).toEqual(['m/odd', 'm/hard']);
    expect(paths.at(-1)).toBe('m/last');
  });

  test('needs no blocks of zeros at its end', async () => {
    const whole = tarOf({ path: 'a', body: Buffer.from('a') }, { path: 'b', body: noise(1000) });
    for (const missing of [512, 1024]) {
      const { entries, rest } = await read(stream(whole.subarray(0, whole.length - missing)));
      expect(entries.map(({ path }) => path)).toEqual(['a', 'b']);
      expect(rest.length).toBe(1024 - missing);
    }
    expect(await read(stream())).toEqual({ entries: [], rest: Buffer.alloc(0), all: Buffer.alloc(0) });
  });

  test('ends at the first block of zeros: what follows is no entry', async () => {
    const behind = Buffer.concat([Buffer.alloc(512), tarOf({ path: 'behind' })]);
    const { entries, rest } = await read(stream(tarMember({ path: 'a' }), behind));
    expect(entries.map(({ path }) => path)).toEqual(['a']);
    expect(rest.equals(behind)).toBe(true);
  });

  test('has each long name for one entry alone', async () => {
    const long = { path: 'x', type: 'NextFileHasLongPath', body: Buffer.from('long\0') } as const;
    const pax = { path: 'x', type: 'ExtendedHeader', body: paxRecord('path=pax') } as const;
    expect(await pathsOf(tarOf(long, { path: 'a' }, { path: 'b' }, pax, { path: 'c' }, { path: 'd' }))).toEqual(['long', 'b', 'pax', 'd']);
  });

  test('takes the size of a file from a pax header', async () => {
    const pax = { path: 'x', type: 'ExtendedHeader', body: paxRecord('size=600') } as const;
    const { entries } = await read(stream(tarOf(pax, { path: 'a', body: noise(600), size: 0 }, { path: 'b' })));
    expect(entries.map(({ path, body }) => [path, body.length])).toEqual([
      ['a', 600],
      ['b', 0],
    ]);
  });
});

describe('a tar stream is refused', () => {
  const file = tarMember({ path: 'a', body: noise(600) });

  test.each([
    ['in a header', 100],
    ['in a body', 700],
    ['behind a header', 512],
    ['in the zeros that fill a body', 1300],
  ])('that is cut off %s', async (_, length) => {
    await expect(pathsOf(file.subarray(0, length))).rejects.toThrow('truncated');
  });

  test('that is cut off in or behind a long name', async () => {
    const long = tarMember({ path: 'x', type: 'NextFileHasLongPath', body: Buffer.from(`${longPath}\0`) });
    for (const length of [512, 700, long.length]) await expect(pathsOf(long.subarray(0, length))).rejects.toThrow('truncated');
  });

  test('with a wrong checksum', async () => {
    const wrong = Buffer.from(file);
    wrong.write('b', 0);
    await expect(pathsOf(wrong)).rejects.toThrow('checksum');
    await expect(pathsOf(Buffer.concat([file, noise(512)]))).rejects.toThrow(Error);
  });

  test('with a long name of more than 1 MiB', async () => {
    const name = (length: number) => tarOf({ path: 'x', type: 'NextFileHasLongPath', body: Buffer.alloc(length, 'n') }, { path: 'a' });
    expect(await pathsOf(name(1024 * 1024))).toEqual(['n'.repeat(1024 * 1024)]);
    await expect(pathsOf(name(1024 * 1024 + 1))).rejects.toThrow('1048577 bytes');
  });

  test.each([
    ['none', Buffer.from('zzzzzzzzzzz\0')],
    ['a blank one', Buffer.alloc(12)],
    ['a negative one', Buffer.from([0xff, 255, 255, 255, 255, 255, 255, 255, 255, 255, 254, 0])],
    ['one past all numbers', Buffer.from([0x80, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255])],
  ])('with a size that is %s', async (_, size) => {
    for (const type of ['File', 'NextFileHasLongPath'] as const) {
      const bytes = tarMember({ path: 'a', type, body: noise(600) });
      size.copy(bytes, 124);
      bytes.fill(' ', 148, 156);
      const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      await expect(pathsOf(Buffer.concat([bytes, endOfTar]))).rejects.toThrow(Error);
    }
  });
});
