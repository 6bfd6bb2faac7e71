import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { withChangelogEntry } from '../../src/deb/change.js';
import { type Deb, plainPath, readDeb, writeDeb } from '../../src/deb/deb.js';
import { failureOf, makeDirectory, missing, sh, writeFiles } from '../support.js';
import { buildAll, makeTree } from './packages.js';

const folder = makeDirectory();
const doc = 'usr/share/doc/thing';
const heading = 'thing (1:4.20.1-14) UNRELEASED; urgency=low';
const old = Buffer.concat([
  Buffer.from(`${heading}\n\n  * by M`),
  Buffer.from([0xfc]), // a letter in Latin-1, as old changelogs have
  Buffer.from('ller\n\n -- A Person <person@example.invalid>  Fri, 01 Jul 2022 10:00:00 +0200\n'),
]);
const entry = {
  package: 'thing',
  version: '1:4.20.1-14+mftpatch1',
  items: ['dma-unmap: one line.', 'größe: another.'],
  maintainer: 'Jörg <joerg@example.invalid>',
  date: new Date(Date.UTC(2024, 1, 3, 4, 5, 6)),
};

describe.skipIf(missing('tools') !== '')('a changelog entry', () => {
  /** A package whose doc folder the script fills; `old` lies in $OLD. */
  const packageWith = async (name: string, script: string): Promise<Deb> => {
    writeFiles(folder, { old });
    const tree = makeTree(
      join(folder, name),
      `export OLD="$PWD/../old"; install -d ${doc}; (cd ${doc}; ${script})
      find usr -type f -exec md5sum {} + > DEBIAN/md5sums`,
    );
    return readDeb(buildAll(tree, join(folder, `${name}-out`)).xz, name);
  };
  const body = (deb: Deb, name: string) => deb.data.find((file) => plainPath(file) === `${doc}/${name}`)?.body ?? Buffer.alloc(0);

  describe('on a Debian changelog', () => {
    let deb: Deb;
    let text: Buffer;
    beforeAll(async () => {
      const script = 'gzip -9n < $OLD > changelog.Debian.gz; echo "Version 4, by us" | gzip -9n > changelog.gz';
      deb = await packageWith('debian', script);
      const now = await withChangelogEntry(deb, entry, 'thing.deb');
      expect(body(now, 'changelog.gz').equals(body(deb, 'changelog.gz'))).toBe(true);
      writeFiles(folder, { 'new.deb': writeDeb(now) });
      sh(`dpkg-deb -R new.deb new; gzip -dc new/${doc}/changelog.Debian.gz > changelog`, { cwd: folder });
      text = readFileSync(join(folder, 'changelog'));
    });
    const parsed = (options: string) => sh(`dpkg-parsechangelog -l changelog ${options} 2>&1`, { cwd: folder });

    test('is on top for dpkg-parsechangelog, which warns of nothing', () => {
      const fields = parsed('').trimEnd();
      expect(fields).toMatch(/^Source: thing$/m);
      expect(fields).toMatch(/^Version: 1:4\.20\.1-14\+mftpatch1$/m);
      expect(fields).toMatch(/^Distribution: UNRELEASED$/m);
      expect(fields).toMatch(/^Maintainer: Jörg <joerg@example\.invalid>$/m);
      expect(fields).toMatch(/^Date: Sat, 03 Feb 2024 04:05:06 \+0000$/m);
      expect(fields).not.toMatch(/warning/i);
      expect(parsed('-S Timestamp')).toBe(`${entry.date.getTime() / 1000}\n`);
      expect(parsed('-S Changes')).toContain('\n  * dma-unmap: one line.\n  * größe: another.\n');
    });

    test('has its items in lines of at most 80 columns, which read as one', async () => {
      const words = `${'word '.repeat(15)}${'w'.repeat(90)} end`;
      const now = gunzipSync(body(await withChangelogEntry(deb, { ...entry, items: [words] }, 'x'), 'changelog.Debian.gz')).toString();
      const item = now.split('\n\n')[1]?.split('\n') ?? [];
      expect(item.map((line) => line.length)).toEqual([78, 94, 7]);
      expect(item.join('').replace(/ +/g, ' ')).toBe(` * ${words}`);
    });

    test('is younger than the entry beneath it, also if its day is not', async () => {
      const dateOf = async (date: Date) => {
        const now = gunzipSync(body(await withChangelogEntry(deb, { ...entry, date }, 'x'), 'changelog.Debian.gz')).toString();
        return /^ -- .*> {2}(.*)$/m.exec(now)?.[1];
      };
      // The entry beneath is of 08:00:00 UTC.
      expect(await dateOf(new Date(Date.UTC(2022, 6, 1, 8, 0, 1)))).toBe('Fri, 01 Jul 2022 08:00:01 +0000');
      expect(await dateOf(new Date(Date.UTC(2022, 6, 1, 8, 0, 0)))).toBe('Fri, 01 Jul 2022 08:00:01 +0000');
      expect(await dateOf(new Date(Date.UTC(2019, 0, 1)))).toBe('Fri, 01 Jul 2022 08:00:01 +0000');
    });

    test('has the old entries beneath it, to the byte', () => {
      expect(parsed('--all -S Version')).toBe(`${entry.version}\n`);
      expect(parsed("--all --format rfc822 | sed -n 's/^Version: //p'")).toBe('1:4.20.1-14+mftpatch1\n1:4.20.1-14\n');
      expect(text.subarray(-old.length).equals(old)).toBe(true);
      expect(text.subarray(0, -old.length).toString()).toMatch(/\n\n$/);
    });

    test('is in md5sums', () => {
      expect(sh('md5sum -c --strict DEBIAN/md5sums', { cwd: join(folder, 'new') })).toContain(`${doc}/changelog.Debian.gz: OK\n`);
      expect(sh(`md5sum < new/${doc}/changelog.Debian.gz`, { cwd: folder })).not.toBe(
        sh(`md5sum < debian/${doc}/changelog.Debian.gz`, { cwd: folder }),
      );
    });

    test('goes on top of an entry of ours too', async () => {
      const twice = await withChangelogEntry(await withChangelogEntry(deb, entry, 'x'), { ...entry, version: '1:5' }, 'x');
      const versions = gunzipSync(body(twice, 'changelog.Debian.gz'))
        .toString()
        .match(/(?<=^thing \()[^)]*/gm);
      expect(versions).toEqual(['1:5', entry.version, '1:4.20.1-14']);
    });
  });

  test('goes into changelog.gz of a native package', async () => {
    const deb = await packageWith('native', 'gzip -9n < $OLD > changelog.gz');
    const now = gunzipSync(body(await withChangelogEntry(deb, entry, 'x'), 'changelog.gz'));
    expect(now.toString()).toMatch(/^thing \(1:4\.20\.1-14\+mftpatch1\) UNRELEASED; urgency=medium\n/);
    expect(now.subarray(-old.length).equals(old)).toBe(true);
  });

  test.each([
    ['no changelog', 'echo x > README'],
    ['only an upstream changelog', 'echo "Version 4, by us" | gzip -9n > changelog.gz'],
    ['a changelog that is a link', 'ln -s ../other/changelog.gz changelog.Debian.gz'],
    ['a changelog elsewhere', 'install -d sub; gzip -9n < $OLD > sub/changelog.Debian.gz'],
  ])('leaves a package with %s alone', async (name, script) => {
    const deb = await packageWith(name.replaceAll(' ', '-'), script);
    expect(await withChangelogEntry(deb, entry, 'x')).toBe(deb);
  });

  test.each([
    ['cut', 'gzip -9n < $OLD | head -c 40 > changelog.Debian.gz'],
    ['no gzip', 'cp $OLD changelog.Debian.gz'],
    ['empty', ': > changelog.Debian.gz'],
  ])('is refused by a changelog that is %s', async (name, script) => {
    const deb = await packageWith(`damaged-${name.replaceAll(' ', '-')}`, script);
    expect(await failureOf(() => withChangelogEntry(deb, entry, 'thing.deb'))).toEqual({
      code: 'package-damaged',
      path: `thing.deb: ${doc}/changelog.Debian.gz`,
      detail: expect.stringContaining('cannot be decompressed: '),
    });
  });

  test('is refused by a changelog that unpacks to more than anybody writes', async () => {
    const deb = await packageWith('bomb', 'head -c 5M /dev/zero | gzip -9n > changelog.Debian.gz');
    expect(await failureOf(() => withChangelogEntry(deb, entry, 'x'))).toMatchObject({ code: 'package-unfit' });
  });
});
