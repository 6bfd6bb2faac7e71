import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { readSource } from '../../src/bundle/read-source.js';
import { loadSample, packSample } from '../../src/bundle/sample.js';
import { resolveSource } from '../../src/bundle/vendor-package.js';
import { loadPatches, loadTargets } from '../../src/catalogue.js';
import { plan } from '../../src/commands/plan.js';
import { resolveKernels } from '../../src/kernels/resolve.js';
import { failureOf, makeDirectory, missing, projectRoot, sampleSource, sh, stream, testContext, writeFiles } from '../support.js';

const layouts = ['flat', 'nnt', 'nnt-4.26'] as const;
const signal = new AbortController().signal;

/** The files of a sample's dkms source, by path in it. */
async function sourceOf(layout: string): Promise<Map<string, string>> {
  const source = [...(await loadSample(layout))].filter(([path]) => path.startsWith('source/'));
  return new Map(source.map(([path, bytes]) => [path.slice('source/'.length), bytes.toString('latin1')]));
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(layouts)('the sample %s', (layout) => {
  test('is the same bytes whenever and in whatever order its files are read', async () => {
    const files = await loadSample(layout);
    const { name, bytes } = packSample(files);
    vi.useFakeTimers({ now: Date.UTC(2031, 0, 1) });
    const later = packSample(new Map([...files].reverse()));
    expect(later.name).toBe(name);
    expect(later.bytes.equals(bytes)).toBe(true);
  });

  test.skipIf(missing('tools') !== '')('is a package to dpkg-deb, with the sample as its source', async () => {
    const folder = makeDirectory();
    const { name, bytes } = packSample(await loadSample(layout));
    const found = await findPackage(stream(bytes), { path: name, whole: true, signal });
    writeFiles(folder, { 'sample.deb': found.bytes });
    const said = sh('(dpkg-deb --info sample.deb; dpkg-deb --contents sample.deb; dpkg-deb -R sample.deb out) 2>&1 >/dev/null', {
      cwd: folder,
    });
    expect(said).toBe('');
    sh('md5sum --quiet -c DEBIAN/md5sums', { cwd: join(folder, 'out') });
    sh(`diff -r out/usr/src/kernel-mft-dkms-* '${await sampleSource(layout)}'`, { cwd: folder });
  });
});

test('a sample has the files of its base, but for those that it replaces', async () => {
  const [base, files] = [await loadSample('nnt'), await loadSample('nnt-4.26')];
  expect([...files.keys()].filter((path) => !base.has(path)).sort()).toEqual([
    'source/misc_drivers/bf3_livefish/Makefile',
    'source/misc_drivers/bf3_livefish/bf3_livefish.c',
  ]);
  expect([...base.keys()].filter((path) => !files.has(path))).toEqual([]);
  expect(files.get('source/common.postinst')).toEqual(base.get('source/common.postinst'));
  expect(files.get('DEBIAN/control')?.toString()).toContain('Version: 4.26.1-0sample\n');
});

describe('which sample', () => {
  const open = async (sample: boolean | string) => readSource(await resolveSource({ sample }, testContext()), testContext());

  test('is flat if none is named', async () => {
    const [unnamed, flat, nnt] = [await open(true), await open('flat'), await open('nnt')];
    expect(unnamed).toEqual(flat);
    expect(unnamed.path).toBe('sample:mft-4.15.1-0sample-x86_64-deb.tgz');
    expect(nnt.path).toBe('sample:mft-4.22.0-0sample-x86_64-deb.tgz');
  });

  test.each(['ntt', '', 'NNT', '.', '../samples/nnt', 'common'])("is refused if it is '%s'", async (name) => {
    const detail = `unknown sample '${name}'`;
    expect(await failureOf(() => open(name))).toEqual({ code: 'usage', detail, hint: 'use one of: flat, nnt, nnt-4.26' });
  });

  test.each([
    ['flat', '5.8', ['postinst-arch', 'dma-unmap', 'unlocked-ioctl']],
    ['flat', '7.3', ['postinst-arch', 'dma-unmap', 'unlocked-ioctl']],
    ['nnt', '5.10', ['postinst-arch', 'kernel-variable', 'running-kernel', 'ccflags']],
    ['nnt', '7.3', ['postinst-arch', 'kernel-variable', 'running-kernel', 'ccflags']],
    ['nnt-4.26', '6.1', ['postinst-arch', 'ccflags', 'livefish-remove']],
    ['nnt-4.26', '7.3', ['postinst-arch', 'ccflags', 'livefish-remove']],
  ])('decides on the patches: %s for %s', async (sample, kernel, expected) => {
    const [resolved] = await resolveKernels({ kernel: [kernel] }, await loadTargets(testContext()));
    const source = await resolveSource({ sample }, testContext());
    const { patches } = await plan({ source, kernel: resolved }, testContext());
    expect(patches.filter(({ status }) => status === 'selected').map(({ id }) => id)).toEqual(expected);
  });
});

describe.skipIf(missing('tools') !== '')('the faults of the NNT layout', () => {
  const folders = ['mst_pci', 'mst_pciconf', 'mst_ppc'];

  /** Writes the source with the project's own patches, which patch(1) puts in without fuzz. */
  async function writeSource(...ids: string[]): Promise<string> {
    const folder = makeDirectory();
    writeFiles(folder, Object.fromEntries(await sourceOf('nnt')));
    for (const id of ids) sh(`patch -p1 -F0 --no-backup-if-mismatch < '${join(projectRoot, 'patches', `${id}.patch`)}'`, { cwd: folder });
    return folder;
  }

  /** Where each Makefile looks for the kernel when dkms asks for 9.9-other: make says its command instead of running it. */
  const kernelsOf = (folder: string) =>
    folders.map((name) => {
      const args = `-C mst_backward_compatibility/${name} KPVER=9.9-other MAKE=echo all`;
      return sh(`make -s --no-print-directory ${args}`, { cwd: folder, env: { ...process.env, MAKEFLAGS: '' } }).split(' ')[1];
    });

  test('kernel-variable: the running kernel is taken, and with the patch the one that dkms asks for', async () => {
    const running = `/lib/modules/${sh('uname -r').trim()}/build`;
    expect(kernelsOf(await writeSource())).toEqual(folders.map(() => running));
    expect(kernelsOf(await writeSource('kernel-variable'))).toEqual(folders.map(() => '/lib/modules/9.9-other/build'));
  });

  test('ccflags: the include path is where kbuild reads it no more, and with the patch where it does', async () => {
    const flags = (folder: string) => sh("grep -rhoE '^(EXTRA_CFLAGS|ccflags-y) ?:?=' . | sort | uniq -c", { cwd: folder }).trim();
    expect(flags(await writeSource())).toBe('3 EXTRA_CFLAGS=');
    expect(flags(await writeSource('kernel-variable', 'ccflags'))).toBe('3 ccflags-y :=');
  });

  test('our program applies the patches as patch(1) does', async () => {
    const { applyPatch } = await import('../../src/patches/apply.js');
    const files = await sourceOf('nnt');
    const ids = ['postinst-arch', 'kernel-variable', 'ccflags', 'werror-nnt'];
    for (const patch of (await loadPatches(testContext())).filter(({ id }) => ids.includes(id))) {
      const applied = applyPatch(patch, files);
      expect(applied, patch.id).toMatchObject({ status: 'applied' });
      if (applied.status === 'applied') for (const [path, text] of applied.contents) files.set(path, text);
    }
    const ours = makeDirectory();
    writeFiles(ours, Object.fromEntries(files));
    sh(`diff -r ${ours} ${await writeSource(...ids)}`);
  });
});
