/** Which patch has a symptom, in whichever compiler's words, and why it was not at work. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { knownPatches } from '../../src/diagnosis/known-patches.js';
import { parseLog } from '../../src/diagnosis/parse-log.js';
import type { Patch } from '../../src/patches/patch.js';
import { testContext } from '../support.js';

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches(testContext());
});

const gcc = "mst_pciconf.c:588:13: error: implicit declaration of function 'pci_unmap_single'; did you mean 'dma_unmap_single'? [-Werror]";
const clang =
  "mst_pciconf.c:588:13: error: call to undeclared function 'pci_unmap_single'; ISO C99 and later do not support implicit function declarations";
const known = (log: string, where: Parameters<typeof knownPatches>[2] = {}, unlisted = new Set<string>()) => {
  const [error] = parseLog(log).errors;
  return error === undefined ? [] : knownPatches(error, { patches, unlisted }, where);
};

describe('the patch with the symptom', () => {
  test.each([
    [gcc, ['dma-unmap']],
    [clang, ['dma-unmap']],
    ['mst_pci_bc.c:6:10: fatal error: nnt_ioctl.h: No such file or directory', ['ccflags']],
    ["x.c:1:1: error: no previous prototype for 'another' [-Werror=missing-prototypes]", ['werror-flat', 'werror-nnt']],
    ["x.c:1:1: error: 'f' defined but not used [-Werror=unused-function]", ['werror-flat', 'werror-nnt']],
    ['make[1]: *** /lib/modules/6.1.0-1-amd64/build: No such file or directory.  Stop.', ['kernel-variable', 'running-kernel']],
    [
      "x.c:1:1: error: initialization of 'void (*)(struct platform_device *)' from incompatible pointer type 'int (*)(struct platform_device *)'",
      ['livefish-remove'],
    ],
    ["x.c:1:1: error: implicit declaration of function 'f'", []],
    ['x.c:6:10: fatal error: other.h: No such file or directory', []],
    ["x.c:1:1: error: expected ';' before '}' token", []],
  ])('%s', (log, ids) => {
    expect(known(log).map(({ id }) => id)).toEqual(ids);
  });
});

describe('why it was not chosen', () => {
  test.each<[string, Parameters<typeof knownPatches>[2], object]>([
    ['nothing is known', {}, { reason: expect.stringContaining('kernels >=5.18, MFT <4.21.0; which kernel') }],
    ['another MFT', { kernel: '6.1', mft: '4.22.0' }, { chosen: false, reason: 'MFT 4.22.0 does not match <4.21.0' }],
    [
      'Needed-If',
      { kernel: '6.1', mft: '4.20.1', source: new Map([['mst_pciconf.c', '']]) },
      { chosen: false, reason: expect.stringContaining('Needed-If: ') },
    ],
    [
      'not in the package',
      { kernel: '6.1', mft: '4.20.1', inside: [] },
      { chosen: true, reason: expect.stringContaining('is missing in the package') },
    ],
    [
      'in it',
      { kernel: '6.1', mft: '4.20.1', inside: ['dma-unmap'] },
      { chosen: true, reason: expect.stringContaining('the error is there all the same') },
    ],
  ])('%s', (_, where, patch) => {
    expect(known(gcc, where)).toMatchObject([{ id: 'dma-unmap', ...patch }]);
  });

  test('not in the series', () => {
    expect(known(gcc, { kernel: '6.1', mft: '4.20.1' }, new Set(['dma-unmap']))).toMatchObject([
      { id: 'dma-unmap', chosen: false, reason: expect.stringContaining('patches/series does not list it') },
    ]);
  });
});
