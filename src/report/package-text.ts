/** What `diff` and `show` print as text. */
import type { DiffDocument, ShowDocument } from '../documents/index.js';
import { moment } from './run-words.js';
import { table } from './table.js';

/** The differences as one patch, or as a line each with --stat. */
export function renderDiff(document: DiffDocument): string {
  const { from, to, files, insertions, deletions, format } = document;
  if (files.length === 0) return '# no differences';
  // A comment of git and patch: lines before `diff` and between two files are not read.
  const heading = [`# from ${from.package} ${from.version} (${from.path})`, `# to   ${to.package} ${to.version} (${to.path})`];
  if (format === 'patch') {
    const parts = files.map(({ path, status, notes, patch }) => {
      const what = patch === '' ? `${status}: ` : '';
      return `${notes.length > 0 ? `# ${path}: ${what}${notes.join('; ')}\n` : ''}${patch}`;
    });
    return `${heading.join('\n')}\n${parts.join('')}`.replace(/\n$/, '');
  }
  const rows = files.map((file) => [file.path, countOf(file), [modeWords(file), ...file.notes].filter((word) => word !== '').join('; ')]);
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return `${table(['FILE', 'LINES', ''], rows)}\n\n${count(files.length, 'file')}, ${count(insertions, 'insertion')}, ${count(deletions, 'deletion')}`;
}

function countOf({ isBinary, insertions, deletions }: DiffDocument['files'][number]): string {
  return isBinary ? 'binary' : `+${insertions} -${deletions}`;
}

function modeWords({ status, oldMode = '', newMode = '' }: DiffDocument['files'][number]): string {
  if (status !== 'changed') return status;
  return oldMode === newMode ? '' : `mode ${oldMode}, then ${newMode}`;
}

const kinds: Record<ShowDocument['kind'], string> = {
  vendor: "the vendor's own package",
  universal: 'a package of mft-patch for every kernel: dkms applies the patches when it builds',
  baked: 'a package of mft-patch with the patches applied to its sources',
  other: 'not a package of dkms modules',
};

function appliedWords({ where, match }: ShowDocument['patches'][number]): string {
  if (where === 'files') return 'in the files';
  // Without what the headers say it matches nothing.
  return match === '^.^' ? 'by dkms, if the headers need it' : `by dkms${match === '' ? ', for every kernel' : ', by release'}`;
}

/** What a package is. */
export function renderShow(document: ShowDocument): string {
  const { kind, vendorVersion, serial, guard, modules, depends, patches, proven } = document;
  const facts: [string, string][] = [
    ['Package', `${document.package} ${document.version} ${document.architecture}`],
    ['Kind', kinds[kind]],
    [
      'Made from',
      vendorVersion === undefined ? '' : `version ${vendorVersion}${serial === undefined ? '' : ` by the patches of ${serial}`}`,
    ],
    ['SHA-256', `${document.sha256}, ${document.bytes} bytes`],
    ['Modules', modules.join(', ')],
    ['Depends', depends.join(', ')],
    ['Guard', guard.map((words) => `not built by itself for ${words}`).join('; ')],
  ];
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const rows = patches.map((patch) => [
    patch.id,
    appliedWords(patch),
    patch.kernels ?? '-',
    patch.sha256?.slice(0, 12) ?? '-',
    patch.description,
  ]);
  const verdicts = proven.map(({ target, kernel, release, status, date, source }) => [
    ...[kernel, target, release || '-', status, date === undefined ? '-' : moment(date)],
    source.replace(/^.*\//, ''),
  ]);
  return [
    ...facts.filter(([, value]) => value !== '').map(([label, value]) => label.padEnd(width) + value),
    ...(rows.length > 0 ? ['', table(['PATCH', 'APPLIED', 'KERNELS', 'SHA-256', 'WHAT IT DOES'], rows)] : []),
    ...(verdicts.length > 0 ? ['', table(['KERNEL', 'TARGET', 'RELEASE', 'VERDICT', 'TESTED', 'FROM'], verdicts)] : provenHint(document)),
  ].join('\n');
}

function provenHint({ kind, path }: ShowDocument): string[] {
  return kind === 'other' ? [] : ['', 'No verdict on it is known here. To get one:', `  mft-patch verify ${path} --kernel 6.1`];
}
