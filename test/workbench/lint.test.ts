import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { lintSeries } from '../../src/workbench/lint.js';
import { cli } from '../cli.js';
import { diff, patchText } from '../patches/fixtures.js';
import { makeDirectory, writeFiles } from '../support.js';

const known = { mft: ['4.15.1', '4.20.1', '4.22.0'], kernel: '7.3', today: '2026-11-26' };
const good = { License: 'BSD' };

let directory: string;
beforeEach(() => {
  directory = makeDirectory();
});

/** The faults of a series with one patch of this header: line and words. */
async function faultsOf(changes: Record<string, string | undefined>, body?: string): Promise<string[]> {
  writeFiles(directory, { series: 'x.patch\n', 'x.patch': patchText(body, { ...good, ...changes }) });
  const { faults } = await lintSeries(directory, known);
  expect(new Set(faults.map(({ file }) => file)).size).toBeLessThanOrEqual(1);
  return faults.map(({ line, detail }) => `${line}: ${detail}`);
}

describe('a patch is wrong', () => {
  test.each<[string, Record<string, string | undefined>, string]>([
    ['without a licence', { License: undefined }, '1: field License is missing'],
    ['without an origin', { Origin: undefined }, '1: field Origin is missing'],
    ['with an empty range of kernels', { Kernel: '>=6.4 <6.1' }, '4: field Kernel holds no version: >=6.4 <6.1'],
    ['with an empty range of releases', { MFT: '>=4.4 <4.1' }, '5: field MFT holds no version: >=4.4 <4.1'],
    [
      'for kernels that nobody knows',
      { Kernel: '>=8.1' },
      '4: field Kernel is not reached: no kernel from 2.6.11 to 7.3, the newest known, is in >=8.1',
    ],
    ['for releases that nobody knows', { MFT: '>=5.0.0' }, '5: field MFT is not reached: no known release is in >=5.0.0'],
    ['with a day that does not exist', { 'Last-Update': '2026-02-30' }, "8: field Last-Update must be YYYY-MM-DD, not '2026-02-30'"],
    ['with a day to come', { 'Last-Update': '2026-11-27' }, '8: field Last-Update is in the future: 2026-11-27'],
    [
      'with a probe that is never asked',
      { Probe: 'a.h ~ x' },
      '10: field Probe is never asked: Good-On-Older is yes, so that older kernels get the patch anyway',
    ],
    [
      'with nothing that decides on older kernels',
      { 'Good-On-Older': 'no' },
      '6: field Good-On-Older is no, and there is no Probe: kernels below >=5.18 that carry the same change are never patched',
    ],
  ])('%s', async (_, changes, fault) => {
    // What is only good on older kernels is reached by them.
    const older = changes.Kernel === '>=8.1' ? { 'Good-On-Older': 'no', Probe: undefined } : {};
    expect(await faultsOf({ ...changes, ...older })).toContain(fault);
  });

  test('with a corrupt diff', async () => {
    expect(await faultsOf({}, '--- a/f\n+++ b/f\n@@ -1 +1 @@ x\n')).toEqual([expect.stringMatching(/^\d+: /)]);
  });
});

test.each<[string, Record<string, string>]>([
  ['a fix that is good on older kernels', {}],
  ['a probe that decides on older kernels', { 'Good-On-Older': 'no', Probe: 'a.h ~ x' }],
  ['a fix for all kernels', { Kernel: '*', MFT: '*', 'Good-On-Older': 'no' }],
])('nothing is wrong with %s', async (_, changes) => {
  expect(await faultsOf(changes)).toEqual([]);
});

test('a series names its files, each once, and all', async () => {
  const text = patchText(undefined, good);
  writeFiles(directory, { series: '# c\na.patch\ngone.patch\na.patch\nb.patch -p0\n', 'a.patch': text, 'b.patch': text, 'c.patch': text });
  const { faults, patches, named } = await lintSeries(directory, known);
  expect(faults.map(({ file, line, detail }) => `${file.slice(directory.length + 1)}:${line}: ${detail}`)).toEqual([
    'series:5: b.patch: unsupported option -p0',
    'series:3: gone.patch is missing',
    'series:4: a.patch is named twice',
    'b.patch:1: is not in the series',
    'c.patch:1: is not in the series',
  ]);
  expect({ named, read: patches.map(({ id }) => id) }).toEqual({ named: 3, read: ['a'] });
});

describe('patches check', () => {
  test('finds nothing wrong with the patches of the project, on any sample', async () => {
    for (const layout of ['flat', 'nnt', 'nnt-4.26'])
      await cli(`patches check --sample ${layout}`, { isHere: true }).prints({
        faults: [],
        packages: [{ path: expect.stringMatching(/^sample:/) }],
      });
  });

  test('exits 2 for a series that is wrong, with file and line, and takes options before the subcommand, too', async () => {
    writeFiles(directory, { series: 'a.patch\n', 'a.patch': patchText(undefined, {}) });
    const document = await cli(['patches', '--json', 'check', directory], { isHere: true }).exits(2, { patches: 1 });
    expect(document.faults).toEqual([{ file: join(directory, 'a.patch'), line: 1, of: 'series', detail: 'field License is missing' }]);
  });

  test('exits 1 for one that does not apply, with the line of the hunk', async () => {
    const body = diff.replaceAll('/f', '/driver_common.c');
    writeFiles(directory, { series: 'a.patch\n', 'a.patch': patchText(body, good) });
    const { faults, packages } = await cli(['patches', 'check', directory, '--sample'], { isHere: true }).exits(1, { patches: 1 });
    expect(faults).toEqual([
      {
        file: join(directory, 'a.patch'),
        line: 13,
        of: 'package',
        detail: expect.stringMatching(/^does not apply to sample:.*: driver_common\.c:1: not found/),
      },
    ]);
    expect(packages[0].patches.at(-1)).toMatchObject({ id: 'a', origin: 'own', status: 'failed' });
  });

  test('a directory of patches without a series is refused', async () => {
    writeFileSync(join(directory, 'a.patch'), patchText());
    await cli(['patches', 'check', directory], { isHere: true }).fails(3, { code: 'no-input', path: join(directory, 'series') });
  });

  test('a name that a patch of ours has is a fault', async () => {
    writeFiles(directory, { series: 'ccflags.patch\n', 'ccflags.patch': patchText(undefined, good) });
    await cli(['patches', 'check', directory], { isHere: true }).exits(2, { faults: [{ file: join(directory, 'ccflags.patch') }] });
  });
});
