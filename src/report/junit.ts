import type { CellVerdict, MatrixCell, MatrixDocument } from '../documents/index.js';
import { escapeMarkup, factsOf, hasVendor, titleOf } from './matrix-words.js';

type Column = 'vendor' | 'patched';

interface Testcase {
  xml: string;
  outcome: 'passed' | 'failed' | 'errored' | 'skipped';
  seconds: number;
}

/**
 * The matrix as JUnit XML, as CI servers read it: a testsuite a column, a testcase a cell, times in seconds.
 *
 * A run is red for the patched packages alone. That the vendor's package fails is what they are for, so such a cell
 * passes, and its system-out holds what the compiler says; one that could not be tested is skipped.
 */
export function renderJunit(document: MatrixDocument): string {
  const columns: Column[] = hasVendor(document) ? ['vendor', 'patched'] : ['patched'];
  const suites = columns.map((column) => {
    const cases = document.cells.flatMap((cell) => (cell[column] ? [testcase(cell, column, cell[column])] : []));
    return { column, cases };
  });
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mft-patch matrix, ${attribute(titleOf(document))}" ${counts(all)}>`,
    ...suites.flatMap(({ column, cases }) => [
      `  <testsuite name="mft-patch.${column}" ${counts(cases)}>`,
      ...cases.map(({ xml }) => xml),
      '  </testsuite>',
    ]),
    '</testsuites>\n',
  ].join('\n');
}

function testcase(cell: MatrixCell, column: Column, verdict: CellVerdict): Testcase {
  const { status, seconds, reason = '' } = verdict;
  const attributes = `name="${attribute(`${cell.kernel} ${cell.target}`)}" classname="mft-patch.${column}" time="${time(seconds)}"`;
  const facts = factsOf(cell, column).map(([label, value]) => `${label}: ${value}`);
  const close = (outcome: Testcase['outcome'], element: string, output: string[]): Testcase => ({
    xml: `    <testcase ${attributes}>${element}<system-out>${content(output.join('\n'))}</system-out></testcase>`,
    outcome,
    seconds,
  });
  const explained = `message="${attribute(firstLine(reason))}"`;
  if (status === 'builds') return close('passed', '', facts);
  if (column === 'patched') {
    const [element, outcome] = status === 'fails' ? (['failure', 'failed'] as const) : (['error', 'errored'] as const);
    return close(outcome, `<${element} ${explained} type="${status}">${content(reason)}</${element}>`, facts);
  }
  if (status === 'error') return close('skipped', `<skipped ${explained}/>`, [reason, '', ...facts]);
  return close('passed', '', ["The vendor's package fails here:", reason, '', ...facts]);
}

function counts(cases: readonly Testcase[]): string {
  const count = (outcome: Testcase['outcome']) => cases.filter((one) => one.outcome === outcome).length;
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
  return `tests="${cases.length}" failures="${count('failed')}" errors="${count('errored')}" skipped="${count('skipped')}" time="${time(seconds)}"`;
}

const time = (seconds: number): string => seconds.toFixed(1);

const firstLine = (text: string): string => text.split(/\r?\n/)[0] ?? '';

/** A parser takes a carriage return for a line's end, and in attributes both and tabs for blanks, unless they are written so. */
const content = (text: string): string => escapeMarkup(text).replaceAll('\r', '&#13;');
const attribute = (text: string): string => content(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
