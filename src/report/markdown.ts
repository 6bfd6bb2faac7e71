import type { MatrixCell, MatrixDocument } from '../documents/index.js';
import {
  builtWords,
  escapeMarkup,
  factsOf,
  hasBoot,
  hasReused,
  hasVendor,
  patchesOf,
  printable,
  sinceWords,
  testedWords,
  titleOf,
  verdictOf,
  worksWords,
} from './matrix-words.js';
import { type Grid, gridOf, releaseOf, releaseText } from './releases.js';
import { runFacts } from './run-words.js';

/**
 * The matrix as GitHub's Markdown, for the summary of a CI step or a comment: the verdict, the table, and what the compiler
 * says of every patched package that does not build, folded.
 */
export function renderMarkdown(document: MatrixDocument): string {
  const [vendor, boot] = [hasVendor(document), hasBoot(document)];
  const reused = hasReused(document);
  const columns = [...(vendor ? ['VENDOR'] : []), 'PATCHED', ...(boot ? ['WORKS'] : []), ...(reused ? ['TESTED'] : [])];
  const head = ['KERNEL', 'TARGET', 'RELEASE', ...columns, 'PATCHES'];
  const rows = document.cells.map((cell) => [
    cell.kernel,
    cell.target,
    cell.release || '-',
    ...(vendor ? [cell.vendor ? builtWords(cell.vendor) : '-'] : []),
    builtWords(cell.patched),
    ...(boot ? [worksWords(cell.patched)] : []),
    ...(reused ? [testedWords(cell)] : []),
    patchesOf(cell),
  ]);
  const facts = runFacts(document);
  const grid = gridOf(document);
  const tables = grid ? gridTables(grid, { vendor, boot }) : rows.length > 0 ? [tableOf(head, rows)] : [];
  return [
    `## ${inline(titleOf(document))}`,
    `${inline(verdictOf(document, 'patched'))}.`,
    ...(facts.length > 0 ? [`Tested ${inline(facts.join(', '))}.`] : []),
    ...tables,
    ...document.cells.filter(({ patched }) => patched.status !== 'builds').map((cell) => details(cell, document)),
  ]
    .join('\n\n')
    .concat('\n');
}

function tableOf(head: readonly string[], rows: readonly string[][]): string {
  return [head.map(inline), head.map(() => '---'), ...rows.map((row) => row.map(inline))].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A table for each column of a result of one release, with the releases as its columns. */
function gridTables({ heads, rows }: Grid, { vendor, boot }: { vendor: boolean; boot: boolean }): string[] {
  const of = (words: (cell: MatrixCell) => string) =>
    tableOf(
      ['KERNEL', 'TARGET', ...heads],
      rows.map(({ kernel, target, cells }) => [kernel || '-', target, ...cells.map((cell) => (cell ? words(cell) : '-'))]),
    );
  return [
    ...(vendor ? ["The vendor's own packages:", of((cell) => (cell.vendor ? builtWords(cell.vendor) : '-'))] : []),
    ...(vendor || boot ? ['Patched:'] : []),
    of(({ patched }) => builtWords(patched)),
    ...(boot ? ['On the booted kernel:', of(({ patched }) => worksWords(patched))] : []),
  ];
}

function details(cell: MatrixCell, document: MatrixDocument): string {
  const facts = factsOf(cell, 'patched').map(([label, value]) => `${label}: ${value}`);
  const summary = `${document.releases ? `${releaseText(releaseOf(document, cell))}, ` : ''}${cell.kernel} ${cell.target}: ${cell.patched.loads ? worksWords(cell.patched) : builtWords(cell.patched)} (${cell.patched.seconds} s)${cell.history ? `, ${sinceWords(cell)}` : ''}`;
  return [
    `<details><summary>${inline(summary)}</summary>`,
    ...(cell.patched.reason ? [fenced(cell.patched.reason)] : []),
    inline(facts.join(' · ')),
    '</details>',
  ].join('\n\n');
}

/** A code block whose fence is longer than any run of backticks inside, so that nothing inside can end it. */
export function fenced(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${printable(text).replace(/\r\n?/g, '\n')}\n${fence}`;
}

/** Text within a line or a table's cell. A character reference is never mistaken for Markdown's or a table's own sign. */
export function inline(text: string): string {
  // An underscore between letters or digits is never a sign, and looks better as it is.
  return escapeMarkup(oneLine(text)).replace(/[\\`*~|$[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (sign) => `&#${sign.codePointAt(0)};`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
