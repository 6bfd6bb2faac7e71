/** The WORKS column: there when kernels were booted, beside a PATCHED column that says what was built. */
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import type { MatrixDocument } from '../../src/documents/index.js';
import { renderHtml } from '../../src/report/html.js';
import { renderJunit } from '../../src/report/junit.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderText } from '../../src/report/text.js';
import { booted } from './matrices.js';

const built: MatrixDocument = {
  ...booted,
  cells: booted.cells.map(({ patched: { loads: _, works: __, notTested: ___, accel: ____, ...patched }, ...rest }) => ({
    ...rest,
    patched,
  })),
};

describe('after a boot', () => {
  test('the table says what was built and what works', () => {
    const rows = renderText(booted)
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['KERNEL', 'TARGET', 'PATCHED', 'WORKS', 'PATCHES']);
    expect(rows).toContainEqual(['6.1', 'good', 'builds', 'works', '-']);
    expect(rows).toContainEqual(['6.1', 'bad', 'builds', 'fails', '-']);
    expect(rows).toContainEqual(['6.1', 'untried', 'builds', 'error', '-']);
    expect(rows).toContainEqual(['6.1', 'unasked', 'builds', 'not tested', '-']);
    expect(renderText(booted)).toContain('Not tested on unasked: mst_pci: INIT on a PCI device: the machine has none');
    expect(renderText(booted)).toContain('Booted by emulation: good, bad, untried, unasked');
    expect(renderText(booted)).toContain('bad:\n  Unknown symbol x');
    expect(exitCodeOf(booted)).toBe(1);
  });

  test('the reports say so, too', () => {
    expect(renderMarkdown(booted)).toContain('| 6.1 | bad | 6.1.0-50-amd64 | ✓ builds | ✗ fails | - |');
    expect(renderHtml(booted)).toMatch(/<th scope="col">Works<\/th>/);
    expect(renderHtml(booted)).toContain('<td class="fails" data-column="Works">✗ fails</td>');
    expect(renderHtml(booted)).toContain('<td class="builds" data-column="Works">✓ works</td>');
    expect(renderHtml(booted)).toContain('<td class="error" data-column="Works">? not tested</td>');
    expect(renderMarkdown(booted)).toContain('| 6.1 | unasked | 6.1.0-50-amd64 | ✓ builds | ? not tested | - |');
    expect(renderJunit(booted)).toContain('failures="1" errors="1"');
  });
});

test('without a boot there is no such column', () => {
  for (const text of [renderText(built), renderMarkdown(built), renderHtml(built)]) expect(text).not.toMatch(/works/i);
});
