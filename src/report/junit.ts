import type { CellVerdict, MatrixCell, MatrixDocument } from '../documents/index.js';
import { builtStatus, builtWords, escapeMarkup, factsOf, hasBoot, hasVendor, titleOf, worksStatus, worksWords } from './matrix-words.js';
import { releaseOf, releaseText } from './releases.js';
import { dateOf, runFacts } from './run-words.js';

type Outcome = 'passed' | 'failed' | 'errored' | 'skipped';

/** A testcase: what became of it, and what is told of it in its suite's output. */
interface Testcase {
  name: string;
  outcome: Outcome;
  /** The status, for the type of a failure or error. */
  type: string;
  reason: string;
  seconds: number;
  notes: string[];
}

interface Suite {
  name: string;
  cases: Testcase[];
}

/**
 * The matrix as JUnit XML: a testsuite a column, a testcase a cell, times in seconds. It keeps to what both schemas allow that CI
 * servers check (Ant's and Jenkins'): no attributes on testsuites, all of a testsuite's, and in a testcase nothing but one
 * failure, error or skipped; so the facts of each cell are in the suite's system-out.
 *
 * A run is red for the patched packages alone. That the vendor's package fails is what they are for, so such a cell passes, and
 * system-out holds what the compiler says; one that could not be tested is skipped.
 */
export function renderJunit(document: MatrixDocument): string {
  // With several releases a testcase has that of its cell in its name.
  const cells = document.releases
    ? document.cells.map((cell) => ({ ...cell, kernel: `${releaseText(releaseOf(document, cell))}, ${cell.kernel}` }))
    : document.cells;
  const suites: Suite[] = [
    ...(hasVendor(document)
      ? [{ name: 'vendor', cases: cells.flatMap((cell) => (cell.vendor ? [vendorCase(cell, cell.vendor)] : [])) }]
      : []),
    { name: 'patched', cases: cells.map(patchedCase) },
    ...(hasBoot(document) ? [{ name: 'works', cases: cells.flatMap(worksCase) }] : []),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...suites.flatMap((suite, id) => renderSuite(suite, id, document)),
    '</testsuites>\n',
  ].join('\n');
}

function vendorCase(cell: MatrixCell, verdict: CellVerdict): Testcase {
  const { status, reason = '' } = verdict;
  const outcome = status === 'error' ? 'skipped' : 'passed';
  const why =
    status === 'builds' ? [] : [`${builtWords(verdict)}${status === 'fails' ? ", as is expected of the vendor's package" : ''}`, reason];
  return { ...nameOf(cell), outcome, type: status, reason, seconds: verdict.seconds, notes: [...why, ...factLines(cell, 'vendor')] };
}

function patchedCase(cell: MatrixCell): Testcase {
  const status = builtStatus(cell.patched);
  const outcome = status === 'builds' ? 'passed' : status === 'fails' ? 'failed' : 'errored';
  const { reason = '', seconds } = cell.patched;
  return { ...nameOf(cell), outcome, type: status, reason, seconds, notes: [builtWords(cell.patched), ...factLines(cell, 'patched')] };
}

/** What a boot has shown; what could not be asked of a driver that loads is skipped. */
function worksCase(cell: MatrixCell): Testcase[] {
  const { patched } = cell;
  const status = worksStatus(patched);
  if (status === undefined) return [];
  const failed = patched.status === 'error' ? 'errored' : 'skipped';
  const outcome = status === 'works' ? 'passed' : status === 'fails' ? 'failed' : failed;
  const { reason = patched.notTested?.join('; ') ?? '' } = patched;
  // Its time is part of that of the patched package's case.
  return [{ ...nameOf(cell), outcome, type: status, reason, seconds: 0, notes: [worksWords(patched), ...(patched.notTested ?? [])] }];
}

const nameOf = ({ kernel, target }: MatrixCell) => ({ name: `${kernel} ${target}` });

function factLines(cell: MatrixCell, column: 'vendor' | 'patched'): string[] {
  return factsOf(cell, column).map(([label, value]) => `${label}: ${value}`);
}

function renderSuite({ name, cases }: Suite, id: number, document: MatrixDocument): string[] {
  const count = (outcome: Outcome) => cases.filter((one) => one.outcome === outcome).length;
  const attributes = {
    id: String(id),
    package: 'mft-patch',
    name: `mft-patch.${name}`,
    timestamp: (dateOf(document) ?? '1970-01-01T00:00:00Z').slice(0, 19),
    // A report is passed on, and the machine's name is nobody's business.
    hostname: 'localhost',
    tests: String(cases.length),
    failures: String(count('failed')),
    errors: String(count('errored')),
    skipped: String(count('skipped')),
    time: time(cases.reduce((sum, { seconds }) => sum + seconds, 0)),
  };
  const facts = [titleOf(document), ...runFacts(document)];
  const output = cases.map((one) => [`${one.name}:`, ...one.notes.map((note) => note.replace(/^/gm, '  '))].join('\n'));
  return [
    `  <testsuite ${attributesOf(attributes)}>`,
    `    <properties><property name="run" value="${attribute(facts.join(', '))}"/></properties>`,
    ...cases.map((one) => renderCase(name, one)),
    `    <system-out>${content(output.join('\n\n'))}</system-out>`,
    '    <system-err></system-err>',
    '  </testsuite>',
  ];
}

function renderCase(suite: string, { name, outcome, type, reason, seconds }: Testcase): string {
  const attributes = attributesOf({ name, classname: `mft-patch.${suite}`, time: time(seconds) });
  const message = `message="${attribute(firstLine(reason))}"`;
  const element = { failed: 'failure', errored: 'error', skipped: 'skipped', passed: '' }[outcome];
  if (outcome === 'passed') return `    <testcase ${attributes}/>`;
  if (outcome === 'skipped') return `    <testcase ${attributes}><skipped ${message}/></testcase>`;
  return `    <testcase ${attributes}><${element} ${message} type="${type}">${content(reason)}</${element}></testcase>`;
}

function attributesOf(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${attribute(value)}"`)
    .join(' ');
}

const time = (seconds: number): string => seconds.toFixed(1);

const firstLine = (text: string): string => text.split(/\r?\n/)[0] ?? '';

/** A parser takes a carriage return for a line's end, and in attributes both and tabs for blanks, unless they are written so. */
const content = (text: string): string => escapeMarkup(text).replaceAll('\r', '&#13;');
const attribute = (text: string): string => content(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
