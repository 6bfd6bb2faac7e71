import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MatrixKernel } from '../../../src/commands/matrix/cell.js';
import { mergeResults } from '../../../src/commands/matrix/document.js';
import { lastResult, longestFirst, readResult, refuseOtherRelease } from '../../../src/commands/matrix/results.js';
import { kernelsToRun } from '../../../src/commands/matrix/run.js';
import { defaultPackage } from '../../../src/default-package.js';
import type { CellVerdict, MatrixCell, MatrixDocument } from '../../../src/documents/index.js';
import { parseTarget } from '../../../src/kernels/target-file.js';
import { cellOf, matrixOf } from '../../report/matrices.js';
import { failureOf, makeDirectory, testContext } from '../../support.js';

const folder = makeDirectory();
const verdict = (status: CellVerdict['status']): CellVerdict => ({ status, seconds: 1, log: '' });
const cell = (target: string, patched: CellVerdict['status'], vendor?: CellVerdict['status']): MatrixCell =>
  cellOf({ target, patched: { ...verdict(patched), artifact: '' }, ...(vendor === undefined ? {} : { vendor: verdict(vendor) }) });
const kernel = (name: string): MatrixKernel => ({
  target: parseTarget(name, JSON.stringify({ title: name, kernel: '6.1', image: name, suites: ['sid'], headers: name, tried: [] })),
  again: name,
});

describe('the result of an earlier run', () => {
  const run = matrixOf(cell('debian-12', 'builds'));

  test('is read from the folder, or from a file', async () => {
    writeFileSync(join(folder, 'matrix.json'), JSON.stringify(run));
    expect(await lastResult(folder)).toEqual(run);
    expect(await readResult(join(folder, 'matrix.json'), '')).toEqual(run);
  });

  test.each([
    ['no file', undefined, 'cannot read PATH: ENOENT'],
    ['not JSON', '{"schema"', 'cannot read PATH: '],
    ['empty', '', 'cannot read PATH: '],
    ['of another schema', JSON.stringify({ ...run, schema: 'mft-patch/matrix@2' }), 'PATH is not a matrix result: '],
    ['of another command', '{"schema":"mft-patch/verify@1","kernels":[]}', 'PATH is not a matrix result: '],
    ['without cells', JSON.stringify({ ...run, cells: undefined }), 'PATH is not a matrix result: '],
    ['with something else for cells', JSON.stringify({ ...run, cells: {} }), 'PATH is not a matrix result: '],
    ['without its release', JSON.stringify({ ...run, mft: undefined }), 'PATH is not a matrix result: '],
    ['with nothing for a cell', JSON.stringify({ ...run, cells: [null] }), 'PATH is not a matrix result: '],
    ['with half a cell', JSON.stringify({ ...run, cells: [{ target: 'a' }] }), 'PATH is not a matrix result: '],
    ['a list', '[]', 'PATH is not a matrix result: '],
    ['null', 'null', 'PATH is not a matrix result: '],
  ])('that is %s is refused with the path and what to do', async (name, text, words) => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    expect(await failureOf(() => readResult(path, 'do this'))).toEqual({
      code: 'usage',
      detail: expect.stringMatching(new RegExp(`^${words.replace('PATH', path)}`)),
      hint: 'do this',
    });
  });

  test('that was never made: run it first', async () => {
    const failure = await failureOf(() => lastResult(join(folder, 'nowhere')));
    expect(failure).toMatchObject({ code: 'usage', detail: expect.stringContaining(join(folder, 'nowhere/matrix.json')) });
    expect(failure).toMatchObject({ hint: 'run without --only-failed first, or pass its directory with --out' });
  });
});

