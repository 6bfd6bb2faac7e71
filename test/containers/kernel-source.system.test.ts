/** Kernels that no package brings: a real tree as an archive and as a folder, configured or not; and what is no kernel. */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { cli } from '../cli.js';
import { after, changedPackage } from '../evidence/packages.js';
import { cliPath, makeDirectory, missing, runCli, sample, sh } from '../support.js';

// A kernel is prepared in half a minute where nothing else runs.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 200_000 });
const folder = makeDirectory();
const archive = join(inject('folder'), 'linux-source.tar.xz');
const tree = join(folder, 'my-linux');
const vendor = join(folder, 'vendor.deb');
const common = ['--engine', 'docker', '--cache-dir', join(folder, 'cache'), '--json'];
const reason = missing('docker') || (existsSync(archive) ? '' : 'no kernel source could be downloaded');

async function run(...args: string[]) {
  let process: number | undefined;
  const onStart = (pid: number | undefined) => {
    process = pid;
  };
  const { status, stdout, stderr } = await runCli([...args, ...common], { onStart });
  // Whatever it did, it leaves no container.
  expect(sh(`docker ps --all --format {{.Names}} | grep ^mft-patch-${process}- || true`)).toBe('');
  return { status, stderr, document: JSON.parse(stdout) };
}
/** Prepares a kernel, unless it is there. @returns the image's name and the kernel's release */
async function prepared(...args: string[]): Promise<{ image: string; release: string; isNew: boolean }> {
  const { status, document, stderr } = await run('image', 'build', ...args);
  expect(status, stderr).toBe(0);
  return { image: document.images[0].image, release: document.images[0].release, isNew: stderr.includes('preparing the kernel') };
}
/** What of CONFIG_WERROR is in an image's kernel configuration. */
const werror = (image: string) =>
  sh(`docker run --rm --network none ${image} sh -c 'grep CONFIG_WERROR /lib/modules/*/build/.config'`).trim();
/** The images of the trees of this file; other files prepare kernels, too. */
const kernels = () =>
  ['my-linux', 'my-linux-2', 'text', 'other', 'empty', 'nowhere']
    .map((name) => sh(`docker image ls --quiet --filter label=mft-patch.target=${name} mft-patch/kernel`))
    .join('');

