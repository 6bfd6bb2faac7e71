/** `diff` with one package, which finds the vendor's, and `show`. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { diff } from '../../src/commands/diff.js';
import { show } from '../../src/commands/show.js';
import { renderText } from '../../src/report/text.js';
import { cli } from '../cli.js';
import { cellOf, matrixOf, onOf } from '../report/matrices.js';
import { failureOf, makeDirectory, sample, testContext } from '../support.js';

const folder = makeDirectory();
const vendor = join(folder, 'vendor.deb');
/** Of another version than any sample, so that nothing but the record names the vendor's package. */
let ours: string;
let baked: string;

beforeAll(async () => {
  writeFileSync(vendor, (await sample('flat', '4.15.1-77')).deb);
  const build = async (...args: string[]) =>
    (await cli(['build', '--deb', vendor, '--no-verify', '--quiet', '--out', join(folder, 'dist'), ...args]).prints({})).artifacts[0].path;
  ours = await build();
  baked = await build('--kernel', '6.1');
});

const context = () => testContext({ cacheDir: join(folder, 'cache') });
const request = { other: undefined, format: 'patch' as const, exitCode: false };
/** A copy of the package without its record. */
function alone(path: string): string {
  const directory = makeDirectory();
  copyFileSync(path, join(directory, basename(path)));
  return join(directory, basename(path));
}

describe('diff finds the package that ours was made from', () => {
  test('by the record, and leads from that to ours in whatever order they are named', async () => {
    const found = await diff({ ...request, path: ours }, context());
    expect(found).toMatchObject({ foundBy: 'record', status: 'differs', from: { version: '4.15.1-77' } });
    for (const [path, other] of [
      [ours, vendor],
      [vendor, ours],
    ] as const)
      expect(await diff({ ...request, path, other }, context())).toEqual({
        ...found,
        foundBy: 'argument',
        from: { ...found.from, path: vendor },
      });
    const changed = found.files.map(({ path }) => path).filter((path) => path.startsWith('usr/src'));
    expect(changed).toEqual(
      [
        ...['common.postinst', 'dkms.conf', 'patches', 'patches/mft-patch-dma-unmap.patch', 'patches/mft-patch-unlocked-ioctl.patch'],
        'patches/mft-patch-werror-flat.patch',
      ].map((file) => `usr/src/kernel-mft-dkms-4.15.1/${file}`),
    );
  });

  test('among the samples', async () => {
    const { artifacts } = await cli(['build', '--sample', '--no-verify', '--quiet', '--out', join(folder, 'sample')]).prints({});
    const found = await diff({ ...request, path: alone(artifacts[0].path) }, context());
    expect(found).toMatchObject({ foundBy: 'sample', from: { version: '4.15.1-0sample' } });
  });

  test('in a bundle', async () => {
    const bundle = join(folder, 'mft.tgz');
    writeFileSync(bundle, (await sample('flat', '4.15.1-77')).bundle);
    expect(await diff({ ...request, path: alone(ours), other: bundle }, context())).toMatchObject({ from: { version: '4.15.1-77' } });
  });

  test('or says which file to pass', async () => {
    const failure = await failureOf(() => diff({ ...request, path: alone(ours) }, context()));
    expect(failure).toMatchObject({
      code: 'no-input',
      detail: expect.stringContaining("the vendor's package was not found (the record beside it: "),
      hint: expect.stringContaining('kernel-mft-dkms_4.15.1-77_all.deb'),
    });
  });

  test('and takes no record of other bytes, nor an input that is another one by now', async () => {
    const path = alone(ours);
    const record = (name: string) => name.replace(/\.deb$/, '.build.json');
    copyFileSync(record(baked), record(path));
    expect(await failureOf(() => diff({ ...request, path }, context()))).toMatchObject({ detail: expect.stringContaining('other bytes') });
    const moved = makeDirectory();
    mkdirSync(join(moved, 'dist'));
    for (const file of [ours, record(ours)]) copyFileSync(file, join(moved, 'dist', basename(file)));
    writeFileSync(join(moved, 'vendor.deb'), (await sample('flat', '4.15.1-78')).deb);
    const failure = await failureOf(() => diff({ ...request, path: join(moved, 'dist', basename(ours)) }, context()));
    expect(failure).toMatchObject({ detail: expect.stringContaining('is not what the record was made from') });
  });

  test("of the vendor's own there is none", async () => {
    expect(await failureOf(() => diff({ ...request, path: vendor }, context()))).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('second'),
    });
  });
});

