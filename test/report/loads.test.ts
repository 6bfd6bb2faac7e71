/** The LOADS column: there when kernels were booted, beside a PATCHED column that says what was built. */
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import type { MatrixDocument } from '../../src/documents/index.js';
import { renderHtml } from '../../src/report/html.js';
import { renderJunit } from '../../src/report/junit.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderText } from '../../src/report/text.js';

const cell = (target: string, loads: 'loads' | 'fails' | 'error') => ({
  target,
  kernel: '6.1',
  release: '6.1.0-50-amd64',
  patches: [],
  patched: {
    status: loads === 'loads' ? ('builds' as const) : loads,
    reason: 'Unknown symbol x',
    seconds: 1,
    log: '',
    loads,
    artifact: 'a.deb',
  },
});
const booted: MatrixDocument = {
  schema: 'mft-patch/matrix@1',
  mft: { version: '4.20.1', revision: '14' },
  cells: [cell('good', 'loads'), cell('bad', 'fails'), cell('untried', 'error')],
};
const built: MatrixDocument = {
  ...booted,
  cells: booted.cells.map(({ patched: { loads: _, ...patched }, ...rest }) => ({ ...rest, patched })),
};

describe('after a boot', () => {
  test('the table says what was built and what loads', () => {
    const rows = renderText(booted)
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['KERNEL', 'TARGET', 'PATCHED', 'LOADS', 'PATCHES']);
    expect(rows).toContainEqual(['6.1', 'good', 'builds', 'loads', '-']);
    expect(rows).toContainEqual(['6.1', 'bad', 'builds', 'fails', '-']);
    expect(rows).toContainEqual(['6.1', 'untried', 'builds', 'error', '-']);
    expect(renderText(booted)).toContain('bad:\n  Unknown symbol x');
    expect(exitCodeOf(booted)).toBe(1);
  });

  test('the reports say so, too', () => {
    expect(renderMarkdown(booted)).toContain('| 6.1 | bad | 6.1.0-50-amd64 | ✓ builds | ✗ fails | - |');
    expect(renderHtml(booted)).toMatch(/<th scope="col">Loads<\/th>/);
    expect(renderHtml(booted)).toContain('<td class="fails" data-column="Loads">✗ fails</td>');
    expect(renderHtml(booted)).toContain('<td class="builds" data-column="Loads">✓ loads</td>');
    expect(renderJunit(booted)).toContain('failures="1" errors="1"');
  });
});

test('without a boot there is no such column', () => {
  for (const text of [renderText(built), renderMarkdown(built), renderHtml(built)]) expect(text).not.toMatch(/loads/i);
});
