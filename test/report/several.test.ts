/** How a result of several releases is shown. */
import { describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.js';
import { renderJunit } from '../../src/report/junit.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { toolFacts } from '../../src/report/run-words.js';
import { renderText } from '../../src/report/text.js';
import { booted } from './matrices.js';
import { released } from './several.js';

describe('of several releases', () => {
  const document = released();

  test('text has a table with a column for each, and names the release of what fails', () => {
    const text = renderText(document);
    expect(text.startsWith('MFT 4.20.1-14, 4.22.1-526\n\nVENDOR\nKERNEL  TARGET     4.20.1-14     4.22.1-526\n')).toBe(true);
    expect(text).toContain(`PATCHED
KERNEL  TARGET     4.20.1-14     4.22.1-526
5.10    debian-11  builds        builds
6.1     debian-12  fails: build  builds
6.12    debian-13  -             fails: build

MFT 4.20.1-14 debian-12, fails since 2026-11-22 03:17 UTC, 5 runs:
`);
    expect(text).toContain('\nMFT 4.22.1-526 debian-13, new in this run:\n');
    expect(text).toContain('\n  mft-patch build … --max-kernel 5.10    # MFT 4.20.1-14');
    const both = { ...booted, releases: [{ mft: booted.mft }, { mft: { version: '9.0.0', revision: '1' } }] };
    expect(renderText(both)).toContain('WORKS\nKERNEL  TARGET   4.20.1-14');
  });

  test('Markdown, too', () => {
    const text = renderMarkdown(document);
    expect(text).toContain('3 of 5 combinations build; MFT 4.20.1-14 debian-12 and MFT 4.22.1-526 debian-13 fail.');
    expect(text).toContain('| KERNEL | TARGET | 4.20.1-14 | 4.22.1-526 |\n| --- | --- | --- | --- |\n');
    expect(text).toContain('| 6.12 | debian-13 | - | ✗ fails: build |');
    expect(text).toContain('<summary>MFT 4.22.1-526, 6.12 debian-13: ✗ fails: build (41.2 s), new in this run</summary>');
  });

  test('JUnit has a testcase for each release and kernel', () => {
    const names = [...renderJunit(document).matchAll(/<testcase name="([^"]*)" classname="mft-patch.patched"/g)].map(([, name]) => name);
    expect(names).toEqual([
      ...['MFT 4.20.1-14, 5.10 debian-11', 'MFT 4.20.1-14, 6.1 debian-12'],
      ...['MFT 4.22.1-526, 5.10 debian-11', 'MFT 4.22.1-526, 6.1 debian-12', 'MFT 4.22.1-526, 6.12 debian-13'],
    ]);
  });

  test('HTML says when, how long, and with what', () => {
    const html = renderHtml(document);
    expect(html).toContain('Tested 2026-11-26 03:17 UTC, 6 min 53 s, mft-patch 0.1.0, docker 20.10.24,');
    expect(html).toContain('<p class="dim">With dkms 3.0.10; gcc 12.2.0.</p>');
    expect(html).toContain('New in this run: 1 that is not green.');
    expect(html).toContain('<th scope="col" data-of="1">4.22.1-526</th>');
    expect(html).not.toContain('/home/me');
    expect(toolFacts(booted)).toEqual([]);
    const [cell] = document.cells;
    const tools = { dkms: '2.8', compiler: 'gcc (Debian 10.2.1-6) 10.2.1 20210110' };
    const cells = cell ? [{ ...cell, patched: { ...cell.patched, tools } }] : [];
    expect(toolFacts({ ...document, cells })).toEqual(['dkms 2.8', 'gcc 10.2.1']);
  });
});
