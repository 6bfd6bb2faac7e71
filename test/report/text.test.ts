import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import type { CellVerdict, MatrixDocument } from '../../src/documents/index.js';
import { renderText } from '../../src/report/text.js';
import { baseline, cellOf, matrixOf, patchedOnly, words } from './matrices.js';

const verdict = <Status extends CellVerdict['status']>(status: Status, reason?: string, log = '') => ({
  status,
  seconds: 1,
  log,
  ...(reason === undefined ? {} : { reason }),
});
const patched = (status: CellVerdict['status'], reason?: string, log = '') => ({ ...verdict(status, reason, log), artifact: '' });
const statuses = ['builds', 'fails', 'error'] as const;
const rowsOf = (text: string) =>
  text
    .split('\n\n')[1]
    ?.split('\n')
    .map((line) => line.split(/ {2,}/));
/** What stands below the table. */
const below = (document: MatrixDocument) => renderText(document).split('\n\n').slice(2).join('\n\n');

describe('the exit code of a matrix', () => {
  test.each<[number, CellVerdict['status'][]]>([
    [0, []],
    [0, ['builds']],
    [0, ['builds', 'builds']],
    [1, ['fails']],
    [1, ['builds', 'fails', 'builds']],
    [1, ['error', 'fails']],
    [1, ['fails', 'error']],
    [5, ['error']],
    [5, ['builds', 'error', 'builds']],
    [5, ['builds', 'missing']],
    [1, ['missing', 'fails']],
  ])("is %i for patched packages of which %j, whatever the vendor's do", (code, column) => {
    const cells = column.map((status) => cellOf({ patched: patched(status) }));
    expect(exitCodeOf(matrixOf(...cells))).toBe(code);
    for (const status of statuses) {
      expect(exitCodeOf(matrixOf(...cells.map((cell) => ({ ...cell, vendor: verdict(status) }))))).toBe(code);
    }
  });

  test('is a verification’s for the same verdicts', () => {
    const kernel = { target: 'x', kernel: '6.1', release: '', steps: { builds: false, installs: false }, modules: [], patches: [] };
    const status = fc.constantFrom(...statuses);
    fc.assert(
      fc.property(fc.array(status, { maxLength: 4 }), (column) => {
        const kernels = column.map((status) => ({ ...kernel, ...verdict(status) }));
        const verification = exitCodeOf({ schema: 'mft-patch/verify@1', package: 'x.deb', kernels });
        expect(exitCodeOf(matrixOf(...column.map((status) => cellOf({ patched: patched(status) }))))).toBe(verification);
      }),
    );
  });
});

