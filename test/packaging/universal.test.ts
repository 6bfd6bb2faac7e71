/** The package for every kernel: what is in it, and what it is refused for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildDocument } from '../../src/documents/index.js';
import { cli } from '../cli.js';
import { makeDirectory, projectRoot, runCli, sampleSource, sh, writeFiles } from '../support.js';
import { changedPackage, source } from './packages.js';

const folder = makeDirectory();

async function build(...args: string[]) {
  const { status, stdout, stderr } = await runCli(['build', '--no-verify', '--json', ...args]);
  return { status, stderr, document: JSON.parse(stdout) };
}

const patchOf = ({ patches }: Pick<BuildDocument, 'patches'>, id: string) => patches.find((patch) => patch.id === id);

describe('build without --kernel', () => {
  test("the vendor's sources stay, the patches lie beside them, and dkms.conf names them", async () => {
    const out = join(folder, 'sample');
    const { status, document } = await build('--sample', '--out', out);
    expect({ status, kernel: document.kernel }).toEqual({ status: 0, kernel: { requested: 'all', version: '' } });
    const dmaUnmap = patchOf(document, 'dma-unmap');
    expect(dmaUnmap).toMatchObject({ status: 'applied', match: '' });
    expect(patchOf(document, 'kernel-variable')).toMatchObject({ status: 'not-needed' });
    expect(patchOf(document, 'postinst-arch')).not.toHaveProperty('match');
    const deb = document.artifacts[0].path;
    sh(`dpkg-deb -R ${deb} new && cd new && md5sum --check --quiet DEBIAN/md5sums`, { cwd: folder });
    const root = join(folder, 'new', source);
    const differing = sh(`diff -rq . ${root} || true`, { cwd: await sampleSource() });
    // But for what dkms is not asked about.
    expect(differing.trim().split('\n')).toEqual([
      `Files ./common.postinst and ${root}/common.postinst differ`,
      `Files ./dkms.conf and ${root}/dkms.conf differ`,
      `Only in ${root}: patches`,
    ]);
    expect(readFileSync(join(root, 'patches/mft-patch-dma-unmap.patch'))).toEqual(
      readFileSync(join(projectRoot, 'patches/dma-unmap.patch')),
    );
    const conf = readFileSync(join(root, 'dkms.conf'), 'utf8');
    expect(conf).toContain('PATCH[0]="mft-patch-dma-unmap.patch"\nPATCH[1]="mft-patch-unlocked-ioctl.patch"\nPATCH[2]=');
    // Policy 4.9 of files: who may read them; and every file of the package is summed.
    expect(sh(`dpkg-deb -c ${deb} | grep patches/`)).toMatch(/^drwxr-xr-x root\/root .*\/patches\/\n(-rw-r--r-- root\/root .*patch\n)+$/);
    expect(sh(`cd new && find usr -type f | wc -l`, { cwd: folder })).toBe(sh('wc -l < new/DEBIAN/md5sums', { cwd: folder }));
    const size = (path: string) =>
      Number(/^Installed-Size: (\d+)$/m.exec(sh(`dpkg-deb -f ${path}`).replace('Installed-Size', '\nInstalled-Size'))?.[1]);
    const vendor = await changedPackage('true');
    expect(size(deb) - size(vendor)).toBeGreaterThan(1);
  });

  test('other content is another version, and the changelog says which kind it is', async () => {
    const [one, other] = [await changedPackage('true'), await changedPackage(`echo '# x' >> ${source}/Makefile`)];
    const paths = [];
    for (const [i, deb] of [one, other, one].entries())
      paths.push(
        (await build('--deb', deb, '--out', join(folder, `content${i}`), ...(i === 2 ? ['--kernel', '6.1'] : []))).document.artifacts[0]
          .path,
      );
    const versions = paths.map((path) => sh(`dpkg-deb -f ${path} Version`).trim());
    expect(versions).toEqual(
      ['universal', 'universal', 'baked'].map((kind) => expect.stringMatching(`\\+mftpatch\\.${kind}\\d{10}\\.g[0-9a-f]{7}$`)),
    );
    expect(new Set(versions).size).toBe(3);
    const changelogs = paths.map((path) => sh(`dpkg-deb --fsys-tarfile ${path} | tar xO --wildcards '*/changelog.Debian.gz' | gunzip`));
    expect(changelogs[0]).toContain('\n  * Universal package, for every kernel: dkms applies the patches when it\n    builds.\n');
    expect(changelogs[2]).toContain('\n  * Baked package, for every kernel: the patches are applied to the sources.\n');
  });

  test('a version with a zero in front is the same release of MFT', async () => {
    const deb = await changedPackage("sed -i 's/^Version:.*/Version: 4.015.1-9/' DEBIAN/control");
    const { document } = await build('--deb', deb, '--out', join(folder, 'zero'));
    expect(patchOf(document, 'dma-unmap')).toMatchObject({ status: 'applied' });
  });

  test("next to a release of DOCA's that sorts above it, it is to be held", async () => {
    const set = (version: string) => changedPackage(`sed -i 's/^Version:.*/Version: ${version}/' DEBIAN/control`);
    const out = join(folder, 'hold');
    const { document } = await build('--deb', await set('4.15.1-9'), '--out', out);
    expect(document.hold).toBe('4.15.1.9-1');
    const { stdout } = await runCli(['build', '--no-verify', '--deb', await set('4.15.1-9'), '--out', out]);
    expect(stdout).toContain('\n  sudo apt-mark hold kernel-mft-dkms    # DOCA has 4.15.1.9-1, ');
    expect((await build('--deb', await set('4.15.1.9-1'), '--out', out)).document.hold).toBeUndefined();
  });

  test('--kernel all means the same, to the byte', async () => {
    const paths = await Promise.all(
      [[], ['--kernel', 'all']].map(
        async (args, i) => (await build('--sample', ...args, '--out', join(folder, `all${i}`))).document.artifacts[0].path,
      ),
    );
    sh(`cmp ${paths.join(' ')}`);
  });

  test("our patches come after the vendor's own", async () => {
    const deb = await changedPackage(
      `mkdir ${source}/patches && echo x > ${source}/patches/own.patch && echo 'PATCH[0]="own.patch"' >> ${source}/dkms.conf`,
    );
    const { document } = await build('--deb', deb, '--out', join(folder, 'own'));
    sh(`dpkg-deb -R ${document.artifacts[0].path} own-tree`, { cwd: folder });
    expect(readFileSync(join(folder, 'own-tree', source, 'dkms.conf'), 'utf8')).toContain('PATCH[1]="mft-patch-dma-unmap.patch"');
    expect(existsSync(join(folder, 'own-tree', source, 'patches/own.patch'))).toBe(true);
    expect(sh(`dpkg-deb -c ${document.artifacts[0].path} | grep -c 'patches/$'`).trim()).toBe('1');
  });

  test.each([
    ['a PATCH that ours cannot follow', `echo 'PATCH+=(own.patch)' >> ${source}/dkms.conf`, 3, 'unsupported form'],
    [
      'a patch of our name',
      `mkdir ${source}/patches && echo x > ${source}/patches/mft-patch-dma-unmap.patch`,
      3,
      'already contains patches/mft-patch-dma-unmap.patch',
    ],
    [
      'a source that the patch does not fit',
      `sed -i '/pci_unmap_single/ s/DMA_MBOX_SIZE/MBOX_SIZE/' ${source}/mst_pciconf.c`,
      4,
      'dma-unmap',
    ],
  ])('%s is refused, and nothing written', async (_, commands, code, words) => {
    const out = join(folder, `refused${code}${words.length}`);
    const { status, stderr } = await build('--deb', await changedPackage(commands), '--out', out);
    expect(status).toBe(code);
    expect(stderr).toContain(words);
    expect(existsSync(out)).toBe(false);
  });

  test('a fault that the source does not have needs no patch', async () => {
    const deb = await changedPackage(`sed -i 's/pci_unmap_single(dev->pci_dev/dma_unmap_single(dev->dma/' ${source}/mst_pciconf.c`);
    const { document } = await build('--deb', deb, '--out', join(folder, 'mended'));
    expect(patchOf(document, 'dma-unmap')).toMatchObject({ status: 'not-needed', reason: expect.stringContaining('not affected: ') });
    expect(sh(`dpkg-deb -c ${document.artifacts[0].path}`)).not.toContain('patches/mft-patch-dma-unmap');
  });
});

