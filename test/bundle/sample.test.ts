import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { packSample } from '../../src/bundle/sample.js';
import { openSource } from '../../src/bundle/vendor-package.js';
import { plan } from '../../src/commands/plan.js';
import { loadPatches, loadSample } from '../../src/catalogue.js';
import { failureOf, makeFolder, missing, projectRoot, sh, stream, testContext, writeFiles } from '../support.js';

const generations = ['flat', 'nnt'] as const;
const signal = new AbortController().signal;

/** The files of a sample's dkms source, by path in it. */
async function sourceOf(generation: string): Promise<Map<string, string>> {
  const source = [...(await loadSample(generation))].filter(([path]) => path.startsWith('source/'));
  return new Map(source.map(([path, bytes]) => [path.slice('source/'.length), bytes.toString('latin1')]));
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(generations)('the sample %s', (generation) => {
  test('is the same bytes whenever and in whatever order its files are read', async () => {
    const files = await loadSample(generation);
    const { name, bytes } = packSample(files);
    vi.useFakeTimers({ now: Date.UTC(2031, 0, 1) });
    const later = packSample(new Map([...files].reverse()));
    expect(later.name).toBe(name);
    expect(later.bytes.equals(bytes)).toBe(true);
  });

  test.skipIf(missing('tools') !== '')('is a package to dpkg-deb, with the sample as its source', async () => {
    const folder = makeFolder();
    const { name, bytes } = packSample(await loadSample(generation));
    const found = await findPackage(stream(bytes), { path: name, whole: true, signal });
    writeFiles(folder, { 'sample.deb': found.bytes });
    const said = sh('(dpkg-deb --info sample.deb; dpkg-deb --contents sample.deb; dpkg-deb -R sample.deb out) 2>&1 >/dev/null', {
      cwd: folder,
    });
    expect(said).toBe('');
    sh('md5sum --quiet -c DEBIAN/md5sums', { cwd: join(folder, 'out') });
    const [packed, own] = [join(folder, 'out/usr/src/kernel-mft-dkms-*'), join(projectRoot, 'samples', generation, 'source')];
    sh(`diff -r ${packed} '${own}'`);
  });
});

describe('which sample', () => {
  const open = (sample: boolean | string) => openSource({ sample }, testContext());

  test('is flat if none is named', async () => {
    const [unnamed, flat, nnt] = [await open(true), await open('flat'), await open('nnt')];
    expect(unnamed).toEqual(flat);
    expect(unnamed.path).toBe('sample:mft-4.20.1-0sample-x86_64-deb.tgz');
    expect(nnt.path).toBe('sample:mft-4.22.0-0sample-x86_64-deb.tgz');
  });

  test.each(['ntt', '', 'NNT', '.', '../samples/nnt'])("is refused if it is '%s'", async (name) => {
    const detail = `there is no sample '${name}'`;
    expect(await failureOf(() => open(name))).toEqual({ code: 'usage', detail, hint: 'known samples: flat, nnt' });
  });

  test('excludes another source', async () => {
    const failure = await failureOf(() => openSource({ sample: 'nnt', deb: 'x.deb' }, testContext()));
    expect(failure).toMatchObject({ code: 'usage', detail: '--deb and --sample exclude each other' });
  });

  test.each([
    ['flat', '5.10', []],
    ['flat', '7.3', ['dma-unmap']],
    ['nnt', '5.10', ['kernel-variable']],
    ['nnt', '7.3', ['kernel-variable', 'ccflags']],
  ])('decides on the patches: %s for %s', async (sample, kernel, expected) => {
    const { patches } = await plan({ sample, kernel }, testContext());
    expect(patches.filter(({ status }) => status === 'selected').map(({ id }) => id)).toEqual(expected);
  });
});

describe.skipIf(missing('tools') !== '')('the faults of the NNT generation', () => {
  const folders = ['mst_pci', 'mst_pciconf', 'mst_ppc'];

  /** Writes the source with the project's own patches, which patch(1) puts in without fuzz. */
  async function writeSource(...ids: string[]): Promise<string> {
    const folder = makeFolder();
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
    for (const patch of (await loadPatches()).filter(({ id }) => id !== 'dma-unmap')) {
      const applied = applyPatch(patch, files);
      expect(applied).toMatchObject({ status: 'applied' });
      if (applied.status === 'applied') for (const [path, text] of applied.contents) files.set(path, text);
    }
    const ours = makeFolder();
    writeFiles(ours, Object.fromEntries(files));
    sh(`diff -r ${ours} ${await writeSource('kernel-variable', 'ccflags')}`);
  });
});
