import type { PatchesReportDocument } from '../documents/index.js';
import { fenced, inline } from './markdown.js';
import { versionText } from './releases.js';

type Verdicts = NonNullable<PatchesReportDocument['verdicts']>;

/** The text of a pull request that adds the patch, as GitHub's Markdown. */
export function renderPatchReport({ id, header, files, verdicts }: PatchesReportDocument): string {
  const [title = '', ...why] = (header.Description ?? '').split('\n');
  const facts: [string, string | undefined][] = [
    ['Since', `Linux ${code(header.Kernel)}, with MFT ${code(header.MFT)}`],
    ['Origin', header.Origin && inline(header.Origin)],
    ['Good on older kernels', header['Good-On-Older'] && inline(header['Good-On-Older'])],
    ['Probe', header.Probe && code(header.Probe)],
    ['Needed if', header['Needed-If'] && code(header['Needed-If'])],
    ['License', header.License && inline(header.License)],
    ['Patch', `${code(`${id}.patch`)}, which changes ${files.map(code).join(', ')}`],
  ];
  return [
    `# ${inline(title)}`,
    ...(why.length > 0 ? [inline(why.join(' '))] : []),
    '## What breaks',
    fenced(header.Symptom ?? ''),
    facts.flatMap(([name, value]) => (value === undefined ? [] : [`- ${name}: ${value}`])).join('\n'),
    '## Tested',
    ...(verdicts ? tested(id, verdicts) : ['Not tested: pass a result of `mft-patch try` or `matrix` with `--verdicts matrix.json`.']),
  ].join('\n\n');
}

function tested(id: string, { mft, cells, outdated }: Verdicts): string[] {
  const on = (status: string) => cells.filter(({ patched }) => patched === status).map(({ kernel }) => kernel);
  const groups = [...new Set(cells.map(({ patched }) => patched))].map((status) => `${status} on ${on(status).join(', ')}`);
  const isSeveral = cells.some((cell) => cell.mft);
  const nameOf = (cell: Verdicts['cells'][number]) => `${cell.mft ? `${versionText({ mft: cell.mft })} ` : ''}${cell.target}`;
  const hasVendor = cells.some(({ vendor }) => vendor !== undefined);
  const head = ['KERNEL', 'TARGET', 'RELEASE', ...(hasVendor ? ['VENDOR'] : []), 'PATCHED', id];
  const rows = cells.map((cell) => [
    cell.kernel,
    nameOf(cell),
    cell.release || '-',
    ...(hasVendor ? [cell.vendor ?? '-'] : []),
    cell.patched,
    cell.acts ? 'applied' : '-',
  ]);
  const table = [head.map(inline), head.map(() => '---'), ...rows.map((row) => row.map(inline))].map((row) => `| ${row.join(' | ')} |`);
  const reasons = cells.filter(({ patched, reason }) => patched !== 'builds' && reason !== undefined);
  return [
    `With ${isSeveral ? 'several releases of MFT' : `MFT ${inline(versionText({ mft }))}`}: ${inline(groups.join('; ') || 'no kernel')}.`,
    ...(cells.length > 0 ? [table.join('\n')] : []),
    ...reasons.flatMap((cell) => [`${inline(nameOf(cell))}:`, fenced(cell.reason ?? '')]),
    ...(outdated.length > 0 ? [`Left out, since the patch has changed since that test: ${inline(outdated.join(', '))}.`] : []),
  ];
}

/** A span of code, in which nothing but its end is a sign. */
function code(text = ''): string {
  return text.includes('`') ? inline(text) : `\`${text.replace(/\s+/g, ' ')}\``;
}
