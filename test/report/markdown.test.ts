import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../src/report/markdown.js';
import { anyMatrix, baseline, cellOf, kept, matrixOf, patchedOnly } from './matrices.js';

const failing = (reason: string, target = 'debian-12') =>
  matrixOf(cellOf({ target, patched: { ...cellOf().patched, status: 'fails', reason } }));
const lines = (text: string) => text.split('\n');
const tableOf = (text: string) => lines(text).filter((line) => line.startsWith('|'));

/** A table's row as GFM splits it: at each pipe that has no backslash before it. */
const cellsOf = (row: string) =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Text with its character references read. */
const read = (text: string) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name as 'lt'] ?? '');

describe('Markdown', () => {
  const text = renderMarkdown(baseline);

  test('a heading, the verdict in one line, the table with every status in words', () => {
    expect(lines(text).slice(0, 4)).toEqual([
      '## MFT 4.20.1-14',
      '',
      '3 of 5 kernels build; debian-sid fails; debian-13-backports could not be tested.',
      '',
    ]);
    expect(tableOf(text).map(cellsOf)).toEqual([
      ['KERNEL', 'TARGET', 'RELEASE', 'VENDOR', 'PATCHED', 'PATCHES'],
      ['---', '---', '---', '---', '---', '---'],
      ['5.10', 'debian-11', '5.10.0-40-amd64', '✓ builds', '✓ builds', '-'],
      ['6.1', 'debian-12', '6.1.0-50-amd64', '✗ fails', '✓ builds', 'dma-unmap'],
      ['7.3', 'debian-13-backports', '-', '? not tested', '? not tested', 'dma-unmap'],
      ['7.4', 'debian-sid', '7.4.0-rc1_x86_64', '✗ fails', '✗ fails', 'dma-unmap, ccflags'],
      ['6.8', 'ubuntu-24.04', '6.8.0-90-generic', '-', '✓ builds', 'dma-unmap'],
    ]);
  });

  test('behind each patched cell that does not build lie the words, set off by blank lines as Markdown within HTML must be', () => {
    expect(text.match(/<summary>.*<\/summary>/g)).toEqual([
      '<summary>7.3 debian-13-backports: ? not tested (0.3 s)</summary>',
      '<summary>7.4 debian-sid: ✗ fails (20 s)</summary>',
    ]);
    expect(text).toContain('</summary>\n\n```text\nnnt_ioctl.h: No such file\nmake: *** stop\n```\n\nRelease: 7.4.0-rc1_x86_64 · ');
    expect(text).toContain('_all.deb · Log: x.make.log\n\n</details>\n');
    expect(text).not.toContain('/home/me');
  });

  test("without the vendor's column there is none, and with no cells no table", () => {
    expect(tableOf(renderMarkdown(patchedOnly)).map((row) => cellsOf(row).length)).toEqual([5, 5, 5, 5, 5, 5, 5]);
    expect(renderMarkdown(matrixOf())).toBe('## MFT 4.20.1-14\n\nNo kernel was asked for.\n');
  });

  test.each([
    ['one', [cellOf()], '1 of 1 kernel builds.'],
    ['two that fail', ['a', 'b'].flatMap((target) => failing('x', target).cells), '0 of 2 kernels build; a and b fail.'],
    ['three that fail', ['a', 'b', 'c'].flatMap((target) => failing('x', target).cells), '0 of 3 kernels build; a, b and c fail.'],
  ])('the verdict over %s', (_, cells, verdict) => {
    expect(lines(renderMarkdown(matrixOf(...cells)))[2]).toBe(verdict);
  });

  test('a version without a revision', () => {
    expect(lines(renderMarkdown({ ...baseline, mft: { version: '4.20.1', revision: '' } }))[0]).toBe('## MFT 4.20.1');
  });

  test.each([
    ['*a* and **b**', '&#42;a&#42; and &#42;&#42;b&#42;&#42;'],
    ['a|b\\|c', 'a&#124;b&#92;&#124;c'],
    ['`a` ~b~ $c$', '&#96;a&#96; &#126;b&#126; &#36;c&#36;'],
    ['<img src=x> [a](b) &lt;', '&lt;img src=x&gt; &#91;a&#93;(b) &amp;lt;'],
    ['_a_ __b__ x86_64', '&#95;a&#95; &#95;&#95;b&#95;&#95; x86_64'],
    ['two\nlines\r\n\n# three', 'two lines # three'],
  ])('%j in a cell stays text', (target, expected) => {
    expect(cellsOf(tableOf(renderMarkdown(failing('x', target)))[2] ?? '')[1]).toBe(expected);
  });

  test.each([
    ['no backticks', '```'],
    ['`one`', '```'],
    ['a ```` b `````', '``````'],
    ['```\n</details>\n# not a heading', '````'],
  ])('%j lies within a fence that it cannot end', (reason, fence) => {
    expect(renderMarkdown(failing(reason))).toContain(`\n\n${fence}text\n${reason}\n${fence}\n\n`);
  });

  test('any text whatever stays in its cell and within its fence', () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const text = renderMarkdown(matrix);
        const head = text.slice(0, text.includes('<details>') ? text.indexOf('<details>') : text.length);
        const rows = tableOf(head).map(cellsOf);
        expect(rows.slice(2).map((row) => read(row[1] ?? ''))).toEqual(
          matrix.cells.map(({ target }) => kept(target.replace(/\s+/g, ' ')).trim()),
        );
        expect(new Set(rows.map((row) => row.length)).size).toBe(1);
        expect(outsideFences(text)).not.toMatch(/<(?!\/?(details|summary)>)|[*`\\]/);
        expect(kept(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

/** The text without its code blocks, found as CommonMark finds them. */
function outsideFences(text: string): string {
  let fence = '';
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => {
      if (fence === '') {
        fence = /^(`{3,})text$/.exec(line)?.[1] ?? '';
        return fence === '';
      }
      const closing = /^ {0,3}(`{3,})[ \t]*$/.exec(line)?.[1] ?? '';
      if (closing.length >= fence.length) fence = '';
      return false;
    })
    .join('\n')
    .concat(fence === '' ? '' : ' `never closed`');
}
