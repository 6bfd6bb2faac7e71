import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Deb, readDeb, writeDeb } from '../../src/deb/deb.js';
import type { Entry } from '../../src/deb/tar.js';
import { makeDirectory, missing, sh, writeFiles } from '../support.js';
import { buildAll, compressors, makeTree, suffixes } from './packages.js';

const folder = makeDirectory();

// Owners and setuid bits can be made and compared by root only.
const unable = missing('tools') !== '' || process.getuid?.() !== 0;

/** Long, odd and rare things that a package may hold. `x63` is a name of 63 bytes. */
const oddTree = `
  x63=$(printf 'x%.0s' {1..63})
  install -d usr/share/thing usr/share/thing/$x63/$x63 usr/share/thing/$x63/$x63/$x63/$x63
  cd usr/share/thing
  for size in 0 1 511 512 513 1023; do head -c $size /dev/zero | tr '\\0' a > size-$size; done
  cp ../../../../random .
  echo deep > $x63/$x63/file
  echo deeper > $x63/$x63/$x63/$x63/file
  echo long > $x63$x63
  ln -s $x63/$x63/$x63 link-long
  ln -s $x63/$x63/$x63/$x63/$x63 link-longer
  ln -s $x63/$x63/$x63/$x63/$x63 $x63$x63$x63
  ln -s ../../../etc/absent link-dangling
  ln -s /etc/passwd link-absolute
  ln size-513 hard
  ln $x63/$x63/$x63/$x63/file hard-far
  echo '#!/bin/sh' > setuid; chmod 4755 setuid
  echo secret > secret; chmod 600 secret
  install -d -m 1777 sticky; install -d -m 2750 setgid
  echo a > owned; chown 1234:5678 owned
  echo a > owned-big; chown 3000000:4000000 owned-big
  chown -h 1234:5678 link-dangling
  echo a > 'two words'; echo a > 'größe'; echo a > $'latin-\\xe4'; echo a > 'back\\slash'
  echo a > dated-1970; touch -d @0 dated-1970
  echo a > dated-2004; touch -d @1100000000 dated-2004
  cd - >/dev/null
  echo /usr/share/thing/owned > DEBIAN/conffiles; echo '# to come'> DEBIAN/templates; chmod 600 DEBIAN/templates
  find usr -type f -exec md5sum {} + > DEBIAN/md5sums`;

const judge = `
  cd "$1"
  dpkg-deb -I $2.deb | grep -v '^ size [0-9]* bytes: control archive=' > $2.told
  dpkg-deb -c $2.deb >> $2.told
  dpkg-deb --fsys-tarfile $2.deb > $2.data
  dpkg-deb --ctrl-tarfile $2.deb > $2.control
  for part in data control; do tar tvf - --full-time --numeric-owner < $2.$part >> $2.told; done
  mkdir $2
  dpkg-deb -x $2.deb $2/x
  dpkg-deb -e $2.deb $2/e
  (cd $2; find . -mindepth 1 -printf '%y %m %U:%G %s %T@ %n %l %p\\n' | sort) >> $2.told
  (cd $2; find . -type f -exec md5sum {} + | sort) >> $2.told
  rm -r $2`;

