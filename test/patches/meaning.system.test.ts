import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { applyPatch } from '../../src/patches/apply.js';
import type { Patch } from '../../src/patches/patch.js';
import { makeDirectory, missing, sh, testContext, writeFiles } from '../support.js';
import { type Files, flatSource, livefishSource, makefiles, nntSource, patched } from './fixtures.js';

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches(testContext());
});
const byId = (id: string) => patches.find((patch) => patch.id === id) ?? expect.fail();
const fixed = (id: string, source: Files) => patched([byId(id)], source);
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

describe.skipIf(isWithoutCompiler)('unlocked-ioctl', () => {
  /** `driver_common.c` as the compiler sees it, without what it includes. */
  const preprocessed = (source: Files, option: string) =>
    sh(`sed '/#include/d' | gcc -E -P ${option} -x c -`, { input: source.get('driver_common.c') ?? '' });

  test('the handler is there without the macro, as from 5.9 on, and is what it was with it', () => {
    const [before, after] = [flatSource(588), fixed('unlocked-ioctl', flatSource(588))];
    const withMacro = preprocessed(before, '-DHAVE_UNLOCKED_IOCTL');
    expect(withMacro).toMatch(/unlocked_ioctl: unlocked_ioctl,/);
    expect(preprocessed(before, '')).not.toContain('unlocked_ioctl');
    expect(preprocessed(after, '')).toBe(withMacro);
    expect(preprocessed(after, '-DHAVE_UNLOCKED_IOCTL')).toBe(withMacro);
  });
});