describe('plan', () => {
  test('without a kernel shows what dkms will pick from', async () => {
    const { status, stdout } = await runCli(['plan', '--sample', 'nnt']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^MFT 4\.22\.0-0sample for every kernel\n/);
    expect(stdout).toMatch(/ccflags +by dkms +dkms applies it for every kernel: >=6\.15 need it, and it is good on older ones; MFT/);
  });

  test('--headers takes the release from the headers', async () => {
    const headers = join(folder, 'headers');
    writeFiles(headers, { 'include/config/kernel.release': '5.14.0-427.13.1.el9_4.x86_64\n' });
    const { stdout } = await runCli(['plan', '--sample', '--headers', headers, '--json']);
    const { kernel, patches } = JSON.parse(stdout);
    expect(kernel).toEqual({ requested: '5.14.0-427.13.1.el9_4.x86_64', version: '5.14.0' });
    expect(patchOf({ patches }, 'dma-unmap')).toMatchObject({ status: 'selected', reason: expect.stringContaining('is below >=5.18') });
  });

  /** version.h as the kernel writes it today, and as it did before 5.13. */
  const today =
    '#define LINUX_VERSION_CODE 393664\n#define LINUX_VERSION_MAJOR 6\n#define LINUX_VERSION_PATCHLEVEL 1\n#define LINUX_VERSION_SUBLEVEL 300\n';
  const before = '#define LINUX_VERSION_CODE 330495\n#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8))\n';

  test.each([
    ['6.1.0-56-amd64', today, '6.1.300', '6.1.0-56-amd64, which is Linux 6.1.300, matches >=5.18'],
    ['6.1.300', today, '6.1.300', '6.1.300 matches >=5.18'],
    ['next-20250701', today, '6.1.300', 'next-20250701, which is Linux 6.1.300, matches >=5.18'],
    ['5.10.0-46-amd64', before, '5.10.255', '5.10.0-46-amd64, which is Linux 5.10.255, is below >=5.18'],
  ])('--headers of %s say which version it is', async (name, text, version, words) => {
    const headers = join(folder, `headers-${version}-${name}`);
    writeFiles(headers, { 'include/config/kernel.release': `${name}\n`, 'include/generated/uapi/linux/version.h': text });
    const { stdout } = await runCli(['plan', '--sample', '--headers', headers, '--json']);
    const { kernel, patches } = JSON.parse(stdout);
    expect(kernel).toEqual({ requested: name, version });
    expect(patchOf({ patches }, 'dma-unmap')).toMatchObject({ status: 'selected', reason: expect.stringContaining(words) });
  });

  test('a name without a version is refused where nothing says it', async () => {
    const headers = join(folder, 'nameless');
    writeFiles(headers, { 'include/config/kernel.release': 'next-20250701\n' });
    await cli(['plan', '--sample', '--headers', headers]).fails(3, {
      code: 'no-input',
      detail: expect.stringContaining("is of 'next-20250701'"),
    });
    await cli('plan --sample --kernel next-20250701').fails(2, {
      code: 'usage',
      hint: expect.stringContaining('6.16.0-rc4-next-20250701'),
    });
  });

  test.each([
    [['--headers', '/nowhere'], 3, 'no such file'],
    [['--headers', folder], 3, 'contains no release in include/generated/utsrelease.h'],
    [['--headers', folder, process.execPath], 2, 'what else is named before --headers'],
  ])('%j is refused', async (args, code, words) => {
    expect(await runCli(['plan', '--sample', ...args])).toMatchObject({ status: code, stdout: '', stderr: expect.stringContaining(words) });
  });
});
