import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import type { Patch } from '../../src/patches/patch.js';
import { selectPatches } from '../../src/patches/select.js';
import { patchOf } from './fixtures.js';

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches();
});

const choose = (kernel: string, mft: string, among = patches) => selectPatches(among, parseKernelRelease(kernel), mft);
const chosen = (kernel: string, mft: string, among = patches) =>
  choose(kernel, mft, among)
    .filter(({ selected }) => selected)
    .map(({ patch }) => patch.id);
const choiceOf = (id: string, kernel: string, mft: string) => choose(kernel, mft).find(({ patch }) => patch.id === id);

describe('which patches a kernel and an MFT version need', () => {
  const releases = ['4.15.1', '4.16.0', '4.20.1', '4.21.0', '4.22.1', '4.23.0', '4.25.0', '4.30.0', '4.34.1'];
  const letters: Record<string, string> = {
    d: 'dma-unmap',
    u: 'unlocked-ioctl',
    k: 'kernel-variable',
    r: 'running-kernel',
    c: 'ccflags',
    l: 'livefish-remove',
  };

  test.each([
    ['5.8', ['', '', '', 'kr', 'kr', '', '', '', '']],
    ['5.9-rc1', ['u', '', '', 'kr', 'kr', '', '', '', '']],
    ['5.10', ['u', '', '', 'kr', 'kr', '', '', '', '']],
    ['5.17-rc5', ['u', '', '', 'kr', 'kr', '', '', '', '']],
    ['5.17.15', ['u', '', '', 'kr', 'kr', '', '', '', '']],
    ['5.18-rc1', ['du', 'd', 'd', 'kr', 'kr', '', '', '', '']],
    ['5.18.12', ['du', 'd', 'd', 'kr', 'kr', '', '', '', '']],
    ['6.1.0-50-amd64', ['du', 'd', 'd', 'kr', 'kr', '', '', '', '']],
    ['6.10.9', ['du', 'd', 'd', 'kr', 'kr', '', '', '', '']],
    ['6.11', ['du', 'd', 'd', 'kr', 'kr', '', 'l', '', '']],
    ['6.14.11', ['du', 'd', 'd', 'kr', 'kr', '', 'l', '', '']],
    ['6.15-rc1', ['du', 'd', 'd', 'krc', 'krc', 'c', 'cl', 'c', '']],
    ['7.3', ['du', 'd', 'd', 'krc', 'krc', 'c', 'cl', 'c', '']],
    ['10.0', ['du', 'd', 'd', 'krc', 'krc', 'c', 'cl', 'c', '']],
  ])('%s', (kernel, expected) => {
    const idsOf = (word = '') => ['postinst-arch', ...[...word].map((letter) => letters[letter])];
    expect(releases.map((mft) => [mft, chosen(kernel, mft)])).toEqual(releases.map((mft, i) => [mft, idsOf(expected[i])]));
  });

  test('every patch of the series is judged, chosen or not, in the order of the series', () => {
    for (const [kernel, mft] of [
      ['5.10', '4.20.1'],
      ['7.3', '4.22.0'],
    ] as const) {
      expect(choose(kernel, mft).map(({ patch }) => patch)).toEqual(patches);
      expect(choose(kernel, mft, [...patches].reverse()).map(({ patch }) => patch)).toEqual([...patches].reverse());
    }
    expect(chosen('7.3', '4.23.0', [...patches].reverse())).toEqual(['ccflags', 'postinst-arch']);
  });
});

describe('the reason', () => {
  test.each<[[id: string, kernel: string, mft: string], boolean, string]>([
    [['dma-unmap', '5.18', '4.20.1'], true, '5.18 matches >=5.18; MFT 4.20.1 matches <4.21.0'],
    [['dma-unmap', '5.18-rc1', '4.20.1'], true, '5.18-rc1 matches >=5.18'],
    [['dma-unmap', '6.1.0-50-amd64', '4.20.1'], true, '6.1.0-50-amd64 matches >=5.18'],
    [['dma-unmap', '5.10', '4.20.1'], false, '5.10 does not match >=5.18'],
    [['dma-unmap', '5.18', '4.21.0'], false, 'MFT 4.21.0 does not match <4.21.0'],
    [['kernel-variable', '5.10', '4.22.0'], true, 'every kernel needs it; MFT 4.22.0 matches >=4.21.0 <4.23.0'],
    [['ccflags', '7.3', '4.34.1'], false, 'MFT 4.34.1 does not match >=4.21.0 <4.34.1'],
  ])('%j', (choice, selected, words) => {
    expect(choiceOf(...choice)).toMatchObject({ selected, reason: expect.stringContaining(words) });
  });
});

