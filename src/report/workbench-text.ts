/** What the commands that make patches print for people. */

import { releaseName } from '../default-package.js';
import type { EditDocument, PatchesCheckDocument, PatchesExportDocument, PatchesReportDocument, SaveDocument } from '../documents/index.js';
import { shellWord } from '../shell-word.js';
import { renderPatchReport } from './patch-report.js';
import { table } from './table.js';

type WorkbenchDocument = EditDocument | SaveDocument | PatchesCheckDocument | PatchesExportDocument | PatchesReportDocument;

export function renderWorkbench(document: WorkbenchDocument): string {
  switch (document.schema) {
    case 'mft-patch/edit@1':
      return edit(document);
    case 'mft-patch/save@1':
      return save(document);
    case 'mft-patch/patches-check@1':
      return check(document);
    case 'mft-patch/patches-export@1':
      return exported(document);
    case 'mft-patch/patches-report@1':
      return renderPatchReport(document);
  }
}

const placesOf = (hunks: readonly { file: string; line: number }[]) => hunks.map(({ file, line }) => `${file}:${line}`).join(', ');
const release = ({ package: name, mft }: Pick<EditDocument, 'package' | 'mft'>) =>
  `${releaseName(name)} ${mft.version}${mft.revision === '' ? '' : `-${mft.revision}`}`;

function edit(document: EditDocument): string {
  const { directory, kept, patches, kernel } = document;
  const rows = patches.map(({ id, status, reason, hunks }) => [id, status, status === 'applied' ? placesOf(hunks) : reason]);
  const start =
    kept === 'git' ? 'Each patch is a commit there; git diff shows what you change.' : 'The start is kept in .mft-patch-start there.';
  return [
    `${release(document)} for kernel ${kernel.requested}, in ${directory}`,
    '',
    table(['PATCH', 'STATUS', 'WHERE OR WHY'], rows),
    '',
    start,
    'Next: edit the files there, then make a patch of the changes:',
    `  mft-patch save ${shellWord(directory)} --id NAME`,
  ].join('\n');
}

function save({ source, patches, series }: SaveDocument): string {
  const written = patches.filter(({ status }) => status !== 'unchanged');
  const head = table(
    ['PATCH', 'STATUS', 'CHANGES'],
    patches.map(({ id, status, hunks }) => [id, status, placesOf(hunks)]),
  );
  if (written.length === 0) return `${head}\n\nNothing has changed since the last save.`;
  // The sample and standard input are no files.
  const file = /^(sample:|https?:|-$)/.test(source.path) ? 'FILE' : shellWord(source.path);
  const directory = series.replace(/\/?series$/, '') || '.';
  return [
    head,
    '',
    `Wrote ${[...written.map(({ path }) => path), series].join(', ')}`,
    'Next: check the series, and test it on kernels:',
    `  mft-patch patches check ${shellWord(directory)} ${file}`,
    `  mft-patch try ${file} --patches ${shellWord(directory)}`,
  ].join('\n');
}

function check({ directories, patches, faults, packages }: PatchesCheckDocument): string {
  const tables = packages.map((one) => {
    const rows = one.patches.map(({ id, origin, status, reason }) => [id, origin, status, reason]);
    return `${one.path}, ${release(one)}\n${table(['PATCH', 'ORIGIN', 'STATUS', 'WHY'], rows)}\n`;
  });
  const lines = faults.map(({ file, line, detail }) => `${file}:${line}: ${detail}`);
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : word.endsWith('h') ? 'es' : 's'}`;
  return [...tables, ...lines, `${count(patches, 'patch')} in ${directories.join(', ')}: ${count(faults.length, 'fault')}`].join('\n');
}

function exported(document: PatchesExportDocument): string {
  const { directory, patches, leftOut, kernel } = document;
  const rows = [...patches.map(({ id, path }) => [id, path]), ...leftOut.map(({ id, reason }) => [id, `left out: ${reason}`])];
  return [
    `${release(document)} for kernel ${kernel.requested}`,
    '',
    table(['PATCH', 'FILE'], rows),
    '',
    'In the dkms source, the directory with dkms.conf:',
    `  QUILT_PATCHES=$(realpath ${shellWord(directory)}) quilt push -a`,
  ].join('\n');
}
