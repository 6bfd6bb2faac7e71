/** A matrix in plain text. */
import type { MatrixCell, MatrixDocument } from '../documents/index.js';
import { shellWord } from '../shell-word.js';
import { bootNotes, worksColumn } from './boot-text.js';
import { builtStatus, failedAt, hasBoot, hasReused, hasVendor, patchesOf, sinceWords, testedWords, titleOf } from './matrix-words.js';
import { cellName, type Grid, gridOf, releaseText } from './releases.js';
import { runFacts } from './run-words.js';
import { table, tableOfLists } from './table.js';

/** The table, what fails, and with what all was tested. */
export function renderMatrix(document: MatrixDocument): string {
  const { cells } = document;
  const grid = gridOf(document);
  const [vendorToo, bootToo] = [hasVendor(document), hasBoot(document)];
  const reused = hasReused(document);
  const columns = [...(vendorToo ? ['VENDOR'] : []), 'PATCHED', ...(bootToo ? ['WORKS'] : []), ...(reused ? ['TESTED'] : [])];
  const head = ['KERNEL', 'TARGET', ...columns, 'PATCHES'];
  const rows = cells.map((cell) => [
    cell.kernel || '-',
    cell.target,
    ...(vendorToo ? [cell.vendor ? `${cell.vendor.status}${failedAt(cell.vendor)}` : '-'] : []),
    `${builtStatus(cell.patched)}${failedAt({ ...cell.patched, status: builtStatus(cell.patched) })}`,
    ...(bootToo ? [worksColumn(cell.patched)] : []),
    ...(reused ? [testedWords(cell)] : []),
    patchesOf(cell),
  ]);
  // That the vendor's package fails is what the patches are for; that it could not be tested is not.
  const failures = cells.flatMap((cell) => {
    const { vendor, patched } = cell;
    const name = cellName(document, cell);
    return [
      ...(patched.status === 'builds' ? [] : failureLines(`${name}${cell.history ? `, ${sinceWords(cell)}` : ''}`, patched)),
      ...(vendor?.status === 'error' && vendor.reason !== patched.reason ? failureLines(`${name}, the vendor's package`, vendor) : []),
    ];
  });
  const booted = cells.map((cell) => ({ ...cell.patched, target: cellName(document, cell) }));
  const facts = runFacts(document);
  return [
    titleOf(document),
    '',
    ...(grid ? tablesOf(grid, { vendor: vendorToo, boot: bootToo }) : [tableOfLists(head, rows)]),
    ...failures,
    ...diagnoseHint(document),
    ...bootNotes(booted),
    ...(facts.length > 0 ? ['', `Tested ${facts.join(', ')}`] : []),
    ...(reused ? ['Reused verdicts are on what would be tested now; --fresh tests all again'] : []),
    ...guardHints(document),
  ].join('\n');
}

/** How to see what broke a build: by the log of the newest kernel, whose headers have most of the changes. */
function diagnoseHint({ cells }: MatrixDocument): string[] {
  const log = cells.findLast(({ patched }) => patched.status === 'fails' && patched.failedStep === 'builds')?.patched.log;
  return log ? ['', 'To see what broke, since which kernel, and what to use instead:', `  mft-patch diagnose ${shellWord(log)}`] : [];
}

/** A table for each column of a result of one release, with the releases as its columns. */
function tablesOf({ heads, rows }: Grid, { vendor, boot }: { vendor: boolean; boot: boolean }): string[] {
  const of = (title: string, words: (cell: MatrixCell) => string) => [
    ...(title === '' ? [] : [title]),
    table(
      ['KERNEL', 'TARGET', ...heads],
      rows.map(({ kernel, target, cells }) => [kernel || '-', target, ...cells.map((cell) => (cell ? words(cell) : '-'))]),
    ),
  ];
  const built = ({ patched }: MatrixCell) => `${builtStatus(patched)}${failedAt({ ...patched, status: builtStatus(patched) })}`;
  return [
    ...(vendor ? [...of('VENDOR', (cell) => (cell.vendor ? `${cell.vendor.status}${failedAt(cell.vendor)}` : '-')), ''] : []),
    ...of(vendor || boot ? 'PATCHED' : '', built),
    ...(boot ? ['', ...of('WORKS', ({ patched }) => worksColumn(patched))] : []),
  ];
}

/** The hint to keep dkms from kernels that are not proven. */
function guardHints(document: MatrixDocument): string[] {
  const { releases, maxKernel } = document;
  const proven = releases
    ? releases.flatMap((release) => (release.maxKernel === undefined ? [] : [`${release.maxKernel}    # ${releaseText(release)}`]))
    : maxKernel === undefined
      ? []
      : [maxKernel];
  if (proven.length === 0) return [];
  return [
    '',
    'To keep dkms from building by itself for later kernels:',
    ...proven.map((last) => `  mft-patch build … --max-kernel ${last}`),
  ];
}

/** The reason of a verdict below its title, and where its log is. */
export function failureLines(title: string, { reason = '', log }: { reason?: string; log: string }): string[] {
  return ['', `${title}:`, ...reason.split('\n').map((line) => `  ${line}`), ...(log ? [`  whole log: ${log}`] : [])];
}
