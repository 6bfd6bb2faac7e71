/** Filter and order of the page of a matrix, which work in the page alone; without scripts the page is whole, and without them. */
import { createHash } from 'node:crypto';
import { escapeMarkup } from './matrix-words.js';

/**
 * What runs in the page. A row has in data-words what is searched, in data-kernel, data-seconds and data-since what it is ordered by;
 * a cell with a verdict has that in data-state, and in data-turned whether it turned red in this run.
 */
export const script = `
'use strict';
const byId = (id) => document.getElementById(id);
const body = document.querySelector('tbody');
const rows = body ? [...body.rows] : [];
const ranks = { fails: 0, missing: 1, error: 2, builds: 3 };
const shownCells = (row) => [...row.cells].filter((cell) => cell.dataset.state && !cell.hidden);
const worst = (row) => Math.min(9, ...shownCells(row).map((cell) => ranks[cell.dataset.state]));
const orders = {
  run: () => 0,
  kernel: (a, b) => a.dataset.kernel.localeCompare(b.dataset.kernel, 'en', { numeric: true }),
  newest: (a, b) => orders.kernel(b, a),
  status: (a, b) => worst(a) - worst(b),
  seconds: (a, b) => b.dataset.seconds - a.dataset.seconds,
  since: (a, b) => b.dataset.since.localeCompare(a.dataset.since),
};
function show() {
  const column = byId('column') ? byId('column').value : '';
  for (const cell of document.querySelectorAll('[data-of]')) cell.hidden = column !== '' && cell.dataset.of !== column;
  const words = byId('words').value.toLowerCase().split(/\\s+/);
  const wanted = byId('status').value;
  const isWanted = (cell) => wanted === '' || cell.dataset.state === wanted || (wanted === 'turned' && cell.dataset.turned);
  let count = 0;
  for (const row of rows) {
    const text = row.dataset.words.toLowerCase();
    row.hidden = !(words.every((word) => text.includes(word)) && (wanted === '' || shownCells(row).some(isWanted)));
    if (!row.hidden) count++;
  }
  // Sorting keeps the order of the run where it does not decide.
  body.append(...[...rows].sort(orders[byId('order').value]));
  byId('count').textContent = count + ' of ' + rows.length + (rows.length === 1 ? ' kernel' : ' kernels');
}
if (body) {
  byId('controls').hidden = false;
  byId('controls').addEventListener('input', show);
  show();
}
`;

/** The digest by which the page's policy lets this script run, and no other. */
export const scriptDigest = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** What the reader can set. @param releases the heads of the columns, where there are several */
export function controls({ releases, history }: { releases: readonly string[]; history: boolean }): string {
  const option = ([value, words]: readonly [string, string]) => `<option value="${value}">${escapeMarkup(words)}</option>`;
  const select = (id: string, label: string, choices: readonly (readonly [string, string])[]) =>
    `<label>${label}<select id="${id}">${choices.map(option).join('')}</select></label>`;
  const states = [
    ['', 'all'],
    ['fails', 'fails'],
    ['error', 'not tested'],
    ['missing', 'missing'],
    ['builds', 'builds'],
  ] as const;
  const orders = [
    ['run', 'as tested'],
    ['kernel', 'oldest kernel first'],
    ['newest', 'newest kernel first'],
    ['status', 'failures first'],
    ['seconds', 'longest first'],
  ] as const;
  const columns = releases.map((release, index) => [String(index), release] as const);
  return `<div class="controls" id="controls" role="search" hidden>
<label>Kernel, target, patch<input id="words" type="search" autocomplete="off" spellcheck="false"></label>
${select('status', 'Status', history ? [...states, ['turned', 'new in this run']] : states)}
${releases.length > 0 ? `${select('column', 'Release', [['', 'all'], ...columns])}\n` : ''}\
${select('order', 'Order', history ? [...orders, ['since', 'latest change first']] : orders)}
<output id="count"></output>
</div>
`;
}
