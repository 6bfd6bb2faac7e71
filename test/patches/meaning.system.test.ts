import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import type { Patch } from '../../src/patches/patch.js';
import { makeDirectory, missing, sh, writeFiles } from '../support.js';
import { type Files, flatSource, makefiles, nntSource, patched } from './fixtures.js';

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches();
});
const fixed = (id: string, source: Files) =>
  patched(
    patches.filter((patch) => patch.id === id),
    source,
  );
const isWithoutCompiler = spawnSync('gcc', ['--version']).status !== 0;

/** As much of the kernel as `mst_pciconf.c` calls; `wrapper` is what linux/pci-dma-compat.h had until 5.17. */
const kernel = (wrapper: string) => `
typedef unsigned long long dma_addr_t;
typedef unsigned long size_t;
#define NULL ((void *)0)
#define __init
#define __exit
#define module_init(f) int use_init(void) { return f(); }
#define module_exit(f) void use_exit(void) { f(); }
#define MODULE_DESCRIPTION(text)
#define MODULE_LICENSE(text)
enum dma_data_direction { DMA_BIDIRECTIONAL };
struct device { int id; };
struct pci_dev { int id; struct device dev; };
struct mst_chrdev { const char *name; };
int mst_register(struct mst_chrdev *);
void mst_unregister(struct mst_chrdev *);
void kfree(const void *);
void dma_unmap_single(struct device *, dma_addr_t, size_t, enum dma_data_direction);
${wrapper}`;

const wrapper = `static inline void pci_unmap_single(struct pci_dev *hwdev, dma_addr_t dma_addr, size_t size, int direction)
{ dma_unmap_single(hwdev == NULL ? NULL : &hwdev->dev, dma_addr, size, (enum dma_data_direction)direction); }`;

/** The first argument as it is; the others as far as they matter to the compiler. */
const arguments_ = 'dev->dma_props[i].dma_map, MST_DMA_SIZE, DMA_BIDIRECTIONAL';

/** A call broken over lines, with other arguments, as a release may have it. */
function otherCall(source: Files): Files {
  const text = source.get('mst_pciconf.c') ?? '';
  const call = `pci_unmap_single(dev->pci_dev,\n                             dev->dma_props[i].dma_map,\n                             2 * MST_DMA_SIZE, 0)`;
  return new Map([['mst_pciconf.c', text.replace(`pci_unmap_single(dev->pci_dev, ${arguments_})`, call)]]);
}

