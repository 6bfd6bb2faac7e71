import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { withFiles } from '../../src/deb/change.js';
import { controlFields, controlFile, type Deb, plainPath, readDeb, writeDeb } from '../../src/deb/deb.js';
import { makeDirectory, missing, sh, writeFiles } from '../support.js';
import { buildAll, makeTree, shown } from './packages.js';

const folder = makeDirectory();
const doc = 'usr/share/doc/thing';
const long = `${doc}/${'y'.repeat(120)}`;

const files = `
  install -d ${doc} sticky
  cd ${doc}
  for name in grows shrinks empties fills same untouched; do head -c 3000 /dev/zero | tr '\\0' a > $name; done
  : > fills; chmod 4755 grows; echo x > dated-2004; touch -d @1100000000 dated-2004
  echo a > ${'y'.repeat(120)}; echo a > größe
  echo a > first; ln first second; ln -s first link
  cd - >/dev/null
  find usr -type f -printf '%P\\n' | sed 's,^,usr/,' | sort | xargs -d '\\n' md5sum > DEBIAN/md5sums`;

/** The contents of each change, by file. Sizes stand on both sides of whole KiB. */
const changes: Record<string, [string, Buffer][]> = {
  many: [
    [`${doc}/grows`, Buffer.alloc(8193, 'b')],
    [`${doc}/shrinks`, Buffer.alloc(1024, 'b')],
    [`${doc}/empties`, Buffer.alloc(0)],
    [`${doc}/fills`, Buffer.from('x')],
    [`${doc}/same`, Buffer.alloc(3000, 'a')],
    [`${doc}/dated-2004`, Buffer.from([0, 255, 10, 13, 0])],
    [long, Buffer.alloc(513, 'b')],
  ],
  smaller: [[`${doc}/grows`, Buffer.alloc(0)]],
  'no size': [[`${doc}/grows`, Buffer.alloc(3001, 'b')]],
  'a name beyond ASCII': [[`${doc}/größe`, Buffer.from('b')]],
  'a file with two names': [[`${doc}/first`, Buffer.from('b')]],
};

describe.skipIf(missing('tools') !== '')('a package with other contents in its files', () => {
  let deb: Deb;
  const changed = new Map<string, Deb>();
  const size = (value: Deb) => Number(controlFields(value, 'x').get('installed-size'));

  beforeAll(async () => {
    const tree = makeTree(join(folder, 'tree'), files);
    deb = await readDeb(buildAll(tree, join(folder, 'out')).xz, 'thing');
    for (const [name, contents] of Object.entries(changes)) changed.set(name, withFiles(deb, new Map(contents)));
    for (const [name, value] of [['original', deb], ...changed] as [string, Deb][]) {
      writeFiles(folder, { [`${name}.deb`]: writeDeb(value) });
      sh(
        `dpkg-deb -R "$NAME.deb" "$NAME"
        # dpkg-gencontrol counts what is installed; the rest is what it needs to run.
        mkdir -p "$NAME.src/debian"; cd "$NAME.src"
        printf 'Source: thing\\nMaintainer: A <a@example.invalid>\\n\\nPackage: thing\\nArchitecture: all\\nDescription: x\\n' > debian/control
        printf 'thing (1-1) unstable; urgency=low\\n\\n  * x\\n\\n -- A <a@example.invalid>  Sat, 02 Jul 2022 00:00:00 +0000\\n' > debian/changelog
        mv "../$NAME/DEBIAN" ../"$NAME.DEBIAN"
        dpkg-gencontrol -P"../$NAME" -O > ../"$NAME.counted" 2>/dev/null
        mv ../"$NAME.DEBIAN" "../$NAME/DEBIAN"`,
        { cwd: folder, env: { ...process.env, NAME: name } },
      );
    }
  });

  test.each(Object.keys(changes))('%s: md5sums are right in what dpkg-deb unpacks', (name) => {
    expect(
      sh('md5sum -c --strict DEBIAN/md5sums', { cwd: join(folder, name) })
        .trim()
        .split('\n'),
    ).toHaveLength(11);
    for (const [path, body] of changes[name] ?? []) expect(readFileSync(join(folder, name, path)).equals(body)).toBe(true);
  });

  test.each(Object.keys(changes))('%s: Installed-Size moves as dpkg-gencontrol counts', (name) => {
    const counted = (of: string) => Number(/^Installed-Size: (\d+)$/m.exec(readFileSync(join(folder, `${of}.counted`), 'utf8'))?.[1]);
    expect(size(changed.get(name) as Deb) - size(deb)).toBe(counted(name) - counted('original'));
  });

  test('the sizes did move, up and down, and not where they fill the same KiB', () => {
    const moves = ['many', 'smaller', 'no size'].map((name) => size(changed.get(name) as Deb) - size(deb));
    expect(moves).toEqual([9 - 3 + (1 - 3) - 3 + 1, -3, 0]);
  });

  test('no other entry changes, nor anything in the head of a changed one but size and checksum', () => {
    const now = changed.get('many') as Deb;
    const names = new Set((changes.many ?? []).map(([path]) => path));
    const others = (value: Deb) => shown(value.data.filter((entry) => !names.has(plainPath(entry))));
    expect(others(now)).toEqual(others(deb));
    expect(others(now).length).toBe(deb.data.length - names.size);
    for (const [index, entry] of deb.data.entries()) {
      const after = now.data[index];
      const heads = [entry.head, after?.head ?? Buffer.alloc(0)].map((head) =>
        Buffer.from(head)
          .fill(0, head.length - 388, head.length - 376)
          .fill(0, head.length - 364, head.length - 356),
      );
      expect(heads[1]?.equals(heads[0] as Buffer)).toBe(true);
      expect({ ...after, head: 0, body: 0 }).toEqual({ ...entry, head: 0, body: 0 });
    }
    const scripts = (value: Deb) => shown(value.control.filter((entry) => !['control', 'md5sums'].includes(plainPath(entry))));
    expect(scripts(now)).toEqual(scripts(deb));
  });

  test('a file given with the content that it has leaves the package as it is', () => {
    const same = withFiles(deb, new Map([[`${doc}/same`, Buffer.alloc(3000, 'a')]]));
    expect(writeDeb(same).equals(writeDeb(deb))).toBe(true);
  });

  test('the lines of md5sums for other files stay to the byte, and so does the rest of control', () => {
    const now = changed.get('many') as Deb;
    const lines = (value: Deb, name: string) => controlFile(value, name)?.body.toString('latin1').split('\n') ?? [];
    const moved = lines(now, 'md5sums').filter((line, i) => line !== lines(deb, 'md5sums')[i]);
    expect(moved.map((line) => line.slice(34)).sort()).toEqual(
      (changes.many ?? [])
        .map(([path]) => path)
        .filter((path) => !path.endsWith('/same'))
        .sort(),
    );
    expect(lines(now, 'control').map((line) => line.replace(/^(Installed-Size: )\d+$/, '$140'))).toEqual(lines(deb, 'control'));
  });

  test('without md5sums and Installed-Size none are made up', async () => {
    const tree = makeTree(join(folder, 'plain'), `${files}; rm DEBIAN/md5sums; sed -i /^Installed-Size/d DEBIAN/control`);
    const plain = await readDeb(buildAll(tree, join(folder, 'plain-out')).gzip, 'thing');
    const now = withFiles(plain, new Map(changes.many ?? []));
    expect(shown(now.control)).toEqual(shown(plain.control));
    expect(shown(now.data)).toEqual(shown((changed.get('many') as Deb).data));
  });
});
