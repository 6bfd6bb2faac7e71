/** How the page of a matrix looks. On a phone a row becomes a card, and each cell names its column. On paper the details of red and grey cells are open. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1c2126; --dim: #59636e; --line: #d5dae0; --code: #f4f6f8; --focus: #0b57d0;
  --builds: #1a7f37; --fails: #c62828; --error: #57606a; --tint: 12%; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --text: #e4e8ec; --dim: #9aa4af; --line: #353c45; --code: #0c0f13;
  --focus: #8ab4f8; --builds: #4cc26b; --fails: #ff7b72; --error: #9aa4af; --tint: 18%; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
body.wide { max-width: 112rem; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
p { margin: .5rem 0; }
a { color: var(--focus); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.verdict { font-size: 1.2rem; }
.dim, small, dt, footer { color: var(--dim); }
.strip { display: flex; gap: 3px; margin: 1rem 0 1.5rem; }
.strip i { flex: 1; height: .5rem; border-radius: 2px; background: var(--status); }
.builds { --status: var(--builds); } .fails { --status: var(--fails); } :is(.error, .missing) { --status: var(--error); }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 1rem; }
/* A select would be as wide as its longest choice. */
.controls label { display: grid; grid-template-columns: minmax(0, 1fr); font-size: .85rem; color: var(--dim); min-width: 0; }
.controls :is(input, select) { min-height: 2.5rem; max-width: 100%; padding: .25rem .5rem; border: 1px solid var(--dim); border-radius: 6px;
  background: var(--page); color: var(--text); font: inherit; font-size: 1rem; }
.controls output { padding: .5rem 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .6rem .75rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-size: .85rem; }
.kernel { width: 20%; } .patches { width: 15%; }
small { display: block; font-weight: normal; }
td[class] { background: color-mix(in srgb, var(--status) var(--tint), var(--page)); }
summary { cursor: pointer; }
summary b, summary strong { color: var(--status); }
summary strong { display: block; font-size: .85rem; }
.vendor { margin-top: .4rem; padding-top: .3rem; border-top: 1px solid var(--line); font-size: .85rem; }
pre { margin: .6rem 0; padding: .6rem .75rem; border-left: 3px solid var(--status); background: var(--code);
  font: .8rem/1.45 ui-monospace, monospace; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .5rem 0 0; font-size: .85rem; }
dd { margin: 0; min-width: 0; }
footer { margin-top: 1.5rem; font-size: .85rem; }
@media screen and (max-width: 42rem) {
  body { padding: 1.25rem .75rem; }
  .controls label { flex: 1 1 8rem; }
  .controls label:first-child { flex-basis: 100%; }
  table, tbody, tr, th, td { display: block; width: auto; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { margin-bottom: 1rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  tbody th, td { border: 0; border-top: 1px solid var(--line); }
  tbody th { border: 0; }
  td::before { content: attr(data-column); display: block; color: var(--dim); font-size: .8rem; }
}
@media print {
  :root { --page: #fff; --text: #000; --dim: #444; --line: #999; --code: #fff; --builds: #1a7f37; --fails: #b00; --error: #555; }
  body, body.wide { max-width: none; padding: 0; font-size: 10pt; }
  .controls { display: none; }
  .strip i, td[class] { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  :is(.fails, .error, .missing) > details::details-content { content-visibility: visible; }
  tr { break-inside: avoid; }
}
`;
