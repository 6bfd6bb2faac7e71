/** Writes man/mft-patch.1 from the commands of the compiled program; its date is that of the last release in CHANGELOG.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { makeProgram } from '../build/cli/command-line.js';
import { commandTable } from '../build/cli/command-table.js';
import { manPage } from '../build/cli/man-page.js';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { version } = JSON.parse(read('package.json'));
const date = /^## \[\d.*\] - (\S+)$/m.exec(read('CHANGELOG.md'))?.[1];
if (date === undefined) throw new Error('CHANGELOG.md has no release with a date');
const program = makeProgram({ version, print: () => {} }, async () => {});
mkdirSync(new URL('../man/', import.meta.url), { recursive: true });
writeFileSync(new URL('../man/mft-patch.1', import.meta.url), manPage(commandTable(program), { version, date }));
