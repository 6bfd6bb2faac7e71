/** A matrix in plain text. */
import type { MatrixDocument } from '../documents/index.js';
import { bootNotes, worksColumn } from './boot-text.js';
import { builtStatus, failedAt, hasBoot, hasReused, hasVendor, patchesOf, testedWords, titleOf } from './matrix-words.js';
import { runFacts } from './run-words.js';
import { shellWord } from './shell-word.js';
import { tableOfLists } from './table.js';

/** The table, what fails, and with what all was tested. */
export function renderMatrix(document: MatrixDocument): string {
  const { cells } = document;
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
  const failures = cells.flatMap(({ target, vendor, patched }) => [
    ...(patched.status === 'builds' ? [] : failureLines(target, patched)),
    ...(vendor?.status === 'error' && vendor.reason !== patched.reason ? failureLines(`${target}, the vendor's package`, vendor) : []),
  ]);
  const booted = cells.map(({ target, patched }) => ({ target, ...patched }));
  const facts = runFacts(document);
  return [
    titleOf(document),
    '',
    tableOfLists(head, rows),
    ...failures,
    ...diagnoseHint(document),
    ...bootNotes(booted),
    ...(facts.length > 0 ? ['', `Tested ${facts.join(', ')}`] : []),
    ...(reused ? ['Reused verdicts are on what would be tested now; --fresh tests all again'] : []),
    ...(document.maxKernel === undefined ? [] : ['', ...guardHint(document.maxKernel)]),
  ].join('\n');
}

/** How to see what broke a build: by the log of the newest kernel, whose headers have most of the changes. */
function diagnoseHint({ cells }: MatrixDocument): string[] {
  const log = cells.findLast(({ patched }) => patched.status === 'fails' && patched.failedStep === 'builds')?.patched.log;
  return log ? ['', 'To see what broke, since which kernel, and what to use instead:', `  mft-patch diagnose ${shellWord(log)}`] : [];
}

/** The hint to keep dkms from kernels that are not proven. */
function guardHint(maxKernel: string): string[] {
  return ['To keep dkms from building by itself for later kernels:', `  mft-patch build … --max-kernel ${maxKernel}`];
}

/** The reason of a verdict below its title, and where its log is. */
export function failureLines(title: string, { reason = '', log }: { reason?: string; log: string }): string[] {
  return ['', `${title}:`, ...reason.split('\n').map((line) => `  ${line}`), ...(log ? [`  whole log: ${log}`] : [])];
}