describe.skipIf(reason !== '')(`with docker and a kernel's source (${reason || 'they are there'})`, () => {
  let patched = '';

  beforeAll(async () => {
    writeFileSync(vendor, (await sample()).deb);
    const built = await cli(['build', '--kernel', '6.1', '--sample', '--no-verify', '--out', join(folder, 'dist')]).prints({});
    patched = built.artifacts[0].path;
    // Whole but for drivers, which no module of ours is built against.
    sh(`mkdir ${tree} && tar -C ${tree} -xf ${archive} --strip-components=1 --wildcards --exclude='*/Documentation/*/*' \
      --exclude='*/drivers/*.c' --exclude='*/sound/*.c' --exclude='*/fs/*.c' --exclude='*/net/*.c' --exclude='*.dts*' --exclude='*/testing/*'`);
  });
  afterAll(() => sh(`echo ${kernels().replaceAll('\n', ' ')} | xargs --no-run-if-empty docker image rm`));

  test('an archive: without --kernel its own release counts, with another kernel it is an error', async () => {
    const { status, document, stderr } = await run('verify', patched, '--kernel-source', archive);
    expect(status, stderr + JSON.stringify(document)).toBe(0);
    expect(document.kernels).toMatchObject([{ target: 'linux-source', kernel: '6.1', status: 'builds' }]);
    // defconfig makes errors of warnings, which no distribution does.
    expect(werror((await prepared('--kernel-source', archive)).image)).toBe('# CONFIG_WERROR is not set');
    const other = await run('verify', patched, '--kernel-source', archive, '--kernel', '5.10');
    expect(other.status).toBe(5);
    expect(other.document.kernels).toMatchObject([
      { status: 'error', reason: expect.stringMatching(/contains headers for '6\.1\.\d+', expected 5\.10/) },
    ]);
  });

  test('a symbol that the sources do not export: modpost refuses it, without a Module.symvers of a build', async () => {
    const file = 'source/mst_backward_compatibility/mst_pci/mst_pci_bc.c';
    const call = after('void mft_patch_gone(void);\nvoid *mst_evidence(void)\n{\n    mft_patch_gone();\n    return NULL;\n}');
    const deb = join(folder, 'symbol.deb');
    writeFileSync(deb, await changedPackage({ [file]: call }));
    const { status, document } = await run('verify', deb, '--kernel-source', archive);
    expect({ status, document }).toMatchObject({
      status: 1,
      document: { kernels: [{ status: 'fails', failedStep: 'builds', reason: expect.stringMatching(/mft_patch_gone.*undefined/) }] },
    });
  });

  test('build --kernel-source verifies on the tree', async () => {
    const { status, document } = await run('build', '--sample', '--kernel-source', archive, '--verify', '--out', join(folder, 'own'));
    expect(status).toBe(0);
    expect(document.verification).toMatchObject({
      status: 'passed',
      kernels: [{ target: 'linux-source', release: expect.stringMatching(/^6\.1\.\d+$/) }],
    });
  });

  test('a folder that was configured and built on another machine; the same content is the same image', async () => {
    sh(
      `cp arch/x86/configs/x86_64_defconfig .config && echo 'CONFIG_LOCALVERSION="-own"' >> .config
       mkdir -p include/generated && echo '#define UTS_RELEASE "1.2.3-theirs"' > include/generated/utsrelease.h
       printf 'MZ no program here' > scripts/basic/fixdep && chmod +x scripts/basic/fixdep
       echo junk > init/main.o && cp init/main.o scripts/mod/modpost.o && touch -d '2001-01-01' Makefile`,
      { cwd: tree },
    );
    const { status, document, stderr } = await run('verify', patched, '--kernel-source', tree);
    expect(status, stderr + JSON.stringify(document)).toBe(0);
    const [{ release, modules, target, notTested }] = document.kernels;
    // Without its drivers the tree does not say what the kernel exports.
    expect(notTested).toEqual(['symbols: the headers have no Module.symvers']);
    expect({ target, release }).toEqual({ target: 'my-linux', release: expect.stringMatching(/^6\.1\.\d+-own$/) });
    expect(modules.map(({ vermagic }: { vermagic: string }) => vermagic.split(' ')[0])).toEqual([release, release]);

    const first = await prepared('--kernel-source', tree);
    expect(first).toMatchObject({ release, isNew: false });
    expect(werror(first.image)).toBe('CONFIG_WERROR=y');
    // Times, objects and the folder's name are no content.
    sh(`touch Makefile init/*.c && echo more > init/other.o && mv ${tree} ${tree}-2`, { cwd: tree });
    expect(await prepared('--kernel-source', `${tree}-2`)).toEqual(first);

    // Another content is another kernel; and Ctrl-C while it is made leaves nothing.
    sh('sed -i s/-own/-other/ .config && rm -r include/generated scripts/basic/fixdep', { cwd: `${tree}-2` });
    const child = spawn(process.execPath, [cliPath, 'image', 'build', '--kernel-source', `${tree}-2`, ...common]);
    child.stderr.on('data', (text) => String(text).includes('preparing the kernel') && child.kill('SIGINT'));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  });

  test("--kernel-config goes before the tree's own", async () => {
    const config = join(folder, 'hpc.config');
    sh(`sed s/-other/-hpc/ ${tree}-2/.config > ${config}`);
    const { status, document } = await run('verify', patched, '--kernel-source', `${tree}-2`, '--kernel-config', config);
    expect(status, JSON.stringify(document)).toBe(0);
    const [{ release, modules }] = document.kernels;
    expect(release).toMatch(/^6\.1\.\d+-hpc$/);
    expect(modules[0].vermagic).toContain(`${release} `);
  });

  describe('what is no kernel', () => {
    const place = (name: string) => join(folder, 'bad', name);
    beforeAll(() => {
      sh(
        `mkdir -p bad/empty bad/tree && cd bad && echo 'no archive' > text.tar.xz && tar -czf other.tgz -C .. vendor.deb
         echo "CONFIG_MODULES=y\nCONFIG_LOCALVERSION=oops\n" > parse.config
         sed '/CONFIG_MODULES=/d' ../my-linux-2/.config > modules.config && echo '# CONFIG_MODULES is not set' >> modules.config`,
        { cwd: folder },
      );
    });

    test.each([
      ['a file that is no archive', ['text.tar.xz'], 'is not a tar archive that tar can read'],
      ['an archive of something else', ['other.tgz'], 'is not the source of a kernel: no VERSION'],
      ['an empty folder', ['empty'], 'is not the source of a kernel'],
      ['a path where nothing is', ['nowhere'], 'no such file'],
      ['a configuration that does not parse', ['../my-linux-2', 'parse.config'], "'CONFIG_LOCALVERSION=oops' is not a valid .config line"],
      ['a configuration without modules', ['../my-linux-2', 'modules.config'], 'has no CONFIG_MODULES=y'],
      ['a configuration that is not there', ['../my-linux-2', 'none.config'], 'no such file'],
    ])('%s', async (_, [source = '', config], words) => {
      const images = kernels();
      const args = ['--kernel-source', place(source), ...(config === undefined ? [] : ['--kernel-config', place(config)])];
      const { status, document, stderr } = await run('verify', patched, ...args);
      expect({ status, schema: document.schema }, stderr).toEqual({ status: 3, schema: 'mft-patch/error@1' });
      expect(stderr).toContain(words);
      expect(stderr).toContain(words.startsWith('has no CONFIG') ? 'with --kernel-config' : place(config ?? source));
      expect(kernels()).toBe(images);
    });

    test('in a matrix it is an error of its cell', async () => {
      const args = ['--sample', '--kernel', 'debian-12', '--kernel-source', place('empty'), '--out', join(folder, 'matrix')];
      const { status, document } = await run('matrix', ...args);
      expect(status).toBe(5);
      expect(document.cells).toMatchObject([
        { target: 'empty', patched: { status: 'error', reason: expect.stringContaining('is not the source of a kernel') } },
      ]);
    });
  });

  test('a running kernel that apt has no headers of: the verdict says what to give', async () => {
    const running = sh('uname -r').trim();
    const known = sh(`apt-cache show linux-headers-${running} 2> /dev/null | head -n 1 || true`);
    if (known !== '') return;
    const { status, document } = await run('verify', vendor, '--kernel', 'host');
    expect(status).toBe(5);
    expect(document.kernels).toMatchObject([
      { target: 'host', status: 'error', reason: expect.stringContaining(`linux-headers-${running}`) },
    ]);
    expect(document.kernels[0].reason).toContain('--kernel-source');
  });
});
