import type { CellVerdict, MatrixCell, MatrixDocument } from '../documents/index.js';
import {
  builtStatus,
  builtWords,
  escapeMarkup,
  factsOf,
  hasBoot,
  hasVendor,
  patchesOf,
  sinceWords,
  statusWords,
  titleOf,
  verdictOf,
  worksStatus,
  worksWords,
} from './matrix-words.js';
import { controls, script, scriptDigest } from './page-controls.js';
import { style } from './page-style.js';
import { type Grid, gridOf } from './releases.js';
import { runFacts, toolFacts } from './run-words.js';

/** The link from the page to a file, as an HTML page has it; undefined for what does not lie beside the page. */
export type LinkTo = (path: string) => string | undefined;

/**
 * The matrix as one HTML file that needs nothing else: no font, no picture, nothing of the network. Its one script filters and
 * orders the rows.
 */
export function renderHtml(document: MatrixDocument, linkTo: LinkTo = () => undefined): string {
  const title = escapeMarkup(titleOf(document));
  const verdict = escapeMarkup(verdictOf(document, 'patched'));
  const [facts, tools] = [runFacts(document), toolFacts(document)];
  const grid = gridOf(document);
  const turned = document.cells.filter(({ history }) => history?.turned).length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src ${scriptDigest}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: ${verdict}</title>
<style>${style}</style>
</head>
<body${grid ? ' class="wide"' : ''}>
<header>
<h1>${title}</h1>
<p class="verdict">${verdict}.</p>
${turned > 0 ? `<p class="verdict">New in this run: ${turned} that ${turned === 1 ? 'is' : 'are'} not green.</p>\n` : ''}\
${hasVendor(document) ? `<p class="dim">The vendor's own package: ${escapeMarkup(verdictOf(document, 'vendor'))}.</p>\n` : ''}\
${facts.length > 0 ? `<p class="dim">Tested ${escapeMarkup(facts.join(', '))}.</p>\n` : ''}\
${tools.length > 0 ? `<p class="dim">With ${escapeMarkup(tools.join('; '))}.</p>\n` : ''}</header>
<main>
${document.cells.length > 0 ? table(document, grid, linkTo) : ''}</main>
<footer>
<p>${escapeMarkup(statusWords.builds)}: dkms built and installed all modules for that kernel.
${escapeMarkup(statusWords.fails)}: a step failed. ${escapeMarkup(statusWords.error)}: it could not be tested.
Click a cell for details, or press Enter on it.</p>
</footer>
<script>${script}</script>
</body>
</html>
`;
}

function table(document: MatrixDocument, grid: Grid | undefined, linkTo: LinkTo): string {
  const columns: Columns = { vendor: hasVendor(document), boot: hasBoot(document), linkTo };
  const strip = document.cells.map(({ patched }) => `<i class="${patched.status}"></i>`);
  const heads = [
    ['class="kernel"', 'Kernel'],
    ...(grid
      ? grid.heads.map((head, index) => [`data-of="${index}"`, head])
      : [
          ...(columns.vendor ? [['', 'Vendor']] : []),
          ['', 'Patched'],
          ...(columns.boot ? [['', 'Works']] : []),
          ['class="patches"', 'Patches'],
        ]),
  ];
  const rows = grid
    ? grid.rows.map((row) => gridRow(row, grid.heads, columns))
    : document.cells.map((cell) => rowOf([cell], singleCells(cell, columns)));
  const history = document.cells.some((cell) => cell.history);
  return `<div class="strip" aria-hidden="true">${strip.join('')}</div>
${controls({ releases: grid?.heads ?? [], history })}<table>
<thead><tr>${heads.map(([more = '', words = '']) => `<th scope="col"${more && ` ${more}`}>${escapeMarkup(words)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
`;
}

interface Columns {
  vendor: boolean;
  boot: boolean;
  linkTo: LinkTo;
}

/** A row for a kernel. @param cells its cells, of which there is at least one */
function rowOf(cells: readonly MatrixCell[], content: string): string {
  const [{ target, kernel } = { target: '', kernel: '' }] = cells;
  const release = cells.find((cell) => cell.release !== '')?.release ?? '';
  const longest = Math.max(...cells.map(({ patched, vendor }) => patched.seconds + (vendor?.seconds ?? 0)));
  const since =
    cells
      .map(({ history }) => history?.since ?? '')
      .sort()
      .at(-1) ?? '';
  const words = [kernel, target, release, ...new Set(cells.flatMap(({ patches }) => patches))].join(' ');
  const data = { words, kernel, seconds: String(longest), since };
  const names = [target, release].filter((name) => name !== '').map((name) => `<small>${escapeMarkup(name)}</small>`);
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escapeMarkup(value)}"`);
  return `<tr${attributes.join('')}>
<th scope="row">${escapeMarkup(kernel)}${names.join('')}</th>
${content}
</tr>`;
}

function singleCells(cell: MatrixCell, { vendor, boot, linkTo }: Columns): string {
  const status = worksStatus(cell.patched) ?? '';
  const works = `<td class="${status === 'works' ? 'builds' : status}" data-column="Works">${escapeMarkup(worksWords(cell.patched))}</td>\n`;
  const vendorCell = cell.vendor
    ? `<td class="${builtStatus(cell.vendor)}" data-column="Vendor">${details(cell, 'vendor', cell.vendor, linkTo)}</td>`
    : '<td data-column="Vendor">-</td>';
  return `${vendor ? `${vendorCell}\n` : ''}\
<td class="${builtStatus(cell.patched)}" data-column="Patched"${stateOf(cell)}>${details(cell, 'patched', cell.patched, linkTo)}</td>
${boot ? works : ''}<td data-column="Patches">${escapeMarkup(patchesOf(cell))}</td>`;
}

/** A row with a cell for each release: what became of the patched package, below it of the vendor's. */
function gridRow({ kernel, target, cells }: Grid['rows'][number], heads: readonly string[], { vendor, boot, linkTo }: Columns): string {
  const known = cells.filter((cell) => cell !== undefined);
  const content = heads.map((head, index) => {
    const cell = cells[index];
    const place = `data-of="${index}" data-column="${escapeMarkup(head)}"`;
    if (cell === undefined) return `<td ${place}>-</td>`;
    const works = boot && cell.patched.loads ? `<p>${escapeMarkup(worksWords(cell.patched))}</p>` : '';
    const below =
      vendor && cell.vendor
        ? `<div class="vendor ${builtStatus(cell.vendor)}">Vendor ${details(cell, 'vendor', cell.vendor, linkTo)}</div>`
        : '';
    return `<td class="${cell.patched.status}" ${place}${stateOf(cell)}>${details(cell, 'patched', cell.patched, linkTo)}${works}${below}</td>`;
  });
  return rowOf(known.length > 0 ? known.map((cell) => ({ ...cell, kernel, target })) : [], content.join('\n'));
}

/** What the page's filter looks at. */
function stateOf({ patched, history }: MatrixCell): string {
  return ` data-state="${patched.status}"${history?.turned ? ' data-turned="yes"' : ''}`;
}

/** A verdict with its details. Those of what makes the matrix fail are open; that the vendor's package fails is expected. */
function details(cell: MatrixCell, column: 'vendor' | 'patched', verdict: CellVerdict, linkTo: LinkTo): string {
  const { status, reason, seconds } = verdict;
  const facts = factsOf(cell, column).map(([label, value, path]) => {
    const link = path === undefined ? undefined : linkTo(path);
    const shown = escapeMarkup(value);
    return `<dt>${label}</dt><dd>${link === undefined ? shown : `<a href="${escapeMarkup(link)}">${shown}</a>`}</dd>`;
  });
  const isRed = column === 'patched' && status !== 'builds';
  const since = isRed && cell.history ? `<strong>${escapeMarkup(sinceWords(cell))}</strong>` : '';
  return `<details${isRed ? ' open' : ''}>\
<summary><b>${escapeMarkup(builtWords(verdict))}</b> <span class="dim">${seconds} s${verdict.reused === undefined ? '' : ', reused'}</span>${since}</summary>
${reason ? `<pre>\n${escapeMarkup(reason)}</pre>\n` : ''}<dl>${facts.join('')}</dl>
</details>`;
}
