/** Since when a cell is as it is, by the runs before; and what of it decides the exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-code.js';
import { historyOf, withHistory } from '../../../src/commands/matrix/history.js';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { renderText } from '../../../src/report/text.js';
import { cellOf, matrixOf } from '../../report/matrices.js';
import { failureOf, makeDirectory, testContext } from '../../support.js';

type Status = MatrixDocument['cells'][number]['patched']['status'];
const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const letters: Record<string, Status> = { b: 'builds', f: 'fails', e: 'error', m: 'missing' };

describe('a cell', () => {
  /** The statuses of the runs, a letter a day; the last one is now. */
  const after = (runs: string) => {
    const all = [...runs].map((letter, index) => ({ date: day(index + 1), status: letters[letter] ?? 'builds' }));
    const now = all.pop();
    if (now === undefined) throw new Error('no run');
    return historyOf(all, now);
  };

  test.each<[string, number, number, Status | undefined, boolean]>([
    ['b', 1, 1, undefined, false],
    ['f', 1, 1, undefined, true],
    ['bb', 1, 2, undefined, false],
    ['bf', 2, 1, 'builds', true],
    ['bff', 2, 2, 'builds', false],
    ['fb', 2, 1, 'fails', false],
    ['fbf', 3, 1, 'builds', true],
    // A run that could not test it says nothing.
    ['bfef', 2, 2, 'builds', false],
    ['bemf', 4, 1, 'builds', true],
    ['beb', 1, 2, undefined, false],
    ['be', 2, 1, 'builds', true],
    ['bem', 2, 2, 'builds', false],
    ['fee', 2, 2, 'fails', false],
    ['ebe', 3, 1, 'builds', true],
  ])('of the runs %s has its status since day %i', (...[runs, since, count, before, turned]) => {
    expect(after(runs)).toEqual({ since: day(since), runs: count, ...(before ? { before } : {}), turned });
  });
});

describe('the file', () => {
  const context = testContext();
  let count = 0;
  const directory = makeDirectory();
  const newPath = () => join(directory, `${++count}.jsonl`);
  const result = (date: number, statuses: Record<string, Status>, mft = { version: '4.20.1', revision: '14' }): MatrixDocument => ({
    ...matrixOf(...Object.entries(statuses).map(([target, status]) => cellOf({ target, patched: { ...cellOf().patched, status } }))),
    mft,
    date: day(date),
  });
  const record = (history: string, document: MatrixDocument, failOnTurned = false) =>
    withHistory(document, { history, failOnTurned }, context);

  test('has a line for each run, whole lines only, and is made if it is missing', async () => {
    const path = newPath();
    await record(path, result(1, { a: 'builds', b: 'fails' }));
    const document = await record(path, result(2, { a: 'fails', b: 'fails' }));
    expect(document.cells.map(({ history }) => history)).toMatchObject([
      { since: day(2), before: 'builds', turned: true },
      { since: day(1), runs: 2, turned: false },
    ]);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      schema: 'mft-patch/history@1',
      date: day(2),
      cells: [{ target: 'a', status: 'fails' }, {}],
    });
    expect(renderText(document)).toContain('\na, new in this run, built before:\n');
    expect(renderText(document)).toContain('\nb, fails since 2026-11-01 03:00 UTC, 2 runs:\n');
    expect(renderMarkdown(document)).toContain('new in this run, built before');
  });

  test('has a run once, however often it is merged, and takes an older one in its place', async () => {
    const path = newPath();
    await record(path, result(3, { a: 'fails' }));
    const first = await record(path, result(2, { a: 'builds' }));
    expect(first.cells[0]?.history).toMatchObject({ since: day(2) });
    const again = await record(path, result(3, { a: 'fails' }));
    expect(again.cells[0]?.history).toMatchObject({ since: day(3), before: 'builds', turned: true });
    expect(readFileSync(path, 'utf8').match(/"date":"[^"]*"/g)).toEqual([2, 3].map((date) => `"date":"${day(date)}"`));
  });

  test('keeps releases apart, and kernels that a run does not have', async () => {
    const path = newPath();
    await record(path, result(1, { a: 'fails' }, { version: '4.22.1', revision: '526' }));
    await record(path, result(2, { b: 'fails' }));
    const { cells } = await record(path, result(3, { a: 'fails', b: 'fails' }));
    expect(cells.map(({ history }) => history?.since)).toEqual([day(3), day(2)]);
  });

  test.each([['nonsense'], ['{"schema":"mft-patch/history@1"}'], ['[]']])(
    'with the line %s is refused and stays as it is',
    async (line) => {
      const path = newPath();
      await record(path, result(1, { a: 'builds' }));
      const text = `${readFileSync(path, 'utf8')}${line}\n`;
      writeFileSync(path, text);
      expect(await failureOf(() => record(path, result(2, { a: 'builds' })))).toMatchObject({
        code: 'usage',
        detail: `${path}:2 is not a line of a history`,
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  test('is not written for a result without a time', async () => {
    const { date: _, ...document } = result(1, { a: 'builds' });
    expect(await failureOf(() => record(newPath(), document))).toMatchObject({ code: 'usage' });
  });

  test('decides with --fail-on-turned what the exit code counts', async () => {
    const path = newPath();
    const exits: number[] = [];
    const nights: Record<string, Status>[] = [
      { a: 'builds', b: 'fails' },
      { a: 'builds', b: 'fails' },
      { a: 'fails', b: 'fails' },
      { a: 'fails', b: 'fails', c: 'error' },
      { a: 'fails', b: 'builds', c: 'error' },
      { a: 'fails', b: 'builds', c: 'error', d: 'fails' },
    ];
    for (const [index, night] of nights.entries()) exits.push(exitCodeOf(await record(path, result(index + 1, night), true)));
    expect(exits).toEqual([1, 0, 1, 5, 0, 1]);
    expect(exitCodeOf(await record(path, result(7, { a: 'fails' })))).toBe(1);
  });
});
