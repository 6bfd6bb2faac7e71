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

/** As much of the kernel and the driver as `close_dma()` needs; `wrapper` is what linux/pci-dma-compat.h had until 5.17. */
const kernel = (wrapper: string) => `
typedef unsigned long long dma_addr_t;
typedef unsigned long size_t;
#define NULL ((void *)0)
#define DMA_MBOX_SIZE 4096
#define MST_DMA_END 2
enum dma_data_direction { DMA_BIDIRECTIONAL };
struct device { int id; };
struct pci_dev { int id; struct device dev; };
struct mst_dev_data { struct pci_dev *pci_dev; struct { dma_addr_t dma_map; void *mem_pa; } dma_props[MST_DMA_END]; };
void kfree(const void *);
void dma_unmap_single(struct device *, dma_addr_t, size_t, enum dma_data_direction);
${wrapper}`;

const wrapper = `static inline void pci_unmap_single(struct pci_dev *hwdev, dma_addr_t dma_addr, size_t size, int direction)
{ dma_unmap_single(hwdev == NULL ? NULL : &hwdev->dev, dma_addr, size, (enum dma_data_direction)direction); }`;

/** Compiles a source's `close_dma()` alone. */
function compile(source: Files, headers: string): { status: number | null; stderr: string } {
  const folder = makeDirectory();
  const closeDma = /^static (void close_dma[\s\S]*?^}\n)/m.exec(source.get('mst_pciconf.c') ?? '')?.[1] ?? expect.fail();
  writeFiles(folder, { 'close.c': `${headers}\n${closeDma}` });
  const args = ['-nostdinc', '-Wall', '-Werror', '-std=gnu11', '-fsyntax-only', 'close.c'];
  return spawnSync('gcc', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}

describe('dma-unmap changes nothing but the call in close_dma()', () => {
  test('what stands above, a commented-out call of the same shape with it, stays to the byte', () => {
    const source = flatSource(588).get('mst_pciconf.c') ?? '';
    const result = fixed('dma-unmap', flatSource(588)).get('mst_pciconf.c') ?? '';
    const close = source.indexOf('static void close_dma');
    expect(source.slice(0, close)).toMatch(/\/\*\s+dev->dma_props\[i\]\.dma_map = pci_map_single\(/);
    expect(result).toBe(source.replace('pci_unmap_single(dev->pci_dev, ', 'dma_unmap_single(&dev->pci_dev->dev, '));
  });

  test.skipIf(isWithoutCompiler)('the call compiles without the wrapper, as from 5.18 on, and with it', () => {
    const source = flatSource(588);
    expect(compile(source, kernel('')).stderr).toMatch(/implicit declaration of function 'pci_unmap_single'/);
    expect(compile(source, kernel(wrapper))).toMatchObject({ status: 0, stderr: '' });
    for (const headers of [kernel(''), kernel(wrapper)])
      expect(compile(fixed('dma-unmap', source), headers)).toMatchObject({ status: 0, stderr: '' });
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
