/** What all reports say of a run: at which step a cell fails, what is missing, when and with what it was run. */
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import type { MatrixDocument } from '../../src/documents/index.js';
import { renderHtml } from '../../src/report/html.js';
import { renderJunit } from '../../src/report/junit.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderText } from '../../src/report/text.js';
import { cellOf, matrixOf, onOf, withOn } from './matrices.js';

const verdict = { seconds: 1, log: '', reason: 'x' };
const fails = { ...verdict, status: 'fails' as const };
const steps = matrixOf(
  cellOf({ target: 'a', vendor: { ...fails, failedStep: 'installs' }, patched: { ...fails, failedStep: 'kernelHook', artifact: '' } }),
  cellOf({ target: 'b', vendor: { ...fails, failedStep: 'builds' }, patched: { ...fails, failedStep: 'removes', artifact: '' } }),
  cellOf({ target: 'c', patched: { ...fails, loads: 'fails', failedStep: 'loads', artifact: '' } }),
  cellOf({ target: 'd', patched: { ...fails, loads: 'loads', works: 'fails', failedStep: 'works', artifact: '' } }),
);

describe('the step that fails', () => {
  test('is in the column of its package, in a word', () => {
    const rows = renderText(steps)
      .split('\n')
      .filter((line) => /^6\.1/.test(line))
      .map((line) => line.split(/ {2,}/).slice(1, -1));
    expect(rows).toEqual([
      ['a', 'fails: install', 'fails: hook', '-'],
      ['b', 'fails: build', 'fails: remove', '-'],
      ['c', '-', 'builds', 'fails: load'],
      ['d', '-', 'builds', 'fails: ioctl'],
    ]);
  });

  test('in all reports', () => {
    const [markdown, html, junit] = [renderMarkdown(steps), renderHtml(steps), renderJunit(steps)];
    expect(markdown).toContain('| ✗ fails: install | ✗ fails: hook | - | dma-unmap |');
    expect(markdown).toContain('<summary>6.1 d: ✗ fails: ioctl (1 s)</summary>');
    expect(html).toContain('<b>✗ fails: hook</b>');
    expect(html).toContain('<td class="fails" data-column="Works">✗ fails: load</td>');
    expect(junit).toContain("✗ fails: install, as is expected of the vendor's package");
  });
});

test('a kernel that is missing is a row of its own', () => {
  const missing = cellOf({ target: 'b', patched: { ...verdict, status: 'missing', artifact: '' } });
  const document = matrixOf(cellOf({ target: 'a' }), missing, { ...missing, target: 'c' });
  expect(exitCodeOf(document)).toBe(5);
  expect(renderText(document)).toContain('6.1     b       missing  dma-unmap');
  expect(renderMarkdown(document)).toContain('1 of 3 kernels build; b and c are missing.');
  expect(renderHtml(document)).toContain('<td class="missing" data-column="Patched" data-state="missing">');
});

describe('the run', () => {
  const image = (imageCreated: string) => withOn(matrixOf(cellOf({ target: imageCreated })), { imageCreated }).cells;
  const run: MatrixDocument = {
    ...matrixOf(...image('2026-11-20T12:00:00.000Z'), ...image('2026-11-24T10:00:00.000Z')),
    date: '2026-11-24T10:29:59.000Z',
    seconds: 252.3,
  };
  const words = '2026-11-24 10:29 UTC, 4 min 12 s, mft-patch 0.1.0, docker 20.10.24, images 0 to 3 days old';

  test('is in all reports, on a line that fits', () => {
    expect(renderText(run).split('\n').at(-1)).toBe(`Tested ${words}`);
    expect(`Tested ${words}`.length).toBeLessThanOrEqual(100);
    expect(renderMarkdown(run).split('\n')[4]).toBe(`Tested ${words}.`);
    expect(renderHtml(run)).toContain(`<p class="dim">Tested ${words}.</p>`);
    expect(renderJunit(run)).toContain(`value="MFT 4.20.1-14, ${words}"`);
  });

  test('of two programs and engines names both', () => {
    const other = { program: { version: '0.2.0', sha256: '0'.repeat(64) }, engine: 'podman 4.3.1' };
    const cells = [...run.cells, ...withOn(matrixOf(cellOf({ target: 'x' })), other).cells];
    expect(renderText({ ...run, cells })).toContain('mft-patch 0.1.0, mft-patch 0.2.0, docker 20.10.24, podman 4.3.1,');
  });

  test('and each cell says when it was tested, by what, and on how old an image', () => {
    const facts = 'Tested: 2026-11-24 10:30 UTC, docker 20.10.24, amd64 · Image: 2026-11-22 09:00 UTC, 2 days old';
    expect(renderMarkdown(withOn(steps))).toContain(`SHA-256: ${onOf().package} · ${facts}`);
  });
});