function compile(source: Files, headers: string, options: string): { status: number | null; stdout: string; stderr: string } {
  const folder = makeDirectory();
  writeFiles(folder, { 'driver_common.c': headers, ...Object.fromEntries(source) });
  const args = ['-nostdinc', '-Wall', '-Werror', ...options.split(' '), 'mst_pciconf.c'];
  return spawnSync('gcc', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}

describe('dma-unmap changes nothing but the call in close_dma()', () => {
  test('what stands above, a commented-out call of the same shape with it, stays to the byte', () => {
    const source = flatSource(588).get('mst_pciconf.c') ?? '';
    const result = fixed('dma-unmap', flatSource(588)).get('mst_pciconf.c') ?? '';
    const close = source.indexOf('static void close_dma');
    expect(source.slice(0, close)).toMatch(/\/\*\s+dev->dma_props\[i\]\.dma_map = pci_map_single\(/);
    expect(result.slice(0, close)).toBe(source.slice(0, close));
    const added = result.split('\n').filter((line) => !source.split('\n').includes(line));
    expect(
      result
        .split('\n')
        .filter((line) => !added.includes(line))
        .join('\n'),
    ).toBe(source);
    expect(added.map((line) => line.slice(0, 7))).toEqual(['/* Linu', '#define']);
  });

  describe.skipIf(isWithoutCompiler)('as the compiler reads it', () => {
    const plain = (text: string) => text.replace(/\s+/g, '');
    const call = 'dma_unmap_single(&(dev->pci_dev)->dev,';

    test.each([
      ['on one line', flatSource(588), `${call}dev->dma_props[i].dma_map,4096,DMA_BIDIRECTIONAL);`],
      ['over lines, with other arguments', otherCall(flatSource(598)), `${call}dev->dma_props[i].dma_map,2*4096,0);`],
    ])('the call %s keeps its other arguments', (_, source, expected) => {
      const { stdout } = compile(fixed('dma-unmap', source), '', '-E -P');
      expect(plain(stdout)).toContain(`if(dev->dma_props[i].mem_pa){${expected}kfree(dev->dma_props[i].mem_pa);`);
      expect(stdout).not.toContain('pci_unmap_single');
      expect(plain(compile(source, '', '-E -P').stdout)).toContain('pci_unmap_single(dev->pci_dev,');
    });

    test.each([
      ['one line', flatSource(588)],
      ['several', otherCall(flatSource(588))],
    ])('the call on %s compiles without the wrapper, as from 5.18 on, and with it', (_, source) => {
      const options = '-std=gnu11 -fsyntax-only';
      expect(compile(source, kernel(''), options).stderr).toMatch(/implicit declaration of function 'pci_unmap_single'/);
      expect(compile(source, kernel(wrapper), options)).toMatchObject({ status: 0, stderr: '' });
      for (const headers of [kernel(''), kernel(wrapper)])
        expect(compile(fixed('dma-unmap', source), headers, options)).toMatchObject({ status: 0, stderr: '' });
    });
  });
});

describe.skipIf(spawnSync('make', ['--version']).status !== 0 || missing('tools') !== '')('the Makefiles as make reads them', () => {
  /** What the recipe of each hands to the make that it calls. */
  function recipes(source: Files, variables: string, goal = 'all'): string[] {
    const folder = makeDirectory();
    writeFiles(folder, Object.fromEntries(source));
    const work = `for file in ${makefiles.join(' ')}; do (cd $(dirname $file); make -s ${variables} ${goal} MAKE=echo); done`;
    const { MAKEFLAGS: _, KVERSION: __, KPVER: ___, ...env } = process.env;
    return sh(work, { cwd: folder, env: { ...env, LC_ALL: 'C' } })
      .trim()
      .split('\n');
  }
  const running = sh('uname -r').trim();

  test('kernel-variable: KPVER, which dkms sets, names the kernel, and else it is the running one', () => {
    const [before, after] = [nntSource('KVERSION'), fixed('kernel-variable', nntSource('KVERSION'))];
    const inBuild = (kernel: string) => Array(3).fill(expect.stringContaining(`-C /lib/modules/${kernel}/build `));
    expect(recipes(before, 'KPVER=5.18.12-x')).toEqual(inBuild(running));
    expect(recipes(after, 'KPVER=5.18.12-x')).toEqual(inBuild('5.18.12-x'));
    expect(recipes(after, '')).toEqual(inBuild(running));
    expect(recipes(after, 'KVERSION=5.18.12-x')).toEqual(inBuild('5.18.12-x'));
    expect(recipes(nntSource('KPVER'), 'KPVER=5.18.12-x')).toEqual(inBuild('5.18.12-x'));
  });

  test('ccflags: what EXTRA_CFLAGS held is in ccflags-y', () => {
    const show = `CPU_ARCH=ppc64le --eval 'show: ; @echo "[$(EXTRA_CFLAGS)] [$(ccflags-y)]"'`;
    const held = Array(3).fill(expect.stringMatching(/^\[-I\S+\/\.\.\/\.\.\/nnt_driver\] \[\]$/));
    const moved = Array(3).fill(expect.stringMatching(/^\[\] \[-I\S+\/mst_backward_compatibility\/\w+\/\.\.\/\.\.\/nnt_driver\]$/));
    expect(recipes(nntSource('KPVER'), show, 'show')).toEqual(held);
    expect(recipes(fixed('ccflags', nntSource('KPVER')), show, 'show')).toEqual(moved);
  });
});
