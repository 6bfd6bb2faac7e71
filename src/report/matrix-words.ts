/** What the renderers of a matrix share: its title, verdict and status in words, the facts of a cell, and making text safe in markup. */
import type { CellVerdict, MatrixCell, MatrixDocument, Provenance, StepName } from '../documents/index.js';
import { cellName, releasesOf, releaseText, versionText } from './releases.js';
import { ageOf, moment } from './run-words.js';

export type Status = CellVerdict['status'];

/** The words of a status with a sign before them, so that no colour is needed to tell them apart. */
export const statusWords: Record<Status, string> = { builds: '✓ builds', fails: '✗ fails', error: '? not tested', missing: '? missing' };

/** A step as what fails, in a word. */
const stepWords: Record<StepName, string> = {
  builds: 'build',
  installs: 'install',
  kernelHook: 'hook',
  removes: 'remove',
  loads: 'load',
  works: 'ioctl',
};

/** ` at the step` that failed, after `fails`; else nothing. */
export function failedAt({ status, failedStep }: Pick<CellVerdict, 'failedStep'> & { status: Status }): string {
  return status === 'fails' && failedStep ? `: ${stepWords[failedStep]}` : '';
}

/** `MFT 4.20.1-14`, or another package with its version; of several releases all: `MFT 4.20.1-14, 4.22.1-526`. */
export function titleOf(document: MatrixDocument): string {
  const releases = releasesOf(document);
  const texts = releases.map((release, index) =>
    index > 0 && release.package === releases[index - 1]?.package ? versionText(release) : releaseText(release),
  );
  return texts.join(', ');
}

export const hasVendor = ({ cells }: MatrixDocument): boolean => cells.some(({ vendor }) => vendor);

export const hasBoot = ({ cells }: MatrixDocument): boolean => cells.some(({ patched }) => patched.loads);

/** What the PATCHED column says: what was booted had been built, and WORKS says the rest. */
export function builtStatus({ status, loads }: CellVerdict): Status {
  return loads === undefined ? status : 'builds';
}

/** The same in words, with a sign before them and the step that failed. */
export function builtWords(verdict: CellVerdict): string {
  const status = builtStatus(verdict);
  return `${statusWords[status]}${failedAt({ ...verdict, status })}`;
}

/** What the WORKS column says: of what loads, but could not be asked, nothing more is known. */
export function worksStatus({ loads, works = 'error' }: CellVerdict): 'works' | 'fails' | 'error' | undefined {
  return loads === 'loads' ? works : loads;
}

/** The same with a sign before it, as in `statusWords`. */
export function worksWords(verdict: CellVerdict): string {
  const works = worksStatus(verdict);
  if (works === undefined) return '-';
  return works === 'works' ? '✓ works' : `${statusWords[works]}${failedAt({ ...verdict, status: works })}`;
}

/** The architecture of a test, and whether it was emulated. */
export function archWords({ architecture, emulatedOn }: Pick<Provenance, 'architecture' | 'emulatedOn'>): string {
  return emulatedOn === undefined ? architecture : `${architecture} emulated on ${emulatedOn}`;
}

/** How a booted kernel ran; empty if none was booted. */
export function accelWords(accel: CellVerdict['accel']): string {
  return accel === undefined ? '' : { kvm: 'KVM', tcg: 'emulation' }[accel];
}

/** One column as a sentence without its full stop: `4 of 6 kernels build; debian-sid fails; debian-13 could not be tested`. */
export function verdictOf(document: MatrixDocument, column: 'vendor' | 'patched'): string {
  const tried = document.cells.flatMap((cell) => (cell[column] ? [{ target: cellName(document, cell), status: cell[column].status }] : []));
  const [one, many] = document.releases ? ['combination builds', 'combinations build'] : ['kernel builds', 'kernels build'];
  if (tried.length === 0) return 'No kernel was asked for';
  const of = (status: Status) => tried.filter((cell) => cell.status === status).map(({ target }) => target);
  const [builds, fails, untried, missing] = [of('builds'), of('fails'), of('error'), of('missing')];
  return [
    `${builds.length} of ${tried.length} ${tried.length === 1 ? one : many}`,
    ...(fails.length > 0 ? [`${listOf(fails)} ${fails.length === 1 ? 'fails' : 'fail'}`] : []),
    ...(untried.length > 0 ? [`${listOf(untried)} could not be tested`] : []),
    ...(missing.length > 0 ? [`${listOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`] : []),
  ].join('; ');
}