describe('the kernels of --only-failed', () => {
  const last = matrixOf(cell('debian-12', 'builds'), { ...cell('host-6.1', 'error'), requested: 'debian-13' }, cell('debian-11', 'fails'));
  const run = async (last: MatrixDocument | undefined, given?: string[]) => {
    const kernels = given?.map((name) => ({ ...kernel(name), requested: name, alternatives: [] }));
    return (await kernelsToRun({ kernels }, last, testContext())).map(({ target }) => target.name);
  };

  test('are those that are named, in their order', async () => {
    expect(await run(last, ['f', 'b', 'a'])).toEqual(['f', 'b', 'a']);
  });

  test('else all of the last run, by the names that it was called with: whether a verdict holds shows when it is looked at', async () => {
    expect(await run(last)).toEqual(['debian-12', 'debian-13', 'debian-11']);
    expect(await run(matrixOf({ ...cell('linux-6.6.30', 'fails'), requested: '6.6.30' }))).toEqual(['linux-6.6.30']);
    expect(await run(matrixOf())).toEqual([]);
  });

  test('are never another kernel than that of --kernel-source, whose name may mean one: it must be given again', async () => {
    const source = matrixOf({ ...cell('linux-6.1', 'builds'), requested: '' });
    expect(await failureOf(() => run(source))).toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('linux-6.1'),
      hint: expect.stringContaining('--kernel-source'),
    });
    expect(await run(source, ['linux-6.1'])).toEqual(['linux-6.1']);
  });

  test.each([
    ['4.20.1', '13'],
    ['4.22.0', '14'],
    ['4.20.1', ''],
  ])('is nothing of the release %s-%s, if the last run was for another', async (version, revision) => {
    expect(await failureOf(() => refuseOtherRelease(last, [{ name: defaultPackage, mft: { version, revision } }]))).toEqual({
      code: 'usage',
      detail: expect.stringMatching(new RegExp(`4\\.20\\.1-14.*${version}${revision && `-${revision}`}$`)),
      hint: 'run without --only-failed',
    });
    refuseOtherRelease(last, [{ name: defaultPackage, mft: last.mft }]);
    refuseOtherRelease(last, [
      { name: defaultPackage, mft: { version, revision } },
      { name: defaultPackage, mft: last.mft },
    ]);
    const other = { name: 'knem-dkms', mft: last.mft };
    expect(await failureOf(() => refuseOtherRelease(last, [other]))).toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('knem-dkms'),
    });
  });
});

describe('two results as one', () => {
  const older = matrixOf(cell('a', 'fails'), cell('b', 'builds'), cell('c', 'error'));

  test("the newer's cells stand in their places, new ones come last", () => {
    const newer = matrixOf(cell('x', 'fails'), cell('c', 'builds'), cell('a', 'builds', 'fails'), cell('w', 'builds'));
    const { cells, ...rest } = mergeResults(older, newer);
    expect(cells).toEqual([newer.cells[2], older.cells[1], newer.cells[1], newer.cells[0], newer.cells[3]]);
    expect(rest).toEqual({ schema: 'mft-patch/matrix@1', mft: older.mft });
  });

  test('began when the first of them began, and took what both took', () => {
    const [one, two] = [
      { ...older, date: '2026-11-25T10:00:00.000Z', seconds: 0.1 },
      { ...older, date: '2026-11-24T10:00:00.000Z', seconds: 0.2 },
    ];
    expect(mergeResults(one, two)).toEqual({ ...older, date: two.date, seconds: 0.3 });
    expect(mergeResults(one, older)).toEqual(one);
  });

  test('with nothing new, or nothing old', () => {
    expect(mergeResults(older, matrixOf())).toEqual(older);
    expect(mergeResults(matrixOf(), older)).toEqual(older);
  });

  test('leave both as they were', () => {
    const newer = matrixOf(cell('a', 'builds'), cell('x', 'builds'));
    const before = JSON.stringify([older, newer]);
    mergeResults(older, newer);
    expect(JSON.stringify([older, newer])).toBe(before);
  });
});

test('what took longest is begun first, what is not known before all, the rest as it was named', () => {
  const took = (name: string, seconds: number, vendor = 0) => {
    const { patched, ...rest } = cell(name, 'builds', 'fails');
    return { ...rest, vendor: { ...verdict('fails'), seconds: vendor }, patched: { ...patched, seconds } };
  };
  const kernels = ['a', 'b', 'c', 'd', 'new'].map(kernel);
  const names = (last?: MatrixDocument) => longestFirst(kernels, last).map(({ target }) => target.name);
  expect(names(matrixOf(took('a', 3), took('b', 9), took('c', 2, 5), took('d', 3)))).toEqual(['new', 'b', 'c', 'a', 'd']);
  expect(names()).toEqual(['a', 'b', 'c', 'd', 'new']);
});
