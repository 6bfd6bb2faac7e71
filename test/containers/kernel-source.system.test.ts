/** Kernels that no package brings: a real tree as an archive, and what is not a kernel. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { after, changedPackage } from '../evidence/packages.js';
import { makeDirectory, missing, sample, sh } from '../support.js';
import { kernelImages, prepared, runOn, werror } from './own-kernel.js';

// A kernel is prepared in half a minute where nothing else runs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const folder = makeDirectory();
const cache = join(folder, 'cache');
const archive = join(inject('folder'), 'linux-source.tar.xz');
const vendor = join(folder, 'vendor.deb');
const reason = missing('docker') || (existsSync(archive) ? '' : 'no kernel source could be downloaded');
const run = (...args: string[]) => runOn(cache, ...args);
const kernels = () => kernelImages(['text', 'other', 'empty', 'nowhere']);

describe.skipIf(reason !== '')(`with docker and a kernel's source (${reason || 'they are there'})`, () => {
  beforeAll(async () => writeFileSync(vendor, (await sample()).deb));
  afterAll(() => sh(`echo ${kernels().replaceAll('\n', ' ')} | xargs --no-run-if-empty docker image rm`));

  test('an archive: without --kernel its own release counts, with another kernel it is an error', async () => {
    const { status, document, stderr } = await run(
      'build',
      '--sample',
      '--kernel-source',
      archive,
      '--verify',
      '--out',
      join(folder, 'own'),
    );
    expect(status, stderr + JSON.stringify(document)).toBe(0);
    expect(document.verification).toMatchObject({
      status: 'passed',
      kernels: [{ target: 'linux-source', kernel: '6.1', release: expect.stringMatching(/^6\.1\.\d+$/), status: 'builds' }],
    });
    // defconfig makes errors of warnings, which no distribution does.
    expect(werror((await prepared(cache, '--kernel-source', archive)).image)).toBe('# CONFIG_WERROR is not set');
    const other = await run('verify', vendor, '--kernel-source', archive, '--kernel', '5.10');
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

  describe('what is no kernel', () => {
    const place = (name: string) => join(folder, 'bad', name);
    beforeAll(() => {
      sh(`mkdir -p bad/empty && cd bad && echo 'no archive' > text.tar.xz && tar -czf other.tgz -C .. vendor.deb`, { cwd: folder });
    });

    test.each([
      ['a file that is no archive', 'text.tar.xz', 'is not a tar archive that tar can read'],
      ['an archive of something else', 'other.tgz', 'is not the source of a kernel: no VERSION'],
      ['an empty folder', 'empty', 'is not the source of a kernel'],
      ['a path where nothing is', 'nowhere', 'no such file'],
    ])('%s', async (_, source, words) => {
      const images = kernels();
      const { status, document, stderr } = await run('verify', vendor, '--kernel-source', place(source));
      expect({ status, schema: document.schema }, stderr).toEqual({ status: 3, schema: 'mft-patch/error@1' });
      expect(stderr).toContain(words);
      expect(stderr).toContain(place(source));
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
