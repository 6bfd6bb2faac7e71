/** `diff` against dpkg-deb -R and diff -ru: the same files, as many lines; patch(1) and git make the one tree of the other by it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../cli.js';
import { changedPackage } from '../packaging/packages.js';
import { makeDirectory, runCli, sample, sh } from '../support.js';

const tree = 'usr/src/kernel-mft-dkms-4.15.1';
/** A package of every kind of change. */
const hard = [
  `chmod 600 ${tree}/Makefile && chmod 755 ${tree}/mst_pci.c && echo >> ${tree}/mst_pci.c`,
  `rm ${tree}/scripts/README && mkdir ${tree}/new && printf 'no newline' > '${tree}/new/a name' && touch ${tree}/new/empty`,
  `printf 'a\\0b' > ${tree}/new/binary && ln -s Makefile ${tree}/new/link && printf '\\351\\n' > ${tree}/new/latin1`,
  `sed -i '$d' ${tree}/dkms.conf && printf 'last' >> ${tree}/dkms.conf && echo true >> DEBIAN/postinst`,
  "sed -i 's/^Depends: /Depends: kmod, /' DEBIAN/control && printf '\\n\\n ' >> DEBIAN/prerm",
].join(' && ');

interface Trees {
  folder: string;
  from: string;
  to: string;
}

/** Both packages as dpkg-deb unpacks them, gzip files unpacked in their places. */
function unpacked(from: string, to: string): Trees {
  const folder = makeDirectory();
  for (const [name, deb] of [
    ['a', from],
    ['b', to],
  ])
    sh(`dpkg-deb -R '${deb}' ${name} && find ${name} -name '*.gz' | while read -r f; do gzip -dc "$f" > x && cat x > "$f"; done; rm -f x`, {
      cwd: folder,
    });
  return { folder, from, to };
}

/** What diff(1) says: by file, how many lines are new and gone. */
function byDiff({ folder }: Trees): Record<string, string> {
  const text = sh('diff -ruN --no-dereference a b || true', { cwd: folder });
  const parts = text.split(/^diff -ruN .*$/m).slice(1);
  return Object.fromEntries(
    parts.flatMap((part) => {
      const name = /^\+\+\+ "?b\/([^\t\n"]+)/m.exec(part)?.[1];
      const lines = part.split('\n').filter((line) => !/^(---|\+\+\+) [ab/"]/.test(line));
      const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
      return name === undefined ? [] : [[name, `+${count('+')} -${count('-')}`]];
    }),
  );
}

async function compare(from: string, to: string): Promise<void> {
  const trees = unpacked(from, to);
  const document = await cli(['diff', from, to]).prints({ schema: 'mft-patch/diff@1', foundBy: 'argument' });
  const counted = document.files.filter(({ patch }: { patch: string }) => /^@@/m.test(patch));
  const ours = Object.fromEntries(
    counted.map((file: { path: string; insertions: number; deletions: number }) => [file.path, `+${file.insertions} -${file.deletions}`]),
  );
  expect(Object.fromEntries(Object.entries(ours).filter(([path]) => !path.endsWith('/link')))).toEqual(byDiff(trees));
  const { stdout } = await runCli(['diff', from, to]);
  writeFileSync(join(trees.folder, 'ours.patch'), stdout);
  sh('cp -a a by-git && cd by-git && git init -q && git apply --whitespace=nowarn --exclude=*/binary ../ours.patch && rm -r .git', {
    cwd: trees.folder,
  });
  // What is binary is not in the patch, and git has no empty directories.
  const left = sh('diff -r --no-dereference by-git b || true', { cwd: trees.folder }).split('\n');
  expect(left.filter((line) => line !== '' && !/^Only in .*: (binary|scripts)$/.test(line))).toEqual([]);
}

describe('the patch', () => {
  test('of a package of ours is what diff -ru says, and makes the one of the other', async () => {
    const out = makeDirectory();
    const vendor = join(out, 'vendor.deb');
    writeFileSync(vendor, (await sample()).deb);
    for (const kernel of [[], ['--kernel', '6.1']]) {
      const place = join(out, kernel.join('x'));
      mkdirSync(place, { recursive: true });
      const { artifacts } = await cli(['build', '--deb', vendor, '--no-verify', '--quiet', '--out', place, ...kernel]).prints({});
      await compare(vendor, artifacts[0].path);
    }
  });

  test('of every kind of change is, too', async () => {
    const out = makeDirectory();
    writeFileSync(join(out, 'vendor.deb'), (await sample()).deb);
    // Latin-1 comes out as UTF-8, which git would take for other bytes.
    await compare(join(out, 'vendor.deb'), await changedPackage(hard.replace(` && printf '\\351\\n' > ${tree}/new/latin1`, '')));
  });

  test('says what it cannot contain: modes, kinds, binaries, encodings', async () => {
    const out = makeDirectory();
    const vendor = join(out, 'vendor.deb');
    writeFileSync(vendor, (await sample()).deb);
    const { files } = await cli(['diff', vendor, await changedPackage(hard)]).prints({ status: 'differs' });
    const of = (name: string) => files.find(({ path }: { path: string }) => path.endsWith(`/${name}`));
    expect(of('Makefile')).toMatchObject({ status: 'changed', oldMode: '100644', newMode: '100600', insertions: 0 });
    expect(of('mst_pci.c')).toMatchObject({ oldMode: '100644', newMode: '100755', insertions: 1 });
    expect(of('README')).toMatchObject({ status: 'removed', oldMode: '100644', deletions: 1 });
    expect(of('link')).toMatchObject({ status: 'added', newMode: '120000', patch: expect.stringContaining('+Makefile\n\\ No newline') });
    expect(of('binary')).toMatchObject({ isBinary: true, patch: expect.stringContaining('Binary files /dev/null and b/') });
    expect(of('latin1')).toMatchObject({ notes: ['not UTF-8: shown as Latin-1'], patch: expect.stringContaining('+é\n') });
    expect(of('empty')).toMatchObject({ status: 'added', patch: expect.not.stringContaining('+++') });
    expect(of('new')).toMatchObject({ notes: ['directory'], patch: '' });
  });

  test('of other dkms packages: from the first to the second', async () => {
    const folder = makeDirectory();
    const make = (name: string, text: string) =>
      sh(
        `mkdir -p x/DEBIAN x/usr/src/knem-1.0 && printf 'Package: knem-dkms\\nVersion: 1.0-1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: x\\n' > x/DEBIAN/control &&
        printf 'PACKAGE_NAME=knem\\nBUILT_MODULE_NAME[0]=knem\\n${text}' > x/usr/src/knem-1.0/dkms.conf && dpkg-deb --root-owner-group -b x ${name} > /dev/null && rm -r x`,
        { cwd: folder },
      );
    make('one.deb', '');
    make('two.deb', 'AUTOINSTALL=yes\\n');
    const [one, two] = ['one.deb', 'two.deb'].map((name) => join(folder, name)) as [string, string];
    await cli(['diff', one, two]).prints({ status: 'differs', insertions: 1, deletions: 0, from: { path: one, package: 'knem-dkms' } });
    await cli(['diff', one, two, '--exit-code']).exits(1, { status: 'differs' });
    await cli(['diff', one, one, '--exit-code']).prints({ status: 'same', files: [] });
    await cli(['show', two]).prints({ kind: 'vendor', package: 'knem-dkms', modules: ['knem'], patches: [] });
    expect(readFileSync(one)).not.toEqual(readFileSync(two));
  });
});
