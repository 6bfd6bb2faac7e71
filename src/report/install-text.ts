/** The results of `install` and `uninstall` in plain text: the steps with their commands, what they came to, what to type next. */
import type { Cure, InstallDocument, InstallStep, UninstallDocument } from '../documents/index.js';

type Document = InstallDocument | UninstallDocument;

const marks: Record<InstallStep['status'], string> = { planned: '', done: 'done: ', failed: 'FAILED: ', 'not-done': 'not done: ' };

/** A plan with all its commands; of what was done only what each step came to. */
export function renderInstall(document: Document): string {
  const { system, kernel, release, steps, status } = document;
  const head = `${system}, Linux ${kernel}${release === undefined ? '' : `, MFT ${release}`}`;
  const rows = steps.flatMap((step, index) => stepLines(step, index + 1, document));
  return [head, '', ...rows, ...(rows.length > 0 ? [''] : []), ...endOf(document, status)].join('\n');
}

function stepLines({ title, commands, checks, undo, status, root: needsRoot }: InstallStep, number: number, { root }: Document): string[] {
  const first = `${number}. ${marks[status]}${title}`;
  if (status === 'done') return [first];
  const sudo = needsRoot && !root;
  return [
    first,
    ...commands.map((command) => `   $ ${typed(command, sudo)}`),
    `   then: ${checks}`,
    ...(undo === undefined ? [] : [`   back: ${typed(undo, sudo)}`]),
  ];
}

/** sudo takes assignments before the program as a shell does (sudo(8)). */
function typed(command: string, sudo: boolean): string {
  return sudo ? `sudo ${command}` : command;
}

function endOf(document: Document, status: Document['status']): string[] {
  const { reason = '', log, left, back, faults, next, root, schema } = document;
  const name = schema.replace('mft-patch/', '').replace('@1', '');
  const more = next.map(({ command, root: needsRoot, note }: Cure) => {
    return `  $ ${typed(command, needsRoot && !root)}${note === undefined ? '' : `    # ${note}`}`;
  });
  const found = faults.map(({ id, text }) => `  ${id}: ${text}`);
  const following = more.length > 0 ? ['Next:', ...more] : [];
  switch (status) {
    case 'planned':
      return [`Nothing was done. To do it: mft-patch ${name}${root ? '' : ', which asks for sudo once'}`];
    case 'nothing':
      return [faults.length === 0 ? 'Nothing to do.' : 'No step of install cures this:', ...found, ...following];
    case 'done':
      return [faults.length === 0 ? 'Done.' : 'Done, but for this:', ...found, ...following];
    case 'reboot':
      return ['What is left comes after a reboot.', ...following];
    case 'refused':
      return [`Not begun: ${reason}`, ...following];
    case 'failed':
      return [
        reason,
        ...(log === undefined ? [] : [`All that was printed is in ${log}`]),
        ...(left.length === 0
          ? ['Nothing is left of it: apt and dkms are as they were.']
          : ['Otherwise than before:', ...left.map((line) => `  ${line}`)]),
        ...(back === undefined ? [] : [`Back: ${typed(back, !root)}`]),
        `When the cause is gone, mft-patch ${name} goes on from there.`,
        ...following,
      ];
  }
}
