import type { DiagnoseDocument, DiagnosedError } from '../documents/index.js';
import { table } from './table.js';

const titles: Record<DiagnosedError['kind'], string> = {
  'removed-function': 'removed function',
  'renamed-function': 'renamed function',
  'removed-header': 'removed header',
  'removed-member': 'removed member of',
  'removed-identifier': 'removed type, macro or variable',
  'removed-variable': 'removed kbuild variable',
  'argument-count': 'changed number of arguments',
  'argument-type': 'changed type of an argument',
  'callback-type': 'changed type of a callback',
  'missing-prototype': 'missing prototype, and warnings are errors',
  warning: 'warnings are errors',
  'gpl-symbol': 'symbol for modules under the GPL only',
  'missing-symbol': 'symbol that is not exported',
  'symbol-namespace': 'symbol in a namespace that is not imported',
  'kernel-directory': 'built for a kernel whose headers are missing',
  unknown: 'unknown error',
};

const evidence: Record<DiagnosedError['replacements'][number]['evidence'], string> = {
  wrapped: 'what was removed did nothing but hand on to it',
  compiler: 'suggested by the compiler',
  'in-its-place': 'stands in its place in the header',
  name: 'has a similar name',
};

/** What broke, error by error, and at the end the headers of the patches that are missing. */
export function renderDiagnosis(document: DiagnoseDocument): string {
  const { errors, headers, logs, input } = document;
  if (errors.length === 0)
    return logs.length === 0 ? `${input.path}: nothing failed` : `No errors in ${logs.map(({ path }) => path).join(', ')}`;
  const count = `${errors.length} ${errors.length === 1 ? 'error' : 'distinct errors'}`;
  const read = logs.map(({ path, kernel, mft, isWhole }) => {
    const what = [kernel && `kernel ${kernel}`, mft && `MFT ${mft}`, isWhole ? '' : "the verdict's words only; the log is gone"];
    return `  ${path}${what.some(Boolean) ? ` (${what.filter(Boolean).join(', ')})` : ''}`;
  });
  const note = headers.note === undefined ? [] : ['', `Headers were not searched: ${headers.note}`];
  const open = errors.filter(({ patches, kind }) => patches.length === 0 && kind !== 'unknown');
  return [
    `${count} in`,
    ...read,
    ...errors.flatMap((error, index) => ['', ...oneError(error, index + 1)]),
    ...note,
    ...open.flatMap((error) => [
      '',
      `Header of a patch for ${error.name || 'it'}; add Description, License, Last-Update, MFT${missing(error.header)}:`,
      ...fields(error.header),
    ]),
  ].join('\n');
}

function oneError(error: DiagnosedError, number: number): string[] {
  const { kind, name, owner, message, places, kernels } = error;
  const subject =
    kind === 'removed-member' ? `${owner}: ${name}` : kind === 'removed-variable' ? `${name} (${owner} is no longer found)` : name;
  const where = places.slice(0, 3).map(({ file, line }) => `${file}:${line}`);
  const more = places.length > 3 ? `, and ${places.length - 3} more` : '';
  return [
    `${number}. ${titles[kind]}${subject ? ` ${subject}` : ''}${kernels.length > 1 ? ` (${kernels.join(', ')})` : ''}`,
    `   ${where.length > 0 ? `${where.join(', ')}${more}: ` : ''}${message}`,
    ...patchLines(error),
    ...historyLines(error),
    ...insteadLines(error),
    ...commitLines(error),
  ];
}

function patchLines({ patches, kind }: DiagnosedError): string[] {
  if (patches.length > 0) return patches.map(({ id, reason }) => `   patch ${id}: ${reason}`);
  return [kind === 'unknown' ? '   this error is not known: read it as it is' : '   no known patch has this symptom'];
}

function historyLines({ history, lastWith, firstWithout, kind }: DiagnosedError): string[] {
  if (history.length === 0) return [];
  const rows = history.map(({ kernel, target, fits, header, declaration }) => [
    kernel,
    target,
    header || '-',
    declaration || (fits ? 'exists' : 'missing'),
  ]);
  const isChanged = history.some(({ fits, declaration }) => !fits && declaration !== '') && !kind.endsWith('symbol');
  const since =
    lastWith === undefined
      ? []
      : [
          `   ${isChanged ? 'as the module uses it' : 'there'} up to ${lastWith}, ${isChanged ? 'another one' : 'not'} from ${firstWithout} on`,
        ];
  return [
    ...table(['KERNEL', 'IMAGE', 'HEADER', 'DECLARATION'], rows)
      .split('\n')
      .map((line) => `     ${line}`),
    ...since,
  ];
}

function insteadLines({ replacements, history }: DiagnosedError): string[] {
  const oldest = history[0]?.kernel ?? '';
  return replacements.flatMap(({ name, evidence: kind, header, declaration, inOldest }) => {
    const age = inOldest === undefined ? '' : `; ${inOldest ? `also in ${oldest}` : `not in ${oldest}`}`;
    return [`   instead: ${name} (${evidence[kind]}${age})`, ...(declaration === '' ? [] : [`            ${header}: ${declaration}`])];
  });
}

function commitLines({ commit }: DiagnosedError): string[] {
  if (commit === undefined) return [];
  const { hash, subject, date, release } = commit;
  return [`   commit ${hash.slice(0, 12)} ${subject} (${date}${release === undefined ? '' : `, Linux ${release}`})`];
}

function fields(header: DiagnosedError['header']): string[] {
  return Object.entries(header).map(([name, value]) => `  ${name}: ${value}`);
}

/** The fields that a patch must have and that could not be filled in. */
function missing(header: DiagnosedError['header']): string {
  const names = (['Kernel', 'Good-On-Older'] as const).filter((name) => header[name] === undefined);
  return names.map((name) => `, ${name}`).join('');
}