describe.skipIf(isWithoutCompiler)('livefish-remove', () => {
  const kernelWith = (type: string) => `
    #define NULL ((void *)0)
    struct platform_device { int id; };
    struct platform_driver { ${type} (*remove)(struct platform_device *); };
    struct miscdevice { int id; };
    static struct miscdevice livefish_device;
    void misc_deregister(struct miscdevice *);`;

  /** Compiles `livefish_remove()` alone, with a driver that has it. */
  function compileRemove(source: Files, headers: string): { status: number | null; stderr: string } {
    const folder = makeDirectory();
    const remove = /^static [^\n]*livefish_remove\([\s\S]*?^}\n/m.exec([...source.values()].join(''))?.[0] ?? expect.fail();
    writeFiles(folder, { 'x.c': `${headers}\n${remove}struct platform_driver driver = { .remove = livefish_remove };\n` });
    const args = ['-nostdinc', '-Wall', '-Werror', '-std=gnu11', '-fsyntax-only', 'x.c'];
    return spawnSync('gcc', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  }

  test('compiles where the kernel expects nothing back, as from 6.11 on, and where it expects a number', () => {
    const [before, after] = [livefishSource(), fixed('livefish-remove', livefishSource())];
    expect(compileRemove(before, kernelWith('void')).stderr).toMatch(/incompatible pointer type/);
    expect(compileRemove(before, kernelWith('int'))).toMatchObject({ status: 0, stderr: '' });
    for (const type of ['void', 'int']) expect(compileRemove(after, kernelWith(type)), type).toMatchObject({ status: 0, stderr: '' });
  });

  test('is left out where the place of its 0 is not certain', () => {
    const source = new Map([...livefishSource()].map(([path, text]) => [path, `${text}int more(void)\n{\n    return 0;\n}\n`]));
    expect(applyPatch(byId('livefish-remove'), source)).toMatchObject({ status: 'not-needed' });
  });
});

describe('postinst-arch', () => {
  /** What common.postinst asks of dkms for one kernel, on a machine of its own. */
  function asked(source: Files, distribution: string): string[] {
    const folder = makeDirectory();
    const script = (source.get('common.postinst') ?? '')
      .replaceAll('/lib/modules', `${folder}/modules`)
      .replaceAll('/boot', `${folder}/boot`);
    const program = (body: string) => `#!/bin/sh\n${body}\n`;
    writeFiles(folder, {
      'common.postinst': script,
      'modules/9.9-x/build': '',
      'bin/dkms': program(`echo "$@" >> ${folder}/asked`),
      'bin/lsb_release': program(`echo ${distribution}`),
    });
    sh('chmod +x bin/* && PATH=$PWD/bin:$PATH bash common.postinst x 1 /usr/share/x amd64 > /dev/null && grep -v status asked', {
      cwd: folder,
    });
    return sh('grep -v status asked', { cwd: folder }).trim().split('\n');
  }

  test("dkms is not given Debian's name of the architecture", () => {
    const calls = (option: string) => ['add -m x -v 1', `build -m x -v 1 -k 9.9-x${option}`, `install -m x -v 1 -k 9.9-x${option} --force`];
    expect(asked(flatSource(588), 'Debian')).toEqual(calls(' -a amd64'));
    expect(asked(flatSource(588), 'Ubuntu')).toEqual(calls(' -a x86_64'));
    for (const name of ['Debian', 'Ubuntu']) expect(asked(fixed('postinst-arch', flatSource(588)), name)).toEqual(calls(''));
  });
});

describe.skipIf(spawnSync('make', ['--version']).status !== 0 || missing('tools') !== '')('the Makefiles as make reads them', () => {
  /** What the recipe of each hands to the make that it calls. */
  function recipes(source: Files, variables: string, goal = 'all', files = makefiles): string[] {
    const folder = makeDirectory();
    writeFiles(folder, Object.fromEntries(source));
    const work = `for file in ${files.join(' ')}; do (cd $(dirname $file); make -s ${variables} ${goal} MAKE=echo); done`;
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

  test('running-kernel: the same for the older Makefiles', () => {
    const [before, after] = [nntSource('KERNAL_VERSION'), fixed('running-kernel', nntSource('KERNAL_VERSION'))];
    const inBuild = (kernel: string) => Array(3).fill(expect.stringContaining(`-C /lib/modules/${kernel}/build `));
    const printed = (source: Files, variables: string) => recipes(source, `${variables} -n`).map((line) => line.trim());
    expect(printed(before, 'KPVER=5.18.12-x')).toEqual(inBuild(running));
    expect(printed(after, 'KPVER=5.18.12-x')).toEqual(inBuild('5.18.12-x'));
    expect(printed(after, '')).toEqual(inBuild(running));
  });

  test('werror: every module is built with -Wno-error, whatever ccflags does to the line after it', () => {
    const show = `--eval 'show: ; @echo "$(ccflags-y) $(subdir-ccflags-y)"'`;
    const [flat] = recipes(fixed('werror-flat', flatSource(588)), show, 'show', ['Makefile']);
    expect(flat).toContain('-Wno-error');
    const nnt = patched([byId('ccflags'), byId('werror-nnt')], nntSource('KPVER'));
    const both = Array(2).fill(expect.stringMatching(/nnt_driver -Wno-error$/));
    expect(recipes(nnt, show, 'show', makefiles.slice(0, 2))).toEqual(both);
  });

  test('ccflags: what EXTRA_CFLAGS held is in ccflags-y', () => {
    const show = `CPU_ARCH=ppc64le --eval 'show: ; @echo "[$(EXTRA_CFLAGS)] [$(ccflags-y)]"'`;
    const held = Array(3).fill(expect.stringMatching(/^\[-I\S+\/\.\.\/\.\.\/nnt_driver\] \[\]$/));
    const moved = Array(3).fill(expect.stringMatching(/^\[\] \[-I\S+\/mst_backward_compatibility\/\w+\/\.\.\/\.\.\/nnt_driver\]$/));
    expect(recipes(nntSource('KPVER'), show, 'show')).toEqual(held);
    expect(recipes(fixed('ccflags', nntSource('KPVER')), show, 'show')).toEqual(moved);
  });
});
