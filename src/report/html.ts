import type { CellVerdict, MatrixCell, MatrixDocument } from '../documents/index.js';
import {
  builtStatus,
  builtWords,
  escapeMarkup,
  factsOf,
  hasBoot,
  hasVendor,
  patchesOf,
  statusWords,
  titleOf,
  verdictOf,
  worksStatus,
  worksWords,
} from './matrix-words.js';
import { runFacts } from './run-words.js';

// On a phone a row becomes a card, and each cell names its column. On paper the details of red and grey cells are open.
const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1c2126; --dim: #59636e; --line: #d5dae0; --code: #f4f6f8;
  --builds: #1a7f37; --fails: #c62828; --error: #57606a; --tint: 12%; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --text: #e4e8ec; --dim: #9aa4af; --line: #353c45; --code: #0c0f13;
  --builds: #4cc26b; --fails: #ff7b72; --error: #9aa4af; --tint: 18%; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
p { margin: .5rem 0; }
.verdict { font-size: 1.2rem; }
.dim, small, dt, footer { color: var(--dim); }
.strip { display: flex; gap: 3px; margin: 1rem 0 1.5rem; }
.strip i { flex: 1; height: .5rem; border-radius: 2px; background: var(--status); }
.builds { --status: var(--builds); } .fails { --status: var(--fails); } :is(.error, .missing) { --status: var(--error); }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .6rem .75rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-size: .85rem; }
.kernel { width: 20%; } .patches { width: 15%; }
small { display: block; font-weight: normal; }
td[class] { background: color-mix(in srgb, var(--status) var(--tint), var(--page)); }
summary { cursor: pointer; }
summary b { color: var(--status); }
pre { margin: .6rem 0; padding: .6rem .75rem; border-left: 3px solid var(--status); background: var(--code);
  font: .8rem/1.45 ui-monospace, monospace; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .5rem 0 0; font-size: .85rem; }
dd { margin: 0; }
footer { margin-top: 1.5rem; font-size: .85rem; }
@media screen and (max-width: 42rem) {
  table, tbody, tr, th, td { display: block; width: auto; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { margin-bottom: 1rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  tbody th, td { border: 0; border-top: 1px solid var(--line); }
  tbody th { border: 0; }
  td::before { content: attr(data-column); display: block; color: var(--dim); font-size: .8rem; }
}
@media print {
  :root { --page: #fff; --text: #000; --dim: #444; --line: #999; --code: #fff; --builds: #1a7f37; --fails: #b00; --error: #555; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .strip i, td[class] { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  :is(.fails, .error, .missing) > details::details-content { content-visibility: visible; }
  tr { break-inside: avoid; }
}
`;

/** The matrix as one HTML file that needs nothing else: no script, no font, no picture, nothing of the network. */
export function renderHtml(document: MatrixDocument): string {
  const title = escapeMarkup(titleOf(document));
  const verdict = escapeMarkup(verdictOf(document, 'patched'));
  const facts = runFacts(document);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: ${verdict}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="verdict">${verdict}.</p>
${hasVendor(document) ? `<p class="dim">The vendor's own package: ${escapeMarkup(verdictOf(document, 'vendor'))}.</p>\n` : ''}\
${facts.length > 0 ? `<p class="dim">Tested ${escapeMarkup(facts.join(', '))}.</p>\n` : ''}</header>
<main>
${document.cells.length > 0 ? table(document) : ''}</main>
<footer>
<p>${escapeMarkup(statusWords.builds)}: dkms built and installed all modules for that kernel.
${escapeMarkup(statusWords.fails)}: a step failed. ${escapeMarkup(statusWords.error)}: it could not be tested.
Click a cell for details.</p>
</footer>
</body>
</html>
`;
}

function table(document: MatrixDocument): string {
  const [vendor, boot] = [hasVendor(document), hasBoot(document)];
  const strip = document.cells.map(({ patched }) => `<i class="${patched.status}"></i>`);
  const heads = [
    ['kernel', 'Kernel'],
    ...(vendor ? [['', 'Vendor']] : []),
    ['', 'Patched'],
    ...(boot ? [['', 'Works']] : []),
    ['patches', 'Patches'],
  ];
  return `<div class="strip" aria-hidden="true">${strip.join('')}</div>
<table>
<thead><tr>${heads.map(([name, words]) => `<th scope="col"${name ? ` class="${name}"` : ''}>${words}</th>`).join('')}</tr></thead>
<tbody>
${document.cells.map((cell) => row(cell, vendor, boot)).join('\n')}
</tbody>
</table>
`;
}

function row(cell: MatrixCell, vendor: boolean, boot: boolean): string {
  const { patched } = cell;
  const status = worksStatus(patched) ?? '';
  const works = `<td class="${status === 'works' ? 'builds' : status}" data-column="Works">${escapeMarkup(worksWords(patched))}</td>\n`;
  const names = [cell.target, cell.release].filter((name) => name !== '').map((name) => `<small>${escapeMarkup(name)}</small>`);
  return `<tr>
<th scope="row">${escapeMarkup(cell.kernel)}${names.join('')}</th>
${vendor ? `${cell.vendor ? verdictCell(cell, 'vendor', cell.vendor) : '<td data-column="Vendor">-</td>'}\n` : ''}\
${verdictCell(cell, 'patched', patched)}
${boot ? works : ''}<td data-column="Patches">${escapeMarkup(patchesOf(cell))}</td>
</tr>`;
}

/** A verdict with its details. Those of what makes the matrix fail are open; that the vendor's package fails is expected. */
function verdictCell(cell: MatrixCell, column: 'vendor' | 'patched', verdict: CellVerdict): string {
  const { status, reason, seconds } = verdict;
  const built = builtStatus(verdict);
  const facts = factsOf(cell, column).map(([label, value]) => `<dt>${label}</dt><dd>${escapeMarkup(value)}</dd>`);
  const open = column === 'patched' && status !== 'builds' ? ' open' : '';
  return `<td class="${built}" data-column="${column === 'vendor' ? 'Vendor' : 'Patched'}"><details${open}>\
<summary><b>${escapeMarkup(builtWords(verdict))}</b> <span class="dim">${seconds} s${verdict.reused === undefined ? '' : ', reused'}</span></summary>
${reason ? `<pre>\n${escapeMarkup(reason)}</pre>\n` : ''}<dl>${facts.join('')}</dl>
</details></td>`;
}
