import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import type { Patch } from '../../src/patches/patch.js';
import { selectPatches } from '../../src/patches/select.js';
import { testContext } from '../support.js';
import { patchOf } from './fixtures.js';

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches(testContext());
});

const choose = (kernel: string, mft: string, among = patches) => selectPatches(among, parseKernelRelease(kernel), mft);
const chosen = (kernel: string, mft: string, among = patches) =>
  choose(kernel, mft, among)
    .filter(({ selected }) => selected)
    .map(({ patch }) => patch.id);
const choiceOf = (id: string, kernel: string, mft: string) => choose(kernel, mft).find(({ patch }) => patch.id === id);

describe('which patches a kernel and an MFT version need', () => {
  const releases = ['4.15.1', '4.16.0', '4.20.1', '4.21.0', '4.22.1', '4.23.0', '4.25.0', '4.30.0', '4.34.0'];
  const letters: Record<string, string> = {
    d: 'dma-unmap',
    u: 'unlocked-ioctl',
    k: 'kernel-variable',
    r: 'running-kernel',
    c: 'ccflags',
    l: 'livefish-remove',
  };

  // All of them are good on older kernels, so that no kernel's number keeps one away.
  test.each(
    [
      '3.10.0-1160.el7.x86_64',
      '5.4',
      '5.8',
      '5.9-rc1',
      '5.10',
      '5.17-rc5',
      '5.18-rc1',
      '6.1.0-50-amd64',
      '6.11',
      '6.15-rc1',
      '7.3',
      '10.0',
    ].map((kernel) => [kernel, ['du', 'd', 'd', 'krc', 'krc', 'c', 'cl', 'c', '']] as const),
  )('%s', (kernel, expected) => {
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
    [['dma-unmap', '5.10', '4.20.1'], true, '5.10 is below >=5.18; the fix is good on older kernels, too; MFT 4.20.1 matches <4.21.0'],
    [['dma-unmap', '5.18', '4.21.0'], false, 'MFT 4.21.0 does not match <4.21.0'],
    [['kernel-variable', '5.10', '4.22.0'], true, 'every kernel needs it; MFT 4.22.0 matches >=4.21.0 <4.23.0'],
    [['ccflags', '7.3', '4.34.0'], false, 'MFT 4.34.0 does not match >=4.21.0 <4.34.0'],
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

describe('below its range', () => {
  test.each([
    '5.14.0-427.13.1.el9_4.x86_64',
    '5.4.17-2136.300.7.el8uek.x86_64',
    '5.14.21-150500.55.19-default',
    '5.3.18-57-kvmsmall',
    '5.15.0-1070-bluefield',
    '5.15.0-1070-fips',
    '5.15.0-1033-azure',
    '5.15.152.1-microsoft-standard',
    '5.10.0-216.0.0.115.oe2203sp4.x86_64',
    '5.10.134-16.al8.x86_64',
    '5.10.230-223.885.amzn2.x86_64',
    '5.10.0-46-amd64',
  ])('%s gets a fix that is good on older kernels, and the reason says why', (kernel) => {
    const text = parseKernelRelease(kernel).text;
    const reason = `${text} is below >=5.18; the fix is good on older kernels, too; MFT 4.20.1 matches <4.21.0`;
    expect(choiceOf('dma-unmap', kernel, '4.20.1')).toMatchObject({ selected: true, reason });
    // The MFT version still decides.
    expect(choiceOf('dma-unmap', kernel, '4.21.0')).toMatchObject({ selected: false, reason: 'MFT 4.21.0 does not match <4.21.0' });
  });

  const bad = (changes: Record<string, string> = {}) => patchOf(undefined, { 'Good-On-Older': 'no', ...changes });
  const choiceFor = (patch: Patch, kernel: string, probe?: () => boolean) =>
    selectPatches([patch], parseKernelRelease(kernel), '4.20.1', probe)[0];

  test('a fix that breaks older kernels is not chosen, and the reason says why', () => {
    expect(choiceFor(bad(), '5.14.0-427.el9.x86_64')).toMatchObject({
      selected: false,
      reason: '5.14.0-427.el9.x86_64 is below >=5.18; the fix is not good on older kernels',
    });
    expect(choiceFor(bad(), '5.18')?.selected).toBe(true);
  });

  test.each(['5.10', '5.10.0-46-amd64', '5.14.0-427.el9.x86_64'])('but where the headers of %s say that it needs it', (kernel) => {
    const fix = bad({ Probe: 'include/linux/api.h ~ new' });
    expect(choiceFor(fix, kernel, () => true)).toMatchObject({ selected: true, reason: expect.stringContaining('api.h in its headers') });
    expect(choiceFor(fix, kernel, () => false)).toMatchObject({
      selected: false,
      reason: expect.stringContaining('does not need the fix'),
    });
    expect(choiceFor(fix, kernel)).toMatchObject({
      selected: false,
      reason: expect.stringContaining('is below >=5.18; not applied: only'),
    });
    // In its range the number decides, and nobody is asked.
    expect(choiceFor(fix, '5.18', () => false)?.selected).toBe(true);
  });

  test.each([
    ['<5.0', false],
    ['<=5.13', false],
    ['5.13.3', false],
    ['>=5.0 <5.5', false],
    ['<5.0 || >=5.2 <5.14', false],
    ['<5.0 || >=6.0', true],
    ['>=5.15', true],
    ['>=5.15 <5.16', true],
    ['5.15.x', true],
    ['5.14.22', true],
    ['5.15 - 5.17 || >=6.0', true],
  ])('the range %s is extended downward only: on 5.14.21 the choice is %s', (range, selected) => {
    for (const [goodOnOlder, probe] of [
      ['yes', undefined],
      ['no', () => true],
    ] as const) {
      const fix = bad({ Kernel: range, 'Good-On-Older': goodOnOlder, Probe: 'x ~ y' });
      const reason = expect.stringContaining(`5.14.21 is ${selected ? 'below' : 'above'} ${range}`);
      expect(choiceFor(fix, '5.14.21', probe)).toMatchObject({ selected, reason });
    }
  });
});

describe('a range that ends inside of a series', () => {
  const choice = (kernel: string, Kernel: string) =>
    selectPatches([patchOf(undefined, { Kernel, 'Good-On-Older': 'no' })], parseKernelRelease(kernel), '4.20.1')[0];

  test.each(['6.1.0-56-amd64', '6.1.0-41-generic'])('is not decided by the name %s, and the reason says so', (kernel) => {
    expect(choice(kernel, '>=6.1.20')?.reason).toContain('does not tell its patch level');
    expect(choice(kernel, '>=6.0 <6.1.20')?.reason).toContain('does not tell its patch level');
    for (const range of ['>=6.1', '>=6.2.20', '<6.1']) expect(choice(kernel, range)?.reason).not.toContain('patch level');
  });

  test.each(['6.1.19', '6.1', '6.1.0', '6.1.119+deb12-amd64'])('is by the version %s', (kernel) => {
    expect(choice(kernel, '>=6.1.20')?.reason).not.toContain('patch level');
  });
});
