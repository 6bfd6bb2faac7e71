import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellsToRun, lastRun, longestFirst, merged, readRun } from '../../src/commands/matrix/results.js';
import { parseTarget } from '../../src/kernels/target.js';
import type { CellVerdict, MatrixCell } from '../../src/documents.js';
import { cellOf, matrixOf } from '../report/matrices.js';
import { failureOf, makeFolder } from '../support.js';

const folder = makeFolder();
const verdict = (status: CellVerdict['status']): CellVerdict => ({ status, seconds: 1, log: '' });
const cell = (target: string, patched: CellVerdict['status'], vendor?: CellVerdict['status']): MatrixCell =>
  cellOf({ target, patched: { ...verdict(patched), artifact: '' }, ...(vendor === undefined ? {} : { vendor: verdict(vendor) }) });
const target = (name: string) =>
  parseTarget(name, JSON.stringify({ title: name, kernel: '6.1', image: name, suites: ['sid'], headers: name, tried: [] }));

describe('the result of an earlier run', () => {
  const run = matrixOf(cell('debian-12', 'builds'));

  test('is read from the folder, or from a file', async () => {
    writeFileSync(join(folder, 'matrix.json'), JSON.stringify(run));
    expect(await lastRun(folder)).toEqual(run);
    expect(await readRun(join(folder, 'matrix.json'), '')).toEqual(run);
  });

  test.each([
    ['no file', undefined, 'cannot be read: ENOENT'],
    ['not JSON', '{"schema"', 'cannot be read: '],
    ['empty', '', 'cannot be read: '],
    ['of another schema', JSON.stringify({ ...run, schema: 'mft-patch/matrix@2' }), 'is no result of a matrix'],
    ['of another command', '{"schema":"mft-patch/verify@1","kernels":[]}', 'is no result of a matrix'],
    ['without cells', JSON.stringify({ ...run, cells: undefined }), 'is no result of a matrix'],
    ['with something else for cells', JSON.stringify({ ...run, cells: {} }), 'is no result of a matrix'],
    ['without its release', JSON.stringify({ ...run, mft: undefined }), 'is no result of a matrix'],
    ['with nothing for a cell', JSON.stringify({ ...run, cells: [null] }), 'is no result of a matrix'],
    ['with half a cell', JSON.stringify({ ...run, cells: [{ target: 'a' }] }), 'is no result of a matrix'],
    ['a list', '[]', 'is no result of a matrix'],
    ['null', 'null', 'is no result of a matrix'],
  ])('that is %s is refused with the path and what to do', async (name, text, words) => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    expect(await failureOf(() => readRun(path, 'do this'))).toEqual({
      code: 'usage',
      detail: expect.stringMatching(new RegExp(`^${path} ${words}`)),
      hint: 'do this',
    });
  });

  test('that was never made: run it first', async () => {
    const failure = await failureOf(() => lastRun(join(folder, 'nowhere')));
    expect(failure).toMatchObject({ code: 'usage', detail: expect.stringContaining(join(folder, 'nowhere/matrix.json')) });
    expect(failure).toMatchObject({ hint: 'run it without --only-failed first, or name its folder with --out' });
  });
});

describe('what --only-failed runs again', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const last = matrixOf(
    cell('a', 'builds'),
    cell('b', 'fails'),
    cell('c', 'error'),
    cell('d', 'builds', 'fails'),
    cell('e', 'builds', 'error'),
    cell('f', 'fails', 'builds'),
  );

  test("is what did not build or was not tried: that the vendor's package fails is no reason, that it was not tried is one", () => {
    expect(cellsToRun(last, last.mft, names.map(target)).map(({ name }) => name)).toEqual(['b', 'c', 'e', 'f', 'g']);
  });

  test('is in the order of the targets, and of these alone', () => {
    expect(cellsToRun(last, last.mft, ['f', 'b', 'a'].map(target)).map(({ name }) => name)).toEqual(['f', 'b']);
    expect(cellsToRun(last, last.mft, [target('a'), target('d')])).toEqual([]);
  });

  test.each([
    ['4.20.1', '13'],
    ['4.22.0', '14'],
    ['4.20.1', ''],
  ])('is nothing of the release %s-%s, if the last run was of another', async (version, revision) => {
    expect(await failureOf(() => cellsToRun(last, { version, revision }, names.map(target)))).toEqual({
      code: 'usage',
      detail: `the last run was of MFT 4.20.1-14, not ${version}-${revision}`,
      hint: 'run it without --only-failed',
    });
  });
});

describe('two results as one', () => {
  const older = matrixOf(cell('a', 'fails'), cell('b', 'builds'), cell('c', 'error'));

  test("the newer's cells stand in their places, new ones come last", () => {
    const newer = matrixOf(cell('x', 'fails'), cell('c', 'builds'), cell('a', 'builds', 'fails'), cell('w', 'builds'));
    const { cells, ...rest } = merged(older, newer);
    expect(cells).toEqual([newer.cells[2], older.cells[1], newer.cells[1], newer.cells[0], newer.cells[3]]);
    expect(rest).toEqual({ schema: 'mft-patch/matrix@1', mft: older.mft });
  });

  test('with nothing new, or nothing old', () => {
    expect(merged(older, matrixOf())).toEqual(older);
    expect(merged(matrixOf(), older)).toEqual(older);
  });

  test('leave both as they were', () => {
    const newer = matrixOf(cell('a', 'builds'), cell('x', 'builds'));
    const before = JSON.stringify([older, newer]);
    merged(older, newer);
    expect(JSON.stringify([older, newer])).toBe(before);
  });
});

test('what took longest is begun first, what is not known before all, the rest as it was named', () => {
  const took = (name: string, seconds: number, vendor = 0) => {
    const { patched, ...rest } = cell(name, 'builds', 'fails');
    return { ...rest, vendor: { ...verdict('fails'), seconds: vendor }, patched: { ...patched, seconds } };
  };
  const targets = ['a', 'b', 'c', 'd', 'new'].map(target);
  const names = (last?: Parameters<typeof longestFirst>[1]) => longestFirst(targets, last).map(({ name }) => name);
  expect(names(matrixOf(took('a', 3), took('b', 9), took('c', 2, 5), took('d', 3)))).toEqual(['new', 'b', 'c', 'a', 'd']);
  expect(names()).toEqual(['a', 'b', 'c', 'd', 'new']);
});
