/** Holds src/ to the table of rooms in docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './support.js';

const longest = 200;
type Files = Record<string, string>;
type Rooms = Map<string, number>;
interface Import {
  from: string;
  to: string;
}

/** The rooms with their levels, in the order of the table between the markers. */
function parseRooms(document: string): [string, number][] {
  const table = /<!-- rooms -->(.*)<!-- \/rooms -->/s.exec(document)?.[1] ?? '';
  return [...table.matchAll(/^\| *(\d+) *\| *`([^`]+)` *\|/gm)].map(([, level, room = '']) => [room, Number(level)]);
}

/** As the table names it: the directory, or the file that lies in none. */
function roomOf(path: string): string {
  return path.replace(/\/.*/, '/');
}

/** Static, type and dynamic imports, and what is exported again. Paths are relative to src/. */
function importsOf(files: Files): Import[] {
  return Object.entries(files).flatMap(([from, text]) =>
    [...codeOf(text).matchAll(/\b(?:from|import)\s*\(?\s*['"`](\.[^'"`]+)['"`]/g)]
      .map(([, path = '']) => ({ from, to: posix.join(posix.dirname(from), path).replace(/\.js$/, '.ts') }))
      .filter(({ to }) => !to.startsWith('../')),
  );
}

function codeOf(text: string): string {
  return text.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
}

/** What is wrong with these files of src/, by the table of the document. */
function faultsOf(files: Files, document: string): string[] {
  const rows = parseRooms(document);
  const rooms: Rooms = new Map(rows);
  const paths = Object.keys(files);
  const imports = importsOf(files);
  const existing = [...new Set(paths.map(roomOf))];
  return [
    ...rows.filter(([room], index) => rows.findIndex(([other]) => other === room) < index).map(([room]) => `${room} has two rows`),
    ...rows.filter(([, level], index) => level < (rows[index - 1]?.[1] ?? 0)).map(([room]) => `${room} is not in the order of levels`),
    ...existing.filter((room) => !rooms.has(room)).map((room) => `${room} has no row`),
    ...[...rooms.keys()].filter((room) => !existing.includes(room)).map((room) => `${room} does not exist`),
    ...imports.flatMap((one) => importFaults(one, files, rooms).map((fault) => `${one.from} imports ${one.to}: ${fault}`)),
    ...paths.filter((path) => /(?<![\w.#])import\((?!\s*['"`])/.test(codeOf(files[path] ?? ''))).map((path) => `${path}: computed import`),
    ...circlesOf(imports).map((circle) => `circle: ${circle.join(' ')}`),
    ...paths.filter((path) => lineCount(files[path] ?? '') > longest).map((path) => `${path} has ${lineCount(files[path] ?? '')} lines`),
  ];
}

function importFaults({ from, to }: Import, files: Files, rooms: Rooms): string[] {
  if (!(to in files)) return ['missing'];
  const [importer, imported] = [roomOf(from), roomOf(to)];
  const [above, below] = [rooms.get(importer), rooms.get(imported)];
  const isCli = importer === 'cli/' || importer === 'cli.ts';
  const isSameDirectory = posix.dirname(from) === posix.dirname(to) && posix.dirname(from) !== 'commands';
  const isOutside = importer !== imported && above !== undefined && below !== undefined;
  return [
    ...(isOutside && above > below ? ['upwards'] : []),
    ...(isOutside && above === below ? ['sideways'] : []),
    ...(imported === 'commands/' && !isCli && !isSameDirectory ? ['a command'] : []),
    ...(imported === 'report/' && !isCli && importer !== 'report/' && !from.startsWith('commands/matrix/') ? ['report'] : []),
  ];
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** Each circle of imports, from the file at which it closes. */
function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (path: string, way: string[]): string[][] => {
    if (way.includes(path)) return [[...way.slice(way.indexOf(path)), path]];
    if (done.has(path)) return [];
    const found = (next.get(path) ?? []).flatMap((to) => visit(to, [...way, path]));
    done.add(path);
    return found;
  };
  return [...next.keys()].flatMap((path) => visit(path, []));
}

function sourceFiles(): Files {
  const names = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.c?ts$/.test(name));
  return Object.fromEntries(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(projectRoot, 'src', name), 'utf8')]));
}

test('src/ keeps the rules of docs/architecture.md', () => {
  const document = readFileSync(join(projectRoot, 'docs/architecture.md'), 'utf8');
  const files = sourceFiles();
  expect(parseRooms(document).length).toBeGreaterThan(10);
  expect(importsOf(files).length).toBeGreaterThan(200);
  expect(faultsOf(files, document)).toEqual([]);
});