describe.skipIf(unable)('a package read and written again', () => {
  const originals = new Map<string, Buffer>();
  const results = new Map<string, Buffer>();
  const read = new Map<string, Deb>();

  beforeAll(async () => {
    // More than one block of a gzip stream can hold, and nothing that compresses.
    writeFiles(folder, { random: createHash('shake256', { outputLength: 200_000 }).digest() });
    const odd = buildAll(makeTree(join(folder, 'odd'), oddTree), join(folder, 'odd-out'));
    const small = buildAll(makeTree(join(folder, 'small')), join(folder, 'small-out'));
    for (const z of compressors) originals.set(`odd-${z}`, odd[z]).set(`small-${z}`, small[z]);
    for (const [name, bytes] of originals) {
      const value = await readDeb(bytes, name);
      read.set(name, value);
      results.set(name, writeDeb(value));
      writeFiles(folder, { [`${name}.deb`]: bytes, [`${name}-new.deb`]: results.get(name) ?? '' });
    }
    sh(
      `judge() { ${judge}\n}
      for name in ${[...originals.keys()].join(' ')}; do
        for deb in $name $name-new; do (judge "$DIR" $deb) 2> "$DIR/$deb.warnings"; done
      done`,
      { env: { ...process.env, DIR: folder } },
    );
  });

  const told = (name: string) => readFileSync(join(folder, name), 'utf8');

  test('the packages to be compared are as odd as they should be', () => {
    const text = told('odd-xz.told');
    for (const owner of ['1234:5678', '3000000:4000000']) expect(text).toContain(owner);
    for (const mode of ['4755', '1777', '2750', '600']) expect(text).toMatch(new RegExp(`^[fd] ${mode} `, 'm'));
    expect(text).toMatch(/ 2 {2}\.\/x\/usr\/share\/thing\/hard-far$/m);
    expect(text).toMatch(/ -> (x{63}\/){4}x{63}$/m);
    expect(text).toMatch(/ 0\.0000000000 1 {2}\.\/x\/usr\/share\/thing\/dated-1970$/m);
    const sizes = [...originals.keys()].flatMap((name) =>
      sh(`ar tv ${name}.deb`, { cwd: folder })
        .split('\n')
        .slice(1, 3)
        .map((line) => Number(line.split(/\s+/)[2])),
    );
    expect(new Set(sizes.map((size) => size % 2))).toEqual(new Set([0, 1]));
    expect(statOf('odd-zstd', 'data').longest).toBeGreaterThan(255);
  });

  const statOf = (name: string, part: 'control' | 'data') => {
    const entries = read.get(name)?.[part] ?? [];
    return { longest: Math.max(...entries.map(({ path }) => path.length)) };
  };

  describe.each(compressors.flatMap((z) => [`odd-${z}`, `small-${z}`]))('%s', (name) => {
    test('says and unpacks the same, without a warning', () => {
      expect(told(`${name}-new.told`)).toBe(told(`${name}.told`));
      expect(told(`${name}.warnings`)).toBe('');
      expect(told(`${name}-new.warnings`)).toBe('');
    });

    test.each(['control', 'data'])('has the same %s.tar to the byte', (part) => {
      const [old, now] = [name, `${name}-new`].map((deb) => readFileSync(join(folder, `${deb}.${part}`)));
      expect(now?.length).toBe(old?.length);
      expect(now?.equals(old ?? Buffer.alloc(0))).toBe(true);
    });

    test('has gzip members that name no file and no time', () => {
      const run = `set -e; mkdir ar-${name}; cd ar-${name}; ar x ../${name}-new.deb; gzip -t *.gz; ar t ../${name}-new.deb 2>&1`;
      expect(sh(run, { cwd: folder })).toBe('debian-binary\ncontrol.tar.gz\ndata.tar.gz\n');
      for (const member of ['control.tar.gz', 'data.tar.gz']) {
        const head = readFileSync(join(folder, `ar-${name}`, member)).subarray(0, 8);
        // RFC 1952: magic, deflate, no flags (so no name), no time.
        expect(head.toString('hex')).toBe('1f8b080000000000');
      }
    });

    test('keeps the times of the package itself', () => {
      const times = ['', '-new'].map((suffix) => sh(`ar tv ${name}${suffix}.deb`, { cwd: folder }).match(/\w+ +\d+ [\d:]+ \d{4}/g));
      expect(times[0]).toHaveLength(3);
      expect(times[1]).toEqual(times[0]);
    });
  });

  test('is the same bytes whatever compressed the original, and each time it is written', async () => {
    const digests = compressors.map((z) =>
      createHash('sha256')
        .update(results.get(`odd-${z}`) ?? '')
        .digest('hex'),
    );
    expect(new Set(digests).size).toBe(1);
    const once = await readDeb(results.get('odd-xz') ?? Buffer.alloc(0), 'once');
    expect(writeDeb(once).equals(writeDeb(once))).toBe(true);
    expect(writeDeb(once).equals(results.get('odd-xz') ?? Buffer.alloc(0))).toBe(true);
  });

  test('was read for what it is: kinds, modes, times, sizes and link targets are those that tar lists', () => {
    const kinds: Partial<Record<Entry['type'], string>> = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h' };
    const lines = sh('tar tvf odd-xz.data --full-time --quoting-style=literal', { cwd: folder, env: { ...process.env, TZ: 'UTC0' } });
    const rows = (read.get('odd-xz')?.data ?? []).map(({ type, mtime, body, path, linkTarget }) => {
      const time = new Date(mtime * 1000).toISOString().replace('T', ' ').slice(0, 19);
      const link = { symlink: ` -> ${linkTarget}`, hardlink: ` link to ${linkTarget}` }[type as string] ?? '';
      return `${kinds[type]} ${body.length} ${time} ${path}${link}`;
    });
    const clean = (text: string) => text.replaceAll('\ufffd', '?');
    const listed = lines.replace(/^(.)\S* \S+ +(\d+) /gm, '$1 $2 ');
    expect(clean(`${rows.join('\n')}\n`)).toBe(clean(listed));
    const modes = (read.get('odd-xz')?.data ?? []).map(({ mode }) => mode.toString(8));
    expect(modes).toEqual(expect.arrayContaining(['4755', '1777', '2750', '600', '777', '644', '755']));
  });

  test('came from members with the suffix of their compression', () => {
    for (const z of compressors) expect(sh(`ar t odd-${z}.deb`, { cwd: folder })).toContain(`data.tar${suffixes[z]}\n`);
  });
});