describe('the table of a matrix', () => {
  test('has a row for each kernel, its columns as wide as they must be', () => {
    const document = matrixOf(
      cellOf({ kernel: '5.10', target: 'debian-11', patches: [], vendor: verdict('builds') }),
      cellOf({ vendor: verdict('fails', words) }),
      cellOf({ kernel: '7.3', target: 'debian-13-backports', vendor: verdict('fails', words) }),
    );
    expect(renderText(document)).toBe(
      [
        'MFT 4.20.1-14',
        '',
        'KERNEL  TARGET               VENDOR  PATCHED  PATCHES',
        '5.10    debian-11            builds  builds   -',
        '6.1     debian-12            fails   builds   dma-unmap',
        '7.3     debian-13-backports  fails   builds   dma-unmap',
      ].join('\n'),
    );
  });

  test('has every status in both columns; a kernel that no vendor’s package was tested on has a dash there', () => {
    expect(rowsOf(renderText(baseline))).toEqual([
      ['KERNEL', 'TARGET', 'VENDOR', 'PATCHED', 'PATCHES'],
      ['5.10', 'debian-11', 'builds', 'builds', '-'],
      ['6.1', 'debian-12', 'fails', 'builds', 'dma-unmap'],
      ['7.3', 'debian-13-backports', 'error', 'error', 'dma-unmap'],
      ['7.4', 'debian-sid', 'fails', 'fails', 'dma-unmap, ccflags'],
      ['6.8', 'ubuntu-24.04', '-', 'builds', 'dma-unmap'],
    ]);
  });

  test('has no column for the vendor if his package was not asked for', () => {
    expect(rowsOf(renderText(patchedOnly))).toEqual(rowsOf(renderText(baseline))?.map((row) => row.toSpliced(2, 1)));
  });

  test('continues a long list of patches below, within 100 columns', () => {
    const patches = ['postinst-arch', 'dma-unmap', 'unlocked-ioctl', 'werror-flat', 'one-more'];
    const cells = [cellOf({ patches, target: 'debian-13-backports', vendor: verdict('error'), patched: patched('builds') }), cellOf()];
    const lines = renderText(matrixOf(...cells))
      .split('\n')
      .slice(3);
    const indent = ' '.repeat(46);
    expect(lines.slice(0, 3)).toEqual([
      '6.1     debian-13-backports  error   builds   postinst-arch, dma-unmap, unlocked-ioctl, werror-flat,',
      `${indent}one-more`,
      '6.1     debian-12            -       builds   dma-unmap',
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('of a kernel that nothing is known of has a dash for it, and of no kernel only a head', () => {
    const unknown = cellOf({ target: 'linux-6.6.30', kernel: '', release: '', patches: [], patched: patched('error', 'no image') });
    expect(rowsOf(renderText(matrixOf(unknown)))?.[1]).toEqual(['-', 'linux-6.6.30', 'error', '-']);
    expect(renderText(matrixOf())).toBe('MFT 4.20.1-14\n\nKERNEL  TARGET  PATCHED  PATCHES');
  });
});

describe('below the table', () => {
  test('stand the words of each patched package that does not build, whole, and where its log is', () => {
    const document = matrixOf(
      cellOf({ target: 'a', patched: patched('fails', words, '/logs/a.log') }),
      cellOf({ target: 'b' }),
      cellOf({ target: 'c', patched: patched('error', 'no image') }),
    );
    const indented = words.split('\n').map((line) => `  ${line}`);
    expect(below(document)).toBe(['a:', ...indented, '  whole log: /logs/a.log', '', 'c:', '  no image'].join('\n'));
  });

  test('stands how to see what broke a build, for the last kernel that it broke on', () => {
    const broken = (target: string, failedStep?: 'builds' | 'installs') =>
      cellOf({ target, patched: { ...patched('fails', 'why', `/logs/${target} 1.log`), ...(failedStep ? { failedStep } : {}) } });
    expect(below(matrixOf(broken('a', 'builds'), broken('b', 'builds'), broken('c', 'installs')))).toMatch(
      /\n\nTo see what broke, since which kernel, and what to use instead:\n {2}mft-patch diagnose '\/logs\/b 1\.log'$/,
    );
    expect(below(matrixOf(broken('c', 'installs'), broken('d')))).not.toContain('diagnose');
  });

  test("stands nothing of the vendor's that fails: that is what the patches are for", () => {
    expect(below(matrixOf(cellOf({ vendor: verdict('fails', words, '/logs/v.log') })))).toBe('');
    const both = matrixOf(cellOf({ vendor: verdict('fails', 'his'), patched: patched('fails', 'ours') }));
    expect(below(both)).toBe('debian-12:\n  ours');
  });

  test("stands why the vendor's could not be tested, but not what the patched one says already", () => {
    const untried = cellOf({ vendor: verdict('error', 'no answer within 5 s') });
    expect(below(matrixOf(untried))).toBe("debian-12, the vendor's package:\n  no answer within 5 s");
    const reason = 'no image';
    const neither = cellOf({ vendor: verdict('error', reason), patched: patched('error', reason) });
    expect(below(matrixOf(neither))).toBe('debian-12:\n  no image');
    const differently = cellOf({ vendor: verdict('error', 'killed'), patched: patched('error', reason) });
    expect(below(matrixOf(differently))).toBe("debian-12:\n  no image\n\ndebian-12, the vendor's package:\n  killed");
  });
});