function listOf(names: string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Whether a verdict of the matrix is of an earlier run. */
export const hasReused = ({ cells }: MatrixDocument): boolean =>
  cells.some(({ vendor, patched }) => (vendor?.reused ?? patched.reused) !== undefined);

const nowWords: Record<Status, string> = { builds: 'builds', fails: 'fails', error: 'not tested', missing: 'missing' };
const pastWords: Record<Status, string> = { builds: 'built', fails: 'failed', error: 'not tested', missing: 'missing' };

/** Since when a cell is as it is, by the history; empty without one. */
export function sinceWords({ history, patched }: Pick<MatrixCell, 'history' | 'patched'>): string {
  if (history === undefined) return '';
  const { since, runs, before, turned } = history;
  if (turned) return `new in this run${before === undefined ? '' : `, ${pastWords[before]} before`}`;
  return `${nowWords[patched.status]} since ${moment(since)}, ${runs === 1 ? 'one run' : `${runs} runs`}`;
}

/** From when a reused verdict is, and on which package it was, if that was another one; empty for one of this run. */
export function reusedWords(verdict: Pick<CellVerdict, 'reused' | 'standsFor' | 'on'> | undefined): string {
  if (verdict?.reused === undefined) return '';
  const { standsFor, on } = verdict;
  return `from ${moment(verdict.reused)}${standsFor && on ? `, on the package ${on.package.slice(0, 12)}, which is the same for this kernel` : ''}`;
}

/** When a cell was tested, for a column: the day and time for what is reused, else `now`. */
export function testedWords({ patched }: MatrixCell): string {
  return patched.reused === undefined ? 'now' : moment(patched.reused);
}

/** The patches of a cell; `-` if it needs none. */
export const patchesOf = ({ patches }: MatrixCell): string => patches.join(', ') || '-';

/** What is known of a cell; of a file its path, too, for who may link to it. */
type Fact = [label: string, value: string, path?: string];

/** What is known of a cell besides its verdict, as labels and values. Of files only the names: their directories are private to the machine. */
export function factsOf(cell: MatrixCell, column: 'vendor' | 'patched'): Fact[] {
  const on = cell[column]?.on;
  const log = cell[column]?.log ?? '';
  const facts: Fact[] = [
    ['Release', cell.release],
    ['Patches', (column === 'patched' && cell.patches.join(', ')) || 'none'],
    ['Package', column === 'patched' ? nameOf(cell.patched.artifact) : '', cell.patched.artifact],
    ['SHA-256', on?.package ?? ''],
    ['dkms', cell[column]?.tools?.dkms ?? ''],
    ['Compiler', cell[column]?.tools?.compiler ?? ''],
    ['Booted', column === 'patched' ? accelWords(cell.patched.accel) : ''],
    ['Not tested', (column === 'patched' && cell.patched.notTested?.join('; ')) || ''],
    ['Since', column === 'patched' ? sinceWords(cell) : ''],
    ['Reused', reusedWords(cell[column])],
    ['Tested', on ? `${moment(on.date)}, ${on.engine}, ${archWords(on)}` : ''],
    ['Image', on?.imageCreated ? `${moment(on.imageCreated)}, ${ageOf([on])}` : ''],
    ['Log', nameOf(log), log],
  ];
  return facts.filter(([, value]) => value !== '');
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? '';

/** The text with U+FFFD in place of what neither XML 1.0 nor HTML may hold: control characters, halves of surrogate pairs, U+FFFE, U+FFFF. */
export function printable(text: string): string {
  return text.replace(/[^\t\n\r\x20-\x7e\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** The text as it is in XML or HTML, between tags or between double quotes. */
export function escapeMarkup(text: string): string {
  return printable(text).replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
