import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changedPackage, source } from '../packaging/packages.js';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';

/** What is patched for Linux 5.18. */
const patchedFiles = ['common.postinst', 'driver_common.c', 'mst_pciconf.c'].map((name) => `${source}/${name}`);
const doc = 'usr/share/doc/kernel-mft-dkms/changelog.Debian.gz';

/** The lines of one that the other has not. */
const only = (one: string, other: string) => {
  const others = new Set(other.split('\n'));
  return one.split('\n').filter((line) => !others.has(line));
};

/** What real tools see of a package: the members of its archives with owner, mode and time to the second. */
function contents(deb: string, folder: string) {
  sh(`rm -rf ${folder}; mkdir ${folder}; dpkg-deb -R ${deb} ${folder}`);
  const list = (archive: string) => sh(`dpkg-deb --${archive} ${deb} | TZ=UTC tar tvf - --full-time --numeric-owner | sed -E 's/ +/ /g'`);
  return { data: list('fsys-tarfile'), control: list('ctrl-tarfile'), md5sums: sh(`cat ${folder}/DEBIAN/md5sums`) };
}

/** A line of `tar tv` without its size. */
const withoutSize = (line: string) => line.replace(/^(\S+ \S+) \d+ /, '$1 ');

async function compare(vendor: string) {
  const folder = makeDirectory();
  const result = await runCli(['build', '--deb', vendor, '--kernel', '5.18', '--no-verify', '--json', '--out', join(folder, 'out')]);
  expect(result).toMatchObject({ status: 0, stderr: '' });
  const patched = JSON.parse(result.stdout).artifacts[0].path;
  const [before, after] = [contents(vendor, join(folder, 'a')), contents(patched, join(folder, 'b'))];
  for (const part of ['data', 'control'] as const) {
    const [old, new_] = [only(before[part], after[part]), only(after[part], before[part])];
    expect(new_.map(withoutSize)).toEqual(old.map(withoutSize));
    const names = new_.map((line) => line.replace(/^.* \.\//, ''));
    expect(names.filter((name) => ![...patchedFiles, doc, 'control', 'md5sums'].includes(name))).toEqual([]);
    expect(part === 'control' || names.includes(`${source}/mst_pciconf.c`)).toBe(true);
  }
  const differing = sh('diff -rq --no-dereference a b || true', { cwd: folder }).trim().split('\n');
  expect(differing.map((line) => line.replace(/^Files a\/(\S+) and .* differ$/, '$1')).sort()).toEqual(
    ['DEBIAN/control', 'DEBIAN/md5sums', doc, ...patchedFiles].sort(),
  );
  const sums = only(after.md5sums, before.md5sums).map((line) => line.slice(34));
  expect(sums.sort()).toEqual([doc, ...patchedFiles].sort());
  expect(sh('md5sum --quiet --strict -c DEBIAN/md5sums', { cwd: join(folder, 'b') })).toBe('');
  const fields = sh('diff a/DEBIAN/control b/DEBIAN/control || true', { cwd: folder }).split('\n');
  const changed = fields.filter((line) => /^[<>]/.test(line) && !/^[<>] installed-size: \d+$/i.test(line));
  expect(changed).toEqual([expect.stringMatching(/^< Version: /), expect.stringMatching(/^> Version: /)]);
  sh('cmp a/DEBIAN/postinst b/DEBIAN/postinst && cmp a/DEBIAN/prerm b/DEBIAN/prerm', { cwd: folder });
  return { folder, patched };
}

describe.skipIf(missing('tools') !== '')('what is not patched is not touched', () => {
  test('in the sample', async () => {
    const { deb, name } = await sample();
    const vendor = join(makeDirectory(), name);
    writeFileSync(vendor, deb);
    const { folder, patched } = await compare(vendor);
    const patch = sh(`diff a/${source}/mst_pciconf.c b/${source}/mst_pciconf.c || true`, { cwd: folder });
    expect(patch.split('\n').filter((line) => /^[<>]/.test(line))).toEqual([
      '<             pci_unmap_single(dev->pci_dev, dev->dma_props[i].dma_map, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);',
      '>             dma_unmap_single(&dev->pci_dev->dev, dev->dma_props[i].dma_map, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);',
    ]);
    const version = sh(`dpkg-deb -f ${patched} Version`).trim();
    sh(`dpkg --compare-versions ${version} gt 4.15.1-0sample && dpkg --compare-versions ${version} lt 4.15.1-1`);
    const entries = sh(`zcat b/${doc} > new; zcat a/${doc} > old; dpkg-parsechangelog -l new --format rfc822 --count 1 -S Version`, {
      cwd: folder,
    });
    expect(entries.trim()).toBe(version);
    sh('tail -c "$(stat -c %s old)" new | cmp - old', { cwd: folder });
  });

  test.each(['xz', 'gzip', 'none'])('in a package with owners, modes, times, links and long names, %s-compressed', async (compression) => {
    const long = `${source}/${'a-long-folder-name/'.repeat(6)}`;
    const vendor = await changedPackage(
      [
        `mkdir -p ${long} && echo long > ${long}file && ln -s ../mst_pci.c ${source}/scripts/link`,
        `ln -s /nowhere/${'x'.repeat(120)} ${source}/dangling && ln ${source}/mst_pci.c ${source}/hard.c`,
        `printf 'caf\\351 \\000\\377' > ${source}/latin1.bin && : > ${source}/empty && mkdir -p etc && echo a=1 > etc/mft.conf`,
        'echo /etc/mft.conf > DEBIAN/conffiles && echo "activate-noawait x" > DEBIAN/triggers',
        "sed -i 's/^Maintainer:.*/Maintainer: J\\xc3\\xb6rg <j@example.com>/; s/^Installed-Size:.*/installed-size: 123/' DEBIAN/control",
        'find . -path ./DEBIAN -prune -o -type f -printf "%P\\n" | LC_ALL=C sort | xargs -d "\\n" md5sum > DEBIAN/md5sums',
        `chmod 2755 ${source} && chmod 4755 ${source}/empty && chmod 600 ${source}/driver_common.h`,
        `if [ "$(id -u)" = 0 ]; then chown 1234:56 ${source}/mst_pciconf.c; chown -h 7:8 ${source}/dangling; fi`,
        `touch -d 2001-02-03T04:05:06Z ${source}/mst_pciconf.c && touch -d 1999-12-31T23:59:59Z ${source}/scripts`,
      ].join(' && '),
      `-Z${compression}`,
    );
    await compare(vendor);
  });
});
