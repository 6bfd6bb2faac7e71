/** Every report says which verdicts are of an earlier run, and from when. */
import { expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.js';
import { renderJunit } from '../../src/report/junit.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderText } from '../../src/report/text.js';
import { baseline, cellOf, matrixOf, onOf } from './matrices.js';

const date = '2026-11-24T10:30:00.000Z';
const standsFor = { package: 'c'.repeat(64), patches: [] };
const document = matrixOf(
  cellOf({ target: 'kept', patched: { ...cellOf().patched, on: onOf(), reused: date, standsFor } }),
  cellOf({ target: 'tested', patched: { ...cellOf().patched, on: onOf() } }),
);

test.each([
  ['text', renderText, /^6\.1 +kept +builds +2026-11-24 10:30 UTC +dma-unmap\n6\.1 +tested +builds +now +dma-unmap$/m],
  ['Markdown', renderMarkdown, /\| kept \|.*\| 2026-11-24 10:30 UTC \|.*\n.*\| tested \|.*\| now \|/],
  [
    'HTML',
    renderHtml,
    /41\.2 s, reused.*\n(.*\n)*.*<dt>Reused<\/dt><dd>from 2026-11-24 10:30 UTC, on the package aaaaaaaaaaaa, which is the same/,
  ],
  ['JUnit', renderJunit, /Reused: from 2026-11-24 10:30 UTC/],
])('%s', (_, render, pattern) => {
  expect(render(document)).toMatch(pattern);
  expect(render(document)).toContain('1 of 2 verdicts reused');
});

test('nothing of it is in a report of a run that has tested all', () => {
  for (const render of [renderText, renderMarkdown, renderHtml, renderJunit]) expect(render(baseline)).not.toMatch(/[Rr]eused|TESTED/);
});