describe('the check sees', () => {
  const table = (rows: string) =>
    `| 0 | \`x/\` | not of the table |\n<!-- rooms -->\n| level | room | what |\n|---|---|---|\n${rows}<!-- /rooms -->\n`;
  const rows =
    '| 1 | `cli.ts` | a |\n| 2 | `cli/` | a |\n| 3 | `commands/` | a |\n| 4 | `deb/` | a |\n| 4 | `report/` | a |\n| 5 | `errors.ts` | a |\n';
  const good: Files = {
    'cli.ts': "import { run } from './cli/run.js';\nimport '../package.json';\n",
    'cli/run.ts': "const a = await import('../commands/build.js');\nconst b = import('../report/text.js');\n",
    'commands/build.ts': "import type {\n  Deb,\n} from '../deb/deb.js';\nimport { join } from 'node:path';\n",
    'commands/matrix/index.ts': "import { run } from './run.js';\nexport { html } from '../../report/html.js';\n",
    'commands/matrix/run.ts': "// import '../build.js'\n/** import('../build.js') */\nthis.#import(x);\n",
    'deb/deb.ts': "import { ar } from './ar.js';\n",
    'deb/ar.ts': "import '../errors.js';\n",
    'report/text.ts': "import './html.js';\n",
    'report/html.ts': '\n'.repeat(longest),
    'errors.ts': '',
  };

  test.each<[string, Files, string[]]>([
    ['nothing in good files', {}, []],
    ['an import upwards', { 'deb/new.ts': "import { run } from '../cli/run.js';" }, ['deb/new.ts imports cli/run.ts: upwards']],
    ['a type import upwards', { 'deb/new.ts': "import type { Run } from '../cli/run.js';" }, ['deb/new.ts imports cli/run.ts: upwards']],
    ['an inline type upwards', { 'deb/new.ts': "type A = import('../cli/run.js').A;" }, ['deb/new.ts imports cli/run.ts: upwards']],
    ['a dynamic import upwards', { 'deb/new.ts': "await import('../cli/run.js');" }, ['deb/new.ts imports cli/run.ts: upwards']],
    ['an export from above', { 'deb/new.ts': "export * from '../cli/run.js';" }, ['deb/new.ts imports cli/run.ts: upwards']],
    [
      'an import over several lines',
      { 'deb/new.ts': "import {\n  a,\n} from\n  '../cli/run.js';" },
      ['deb/new.ts imports cli/run.ts: upwards'],
    ],
    ['an import sideways', { 'report/html.ts': "import '../deb/ar.js';" }, ['report/html.ts imports deb/ar.ts: sideways']],
    ['a room without a row', { 'new/a.ts': '', 'b.ts': '' }, ['new/ has no row', 'b.ts has no row']],
    [
      'a command that imports a command',
      { 'commands/plan.ts': "import './build.js';" },
      ['commands/plan.ts imports commands/build.ts: a command'],
    ],
    [
      'a command that imports a file of another',
      { 'commands/plan.ts': "import './matrix/run.js';" },
      ['commands/plan.ts imports commands/matrix/run.ts: a command'],
    ],
    [
      'a file of a command that imports another command',
      { 'commands/matrix/run.ts': "import('../build.js');" },
      ['commands/matrix/run.ts imports commands/build.ts: a command'],
    ],
    ['a command that renders', { 'commands/plan.ts': "import '../report/text.js';" }, ['commands/plan.ts imports report/text.ts: report']],
    ['a circle in a room', { 'deb/ar.ts': "import type { Deb } from './deb.js';" }, ['circle: deb/deb.ts deb/ar.ts deb/deb.ts']],
    ['a file that imports itself', { 'deb/ar.ts': "import './ar.js';" }, ['circle: deb/ar.ts deb/ar.ts']],
    ['an import of a missing file', { 'deb/ar.ts': "import './tar.js';" }, ['deb/ar.ts imports deb/tar.ts: missing']],
    ['an import that it cannot read', { 'deb/ar.ts': 'await import(name);' }, ['deb/ar.ts: computed import']],
    ['a file that is too long', { 'deb/ar.ts': '\n'.repeat(longest + 1) }, [`deb/ar.ts has ${longest + 1} lines`]],
  ])('%s', (_, changes, faults) => {
    expect(faultsOf({ ...good, ...changes }, table(rows))).toEqual(faults);
  });

  test.each<[string, string, string[]]>([
    ['a row without a room', `${rows}| 6 | \`gone/\` | a |\n`, ['gone/ does not exist']],
    ['two rows of a room', `${rows}| 5 | \`errors.ts\` | a |\n`, ['errors.ts has two rows']],
    ['a row at the wrong place', rows.replace('| 3 |', '| 1 |'), ['commands/ is not in the order of levels']],
  ])('%s', (_, changed, faults) => {
    expect(faultsOf(good, table(changed))).toEqual(expect.arrayContaining(faults));
  });
});