describe('a probe without a range', () => {
  const fix = patchOf(undefined, { Kernel: '*', MFT: '*', Probe: 'include/config/auto.conf ~ ^CONFIG_WERROR=y' });
  const choices = (probe?: () => boolean) => selectPatches([fix], parseKernelRelease('6.12'), '4.20.1', probe);

  test('decides alone, by the headers', () => {
    expect(choices(() => true)).toMatchObject([
      { selected: true, reason: expect.stringContaining('auto.conf in its headers shows that it needs') },
    ]);
    expect(choices(() => false)).toMatchObject([{ selected: false, reason: expect.stringContaining('does not need the fix') }]);
  });

  test('without headers leaves the fix out, and the reason says why', () => {
    const reason = "not applied: only include/config/auto.conf in the kernel's headers shows whether it needs the fix";
    expect(choices()).toMatchObject([{ selected: false, reason }]);
  });
});

describe('on kernels with backports', () => {
  test.each([
    ['5.14.0-427.13.1.el9_4.x86_64', 'Red Hat'],
    ['4.18.0-553.el8_10.x86_64', 'Red Hat'],
    ['5.14.21-150500.55.19-default', 'SUSE'],
    ['5.4.17-2136.300.7.el8uek.x86_64', 'UEK'],
    ['5.15.0-1033-azure', 'Ubuntu'],
  ])('%s gets a fix that is good on older kernels, and the reason says why', (kernel, distribution) => {
    const choice = choiceOf('dma-unmap', kernel, '4.20.1');
    expect(choice?.selected).toBe(true);
    for (const words of [`${kernel} does not match >=5.18`, distribution, 'backport newer APIs', 'safe on older kernels'])
      expect(choice?.reason).toContain(words);
    // The MFT version still decides.
    expect(choiceOf('dma-unmap', kernel, '4.21.0')).toMatchObject({ selected: false, reason: 'MFT 4.21.0 does not match <4.21.0' });
    expect(choiceOf('ccflags', kernel, '4.23.0')?.selected).toBe(true);
    expect(choiceOf('ccflags', kernel, '4.34.1')?.selected).toBe(false);
  });

  test('within its range a fix is chosen for that, not for the backports', () => {
    expect(choiceOf('dma-unmap', '6.8.0-41-generic', '4.20.1')).toMatchObject({
      selected: true,
      reason: '6.8.0-41-generic matches >=5.18; MFT 4.20.1 matches <4.21.0',
    });
  });

  test('a fix that breaks older kernels is not chosen, and the reason says why', () => {
    const fix = patchOf(undefined, { 'Good-On-Older': 'no' });
    const [choice] = choose('5.14.0-427.el9.x86_64', '4.20.1', [fix]);
    expect(choice?.selected).toBe(false);
    for (const words of ['Red Hat', 'backport newer APIs', 'breaks older kernels']) expect(choice?.reason).toContain(words);
    expect(chosen('5.18', '4.20.1', [fix])).toEqual(['x']);
  });

  test.each([
    ['<5.0', false],
    ['<=5.13', false],
    ['5.13.3', false],
    ['>=5.0 <5.5', false],
    ['<5.0 || >=6.0', false],
    ['>=5.15', true],
    ['>=5.15 <5.16', true],
    ['5.15.x', true],
    ['5.15 - 5.17 || >=6.0', true],
  ])('the range %s is extended downward only: on el 5.14 the choice is %s', (range, selected) => {
    const fix = patchOf(undefined, { Kernel: range, 'Good-On-Older': 'yes' });
    expect(choose('5.14.0-427.el9.x86_64', '4.20.1', [fix])).toMatchObject([{ selected }]);
    expect(choose('5.14.21', '4.20.1', [fix])).toMatchObject([{ selected: false, reason: `5.14.21 does not match ${range}` }]);
  });
});
