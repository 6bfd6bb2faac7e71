/** Packages for the tests of this folder: made by dpkg-deb, or by hand where dpkg-deb would not make them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../src/deb/tar.js';
import { sh } from '../support.js';

/** The compressions of dpkg-deb -Z, with the suffix of the members that they make. */
export const suffixes = { none: '', gzip: '.gz', xz: '.xz', zstd: '.zst' } as const;
export type Compressor = keyof typeof suffixes;
export const compressors = Object.keys(suffixes) as Compressor[];

/** The time of every package here: the same input must give the same bytes in each run. */
const packed = 1_656_720_000;

/** Builds what lies in `tree` with each compression of dpkg-deb into `out`. */
export function buildAll(tree: string, out: string): Record<Compressor, Buffer> {
  mkdirSync(out, { recursive: true });
  sh(`for z in ${compressors.join(' ')}; do dpkg-deb -Z$z -b "$TREE" "$OUT/$z.deb" >&2; done`, {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(packed), TREE: tree, OUT: out },
  });
  const read = (z: Compressor) => readFileSync(join(out, `${z}.deb`));
  return { none: read('none'), gzip: read('gzip'), xz: read('xz'), zstd: read('zstd') };
}

/** Makes a folder for dpkg-deb -b with a control file, maintainer scripts, and what the bash script adds to it. */
export function makeTree(tree: string, script = ''): string {
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  sh(
    `umask 022
    cat > DEBIAN/control <<'END'
Package: thing
Version: 1:4.20.1-14
Architecture: all
Maintainer: A Person <person@example.invalid>
Installed-Size: 40
Description: a thing
 with more to say
END
    printf '#!/bin/sh\\nset -e\\n' > DEBIAN/postinst
    chmod 755 DEBIAN/postinst
    ${script}
    find . -depth ! -name 'dated-*' -exec touch -h -d @1600000000 {} +`,
    { cwd: tree },
  );
  return tree;
}

/** Compresses with the program itself. */
export function compress(program: 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lzma', bytes: Buffer, ...options: string[]): Buffer {
  return execFileSync(program === 'lzma' ? 'xz' : program, [...(program === 'lzma' ? ['--format=lzma'] : []), '-c', ...options], {
    input: bytes,
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** An ar archive, put together after ar(5) without the code under test. */
export function ar(...members: [name: string, body: Buffer, field?: Partial<Record<'date' | 'size' | 'end', string>>][]): Buffer {
  const parts = members.flatMap(([name, body, field = {}]) => [
    Buffer.from(
      `${name.padEnd(16)}${(field.date ?? String(packed)).padEnd(12)}0     0     100644  ${(field.size ?? String(body.length)).padEnd(10)}${field.end ?? '`\n'}`,
      'latin1',
    ),
    body,
    Buffer.alloc(body.length % 2, '\n'),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A package of format 2.0 whose two archives are given as they are, or as whole members. */
export function deb(controlTar: Buffer, dataTar: Buffer): Buffer {
  return ar(['debian-binary', Buffer.from('2.0\n')], ['control.tar', controlTar], ['data.tar', dataTar]);
}

export interface TarFields {
  name: string;
  type?: string;
  body?: Buffer | string;
  link?: string;
  /** Raw contents of header fields, to make what no tar makes. */
  raw?: Partial<Record<keyof typeof places, string>>;
  /** Written in place of the right sum. */
  sum?: string;
}

const places = { mode: 100, uid: 108, gid: 116, size: 124, mtime: 136, prefix: 345 };

/** One entry of a tar archive, put together after tar(5) without the code under test. */
export function tarEntry({ name, type = '0', body = '', link = '', raw = {}, sum }: TarFields): Buffer {
  const content = Buffer.from(body);
  const head = Buffer.alloc(512);
  head.write(name, 0, 100, 'utf8');
  const numbers = { mode: '0000644\0', uid: '0000000\0', gid: '0000000\0', mtime: '14057556000\0' };
  const fields = { ...numbers, size: `${content.length.toString(8).padStart(11, '0')}\0`, prefix: '', ...raw };
  for (const [field, text] of Object.entries(fields)) head.write(text, places[field as keyof typeof places], 'latin1');
  head.write(type, 156, 'latin1');
  head.write(link, 157, 100, 'utf8');
  head.write('ustar\x0000', 257, 'latin1');
  head.fill(' ', 148, 156);
  const right = head.reduce((total, byte) => total + byte, 0);
  head.write(sum ?? `${right.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function tar(...entries: (TarFields | Buffer)[]): Buffer {
  return Buffer.concat([...entries.map((entry) => (Buffer.isBuffer(entry) ? entry : tarEntry(entry))), Buffer.alloc(1024)]);
}

export const controlTar = tar(
  { name: './', type: '5' },
  { name: './control', body: 'Package: thing\nVersion: 1-1\nArchitecture: all\nMaintainer: A <a@example.invalid>\nDescription: thing\n' },
);
export const dataTar = tar({ name: './', type: '5' }, { name: './usr/', type: '5' }, { name: './usr/thing', body: 'thing\n' });

/** Entries in a form that compares to the byte and prints short. */
export function shown(entries: readonly Entry[]): string[] {
  return entries.map((entry) => JSON.stringify({ ...entry, head: entry.head.toString('base64'), body: entry.body.toString('base64') }));
}