test('the text of diff is a patch, with --stat a line a file; nothing different says so', async () => {
  await cli(['diff', ours]).succeeds(/^# from .*\n# to .*\ndiff --git a\/DEBIAN\/control b\/DEBIAN\/control\n--- a\/DEBIAN\/control\n/);
  await cli(['diff', ours, '--stat']).succeeds(/^usr\/src\S+dkms\.conf +\+5 -0$(.|\n)*\d+ files, \d+ insertions, \d+ deletions\n$/m);
  await cli(['diff', ours, ours]).succeeds('# no differences\n');
});

describe('show', () => {
  test('of a package for all kernels has its patches with their digests, as the package holds them', async () => {
    const shown = await show(alone(ours), context());
    expect(shown).toMatchObject({
      kind: 'universal',
      vendorVersion: '4.15.1-77',
      serial: expect.stringMatching(/^\d{10}/),
      guard: [],
      modules: ['mst_pci', 'mst_pciconf'],
      depends: ['dkms (>= 2.1.0.0)', 'gcc', 'make'],
      patches: [
        { id: 'postinst-arch', where: 'files' },
        { id: 'dma-unmap', where: 'dkms', kernels: '>=5.18', match: '', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { id: 'unlocked-ioctl', where: 'dkms' },
        { id: 'werror-flat', where: 'dkms', match: '^.^' },
      ],
      proven: [],
    });
    expect(shown.patches[0]).not.toHaveProperty('sha256');
    expect(renderText(shown)).toContain('No verdict on it is known here');
  });

  test('of a package for one kernel has its patches by the changelog, their digests by the record', async () => {
    const shown = await show(baked, context());
    expect(shown).toMatchObject({ kind: 'baked', patches: [{ id: 'postinst-arch' }, { id: 'dma-unmap' }, { id: 'unlocked-ioctl' }] });
    for (const { where, sha256 } of shown.patches) expect([where, sha256?.length]).toEqual(['files', 64]);
  });

  test("of the vendor's says so", async () => {
    const shown = await show(vendor, context());
    expect(shown).toMatchObject({ kind: 'vendor', patches: [], version: '4.15.1-77' });
    expect(renderText(shown)).toMatch(/^Kind +the vendor's own package$/m);
  });

  test('names where these bytes are proven, also where they stand for another package; other bytes are not', async () => {
    const path = alone(ours);
    const { sha256 } = await show(path, context());
    const cell = (target: string, on: string, standsFor?: string) => {
      const stands = standsFor === undefined ? {} : { standsFor: { package: standsFor, patches: [] } };
      return cellOf({ target, patched: { ...cellOf().patched, on: onOf({ package: on }), ...stands } });
    };
    const other = 'b'.repeat(64);
    const matrix = matrixOf(cell('this', sha256), cell('same', other, sha256), cell('other', other), cell('gone', sha256, other));
    writeFileSync(join(path, '../matrix.json'), JSON.stringify(matrix));
    const { proven } = await show(path, context());
    expect(proven).toMatchObject([{ target: 'this', status: 'builds', date: onOf().date }, { target: 'same' }]);
    expect(renderText(await show(path, context()))).toMatch(/^6\.1 +this +6\.1\.0-50-amd64 +builds +2026-11-24 10:30 UTC +matrix\.json$/m);
    writeFileSync(join(path, '../matrix.json'), 'not JSON');
    expect((await show(path, context())).proven).toEqual([]);
    rmSync(join(path, '../matrix.json'));
    expect(readFileSync(path)).toEqual(readFileSync(ours));
  });

  test('has the guard', async () => {
    const args = ['build', '--deb', vendor, '--no-verify', '--quiet', '--max-kernel', '7.3', '--out', join(folder, 'guarded')];
    const { artifacts } = await cli(args).prints({});
    expect(await show(artifacts[0].path, context())).toMatchObject({ guard: ['kernels later than 7.3'] });
  });
});
