/** The result of `doctor` in plain text: one screen, a line for each check, below it what to type. */
import type { Check, Cure, DoctorDocument } from '../documents/index.js';

const labels: Record<Check['status'], string> = { ok: 'ok', note: 'note', fault: 'FAULT', unknown: '?' };
const labelWidth = 7;
/** The column at which what is to be typed begins. */
const indent = ' '.repeat(labelWidth);

/** What was found, and at the end what it comes to. */
export function renderDoctor(document: DoctorDocument): string {
  const { system, kernel, arch, root, checks } = document;
  const width = Math.max(...checks.map(({ id }) => id.length)) + 2;
  const lines = checks.flatMap(({ id, status, text, cures }) => [
    `${labels[status].padEnd(labelWidth)}${id.padEnd(width)}${text}`,
    ...cures.map((cure) => `${indent}${typed(cure, root)}`),
  ]);
  return [`${system}, Linux ${kernel}, ${arch}${root ? '' : ', as a user'}`, '', ...lines, '', ...endOf(document)].join('\n');
}

function typed({ command, root: needsRoot, note }: Cure, isRoot: boolean): string {
  return `$ ${needsRoot && !isRoot ? 'sudo ' : ''}${command}${note === undefined ? '' : `    # ${note}`}`;
}

function endOf({ faults, checks, root }: DoctorDocument): string[] {
  const hidden = checks.flatMap((check) => check.root ?? []);
  return [
    faults === 0
      ? 'Nothing to do.'
      : `${faults} ${faults === 1 ? 'fault' : 'faults'}: type the commands below FAULT from top to bottom, then mft-patch doctor again.`,
    ...(root || hidden.length === 0 ? [] : ['Root would also see, with sudo mft-patch doctor:', ...hidden.map((words) => `  ${words}`)]),
  ];
}
