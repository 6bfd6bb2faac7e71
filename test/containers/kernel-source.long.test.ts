/** Kernels that no package brings: a tree that was configured and built elsewhere, and configurations of one's own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { cli } from '../cli.js';
import { cliPath, makeDirectory, missing, sh } from '../support.js';
import { kernelImages, prepared, runOn, unpackTree, werror } from './own-kernel.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });
const folder = makeDirectory();
const cache = join(folder, 'cache');
const archive = join(inject('folder'), 'linux-source.tar.xz');
const tree = join(folder, 'my-linux');
const reason = missing('docker') || (existsSync(archive) ? '' : 'no kernel source could be downloaded');
const run = (...args: string[]) => runOn(cache, ...args);
const kernels = () => kernelImages(['my-linux', 'my-linux-2']);

describe.skipIf(reason !== '')(`with docker and a kernel's source (${reason || 'they are there'})`, () => {
  let patched = '';

  beforeAll(async () => {
    const built = await cli(['build', '--kernel', '6.1', '--sample', '--no-verify', '--out', join(folder, 'dist')]).prints({});
    patched = built.artifacts[0].path;
    sh(unpackTree(archive, tree));
  });
  afterAll(() => sh(`echo ${kernels().replaceAll('\n', ' ')} | xargs --no-run-if-empty docker image rm`));

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

    const first = await prepared(cache, '--kernel-source', tree);
    expect(first).toMatchObject({ release, isNew: false });
    expect(werror(first.image)).toBe('CONFIG_WERROR=y');
    // Times, objects and the folder's name are no content.
    sh(`touch Makefile init/*.c && echo more > init/other.o && mv ${tree} ${tree}-2`, { cwd: tree });
    expect(await prepared(cache, '--kernel-source', `${tree}-2`)).toEqual(first);

    // Another content is another kernel; and Ctrl-C while it is made leaves nothing.
    sh('sed -i s/-own/-other/ .config && rm -r include/generated scripts/basic/fixdep', { cwd: `${tree}-2` });
    const child = spawn(process.execPath, [
      cliPath,
      'image',
      'build',
      '--kernel-source',
      `${tree}-2`,
      '--engine',
      'docker',
      '--cache-dir',
      cache,
    ]);
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

  test.each([
    ['that does not parse', 'parse.config', "'CONFIG_LOCALVERSION=oops' is not a valid .config line", 'parse.config'],
    ['without modules', 'modules.config', 'has no CONFIG_MODULES=y', 'with --kernel-config'],
    ['that is missing', 'none.config', 'no such file', 'none.config'],
  ])('a configuration %s', async (_, name, words, hint) => {
    sh(
      `echo "CONFIG_MODULES=y\nCONFIG_LOCALVERSION=oops\n" > parse.config
       sed '/CONFIG_MODULES=/d' my-linux-2/.config > modules.config && echo '# CONFIG_MODULES is not set' >> modules.config`,
      { cwd: folder },
    );
    const images = kernels();
    const args = ['verify', patched, '--kernel-source', `${tree}-2`, '--kernel-config', join(folder, name)];
    const { status, document, stderr } = await run(...args);
    expect({ status, schema: document.schema }, stderr).toEqual({ status: 3, schema: 'mft-patch/error@1' });
    expect(stderr).toContain(words);
    expect(stderr).toContain(hint);
    expect(kernels()).toBe(images);
  });
});
