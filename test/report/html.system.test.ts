import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.js';
import { all, anyMatrix, baseline, type Element, kept, matrixOf, patchedOnly, readHtml, words } from './matrices.js';

/** All text of an element, whatever lies around it. */
const textOf = (element: Element): string => element.text + element.children.map(textOf).join('');
const tags = (element: Element): string[] => element.children.flatMap((child) => [child.tag, ...tags(child)]);

describe('HTML', () => {
  const html = renderHtml(baseline);
  const page = readHtml(html);
  const cells = all(page, 'tr')
    .slice(1)
    .map((row) => row.children);

  test('needs nothing but itself: no link, nothing to fetch, one script, and a policy that forbids all else', () => {
    expect(html.startsWith('<!doctype html>\n')).toBe(true);
    const policy = all(page, 'meta').find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
    const [script, ...others] = all(page, 'script');
    const digest = createHash('sha256')
      .update(script?.text ?? '')
      .digest('base64');
    expect(policy?.attributes.content).toBe(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`);
    expect([script?.attributes, others]).toEqual([{}, []]);
    for (const foreign of ['link', 'img', 'iframe', 'a', 'base', 'form']) expect(tags(page)).not.toContain(foreign);
    expect(html).not.toMatch(/url\(|@import|https?:|\son\w+=/);
    for (const medium of ['prefers-color-scheme: dark', '@media print', 'max-width: 42rem']) expect(html).toContain(medium);
  });

  test('the verdicts come first', () => {
    expect(all(page, 'title').map(textOf)).toEqual([
      'MFT 4.20.1-14: 3 of 5 kernels build; debian-sid fails; debian-13-backports could not be tested',
    ]);
    expect(all(page, 'h1').map(textOf)).toEqual(['MFT 4.20.1-14']);
    expect(all(page, 'p').slice(0, 2).map(textOf)).toEqual([
      '3 of 5 kernels build; debian-sid fails; debian-13-backports could not be tested.',
      "The vendor's own package: 1 of 4 kernels build; debian-12 and debian-sid fail; debian-13-backports could not be tested.",
    ]);
  });

  test('a table whose heads say what they head, with colour and words in each cell', () => {
    expect(all(page, 'th').map(({ attributes }) => attributes.scope)).toEqual([...Array(4).fill('col'), ...Array(5).fill('row')]);
    expect(all(page, 'th').map(textOf)).toEqual([
      ...['Kernel', 'Vendor', 'Patched', 'Patches'],
      '5.10debian-115.10.0-40-amd64',
      '6.1debian-126.1.0-50-amd64',
      '7.3debian-13-backports',
      '7.4debian-sid7.4.0-rc1_x86_64',
      '6.8ubuntu-24.046.8.0-90-generic',
    ]);
    const shown = cells.map(([, ...row]) => row.map((cell) => [cell.attributes.class ?? '', textOf(all(cell, 'b')[0] ?? cell)]));
    const [builds, fails, error] = [
      ['builds', '✓ builds'],
      ['fails', '✗ fails'],
      ['error', '? not tested'],
    ];
    expect(shown).toEqual([
      [builds, builds, ['', '-']],
      [fails, builds, ['', 'dma-unmap']],
      [error, error, ['', 'dma-unmap']],
      [fails, fails, ['', 'dma-unmap, ccflags']],
      [['', '-'], builds, ['', 'dma-unmap']],
    ]);
  });

  test("behind a cell lie the compiler's words and the facts; what fails of ours lies open", () => {
    const [, vendor, patched] = cells[3] ?? [];
    if (!vendor || !patched) throw new Error('no such row');
    expect(all(vendor, 'pre').map(textOf)).toEqual([`\n${words}`]);
    expect(all(vendor, 'details')[0]?.attributes).toEqual({});
    expect(all(patched, 'pre').map(textOf)).toEqual(['\nnnt_ioctl.h: No such file\nmake: *** stop']);
    expect(all(patched, 'details')[0]?.attributes).toEqual({ open: '' });
    expect(all(patched, 'summary')[0]?.children.map(textOf)).toEqual(['✗ fails', '20 s']);
    expect(all(patched, 'dl')[0]?.children.map(textOf)).toEqual([
      ...['Release', '7.4.0-rc1_x86_64', 'Patches', 'dma-unmap, ccflags'],
      ...['Package', 'kernel-mft-dkms_4.20.1-14+mftpatch20261123.e7471d3_all.deb', 'Log', 'x.make.log'],
    ]);
    expect(html).not.toContain('/home/me');
    expect(cells[0]?.flatMap((cell) => all(cell, 'details')).map(({ attributes }) => attributes)).toEqual([{}, {}]);
  });

  test("without the vendor's column nothing speaks of it, and with no cells there is no table", () => {
    const alone = readHtml(renderHtml(patchedOnly));
    expect(textOf(all(alone, 'body')[0] ?? alone)).not.toMatch(/vendor/i);
    expect(all(alone, 'tr').map(({ children }) => children.length)).toEqual([3, 3, 3, 3, 3, 3]);
    const empty = readHtml(renderHtml(matrixOf()));
    expect(tags(empty)).not.toContain('table');
    expect(all(empty, 'p')[0]?.text).toBe('No kernel was asked for.');
  });

  test('any text whatever opens and closes nothing, and is shown as it is', () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const page = readHtml(renderHtml(matrix));
        const known =
          'html head meta title style body header h1 p main div i label input select option output table thead tr th tbody td details summary b span pre dl dt dd small footer script';
        expect(tags(page).filter((tag) => !known.split(' ').includes(tag))).toEqual([]);
        const reasons = matrix.cells.flatMap(({ vendor, patched }) => [vendor?.reason ?? '', patched.reason ?? '']);
        expect(all(page, 'pre').map(textOf)).toEqual(reasons.filter((reason) => reason !== '').map((reason) => `\n${kept(reason)}`));
        expect(all(page, 'small').map(textOf)).toEqual(
          matrix.cells.flatMap(({ target, release }) => [target, release].filter((name) => name !== '').map(kept)),
        );
      }),
      { numRuns: 20 },
    );
  });
});
