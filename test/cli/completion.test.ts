/** The man page and the completion of each shell have the commands and options that --help prints, and nothing more. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../src/cli/command-line.js';
import { commandTable } from '../../src/cli/command-table.js';
import { manPage } from '../../src/cli/man-page.js';
import { known } from '../../src/commands/completion/table.js';
import { makeDirectory, projectRoot, sh, writeFiles } from '../support.js';
import { allHelp, type Told } from './help-text.js';
import { runHere } from './in-process.js';

const told = await allHelp();
const scriptOf = async (...words: string[]) => (await runHere(['completion', ...words])).stdout;

/** By the command, in the order of the commands, each with what is below it. */
function sorted(flags: ReadonlyMap<string, readonly string[]>): Told[] {
  const paths = [...flags.keys()];
  return told.flatMap(({ command }) => {
    const all = flags.get(command);
    const isBelow = (path: string) => path.replace(/ ?[^ ]*$/, '') === command && path !== '';
    const commands = paths.filter(isBelow).map((path) => path.replace(/^.* /, ''));
    return all === undefined ? [] : [{ command, flags: [...all].sort(), commands: commands.sort() }];
  });
}

test('there are the commands that a person sees', () => {
  expect(told.length).toBeGreaterThan(35);
  expect(told.find(({ command }) => command === 'image save')?.flags).toContain('--apt-mirror');
});

test('the man page', () => {
  const page = manPage(commandTable(makeProgram({ version: '1.2.3', print: () => {} }, async () => {})), {
    version: '1.2.3',
    date: '2026-01-02',
  });
  const plain = page.replaceAll('\\-', '-');
  const flagsIn = (text: string) => [...text.matchAll(/(?<=^\.TP\n.*)\\fB(-[\w-]+)\\fR/gm)].map(([, flag = '']) => flag);
  const [, first = '', commands = '', shared = ''] = /^(.*)^\.SH COMMANDS\n(.*)^\.SH GENERAL OPTIONS\n(.*?)^\.SH/ms.exec(plain) ?? [];
  const sections = commands.split(/^\.SS "/m).slice(1);
  const flags = sections.map((section) => {
    const own = flagsIn(section);
    return [section.slice(0, section.indexOf('"')), own.includes('--help') ? own : [...own, ...flagsIn(shared)]] as const;
  });
  expect(sorted(new Map([['', flagsIn(first)], ...flags]))).toEqual(told);
  expect(flags.length).toBe(told.length - 1);
  expect(page).toMatch(/^\.TH MFT\\-PATCH 1 "2026-01-02" "mft\\-patch 1.2.3"/);
  expect(page).toMatch(/^[\n -~]*$/);
  expect(page.split('\n').filter((line) => line.length > 90 && !line.startsWith('mft'))).toEqual([]);
});

test('fish', async () => {
  const flags = new Map<string, string[]>();
  const below: string[] = [];
  for (const [, path = '', rest = ''] of (await scriptOf('fish')).matchAll(
    /^complete -c mft-patch -n '__mft_patch_at \\'([a-z ]*)\\'' (.*)$/gm,
  )) {
    const [, short, long] = /^(?:-s (\w) )?-l ([\w-]+) /.exec(rest) ?? [];
    flags.set(path, [...(flags.get(path) ?? []), ...(short ? [`-${short}`] : []), ...(long ? [`--${long}`] : [])]);
    const [, name] = /^-fa ([a-z]+) /.exec(rest) ?? [];
    if (name !== undefined) below.push(`${path} ${name}`.trim());
  }
  expect(sorted(flags)).toEqual(told);
  expect(below.sort()).toEqual([...flags.keys()].filter((path) => path !== '').sort());
});

test('zsh', async () => {
  const flags = new Map<string, string[]>();
  const below: string[] = [];
  for (const [, name = '', body = ''] of (await scriptOf('zsh')).matchAll(/^_mft_patch((?:_[a-z]+)*)\(\) \{\n(.*?)^\}$/gms)) {
    if (name === '_list') continue;
    const path = name.replaceAll('_', ' ').trim();
    const options = [...body.matchAll(/^ {8}'(?:\*|\((-\w) --[\w-]+\)'\{-\w,)?(--[\w-]+)/gm)];
    flags.set(
      path,
      options.flatMap(([, short, long = '']) => [...(short ? [short] : []), long]),
    );
    below.push(...[...body.matchAll(/^ {8}'([a-z]+):/gm)].map(([, child]) => `${path} ${child}`.trim()));
  }
  // \`help\` completes as the program does, with what that takes.
  flags.set('help', ['--help', '-h']);
  expect(sorted(flags)).toEqual(told);
  expect(below.sort()).toEqual([...flags.keys()].filter((path) => path !== '').sort());
});

describe('bash', () => {
  const folder = makeDirectory();
  writeFiles(folder, { 'a b.tgz': '', 'b.deb': '', 'c.txt': '', 'd.json': '', 'dir/x': '', 'own/mine.json': '' });

  /** What bash completes each command line to, whose last word is begun. */
  async function complete(lines: readonly string[], ...options: string[]): Promise<string[][]> {
    const asWords = (line: string) =>
      line
        .split(' ')
        .map((word) => `'${word}'`)
        .join(' ');
    const script = `${await scriptOf('bash', ...options)}
complete_line() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mft_patch
    printf '%s\\n' "\${COMPREPLY[@]}" .
}
${lines.map((line) => `complete_line ${asWords(line)}`).join('\n')}
`;
    const blocks = sh('bash -u', { cwd: folder, input: script }).split(/^\.\n/m).slice(0, -1);
    return blocks.map((block) =>
      block
        .split('\n')
        .filter((word) => word !== '')
        .sort(),
    );
  }

  test('completes the commands and options of the help', async () => {
    const line = (command: string, last: string) => ['mft-patch', ...command.split(' ').filter((word) => word !== ''), last].join(' ');
    const options = await complete(told.map(({ command }) => line(command, '-')));
    const groups = told.filter(({ commands }) => commands.length > 0);
    const names = await complete(groups.map(({ command }) => line(command, '')));
    const commands = new Map(groups.map(({ command }, index) => [command, names[index]]));
    expect(told.map(({ command }, index) => ({ command, flags: options[index], commands: commands.get(command) ?? [] }))).toEqual(told);
    const [, cases = ''] = /^_mft_patch_command\(\) \{\n(.*?)^\}/ms.exec(await scriptOf('bash')) ?? [];
    expect([...cases.matchAll(/^ {8}'([a-z ]*)'\)$/gm)].map(([, path]) => path)).toEqual(told.map(({ command }) => command));
  });

  const namesIn = (directory: string, ending: RegExp) =>
    readdirSync(join(projectRoot, directory)).flatMap((name) => ending.exec(name)?.[1] ?? []);
  const targets = namesIn('kernels', /^(.*)\.json$/);

  test('completes the values that are a closed list', async () => {
    const [kernels, place, releases, patches, layouts, engines, formats, shells, none] = await complete([
      'mft-patch verify x.deb --kernel ',
      'mft-patch image rm ',
      'mft-patch build --mft ',
      'mft-patch patches report ',
      'mft-patch build --sample ',
      'mft-patch matrix --engine ',
      'mft-patch matrix --format ',
      'mft-patch completion ',
      'mft-patch completion bash ',
    ]);
    expect(kernels).toEqual(expect.arrayContaining([...targets, 'host', 'all', '6.1']));
    expect(place).toEqual(kernels);
    expect(releases).toEqual(expect.arrayContaining(['latest', '4.20.1-14']));
    expect(patches).toEqual(namesIn('patches', /^(.*)\.patch$/).sort());
    expect(layouts).toEqual(namesIn('samples', /^(?!common)(.*)$/).sort());
    expect([engines, formats, shells, none]).toEqual([['docker', 'podman'], ['github', 'text'], ['bash', 'fish', 'zsh'], []]);
  });

  test('completes files by their endings, lists with commas, and what follows other options', async () => {
    const cases: [line: string, words: string[]][] = [
      ['mft-patch build ', ['a b.tgz', 'b.deb', 'dir', 'own']],
      ['mft-patch build --bundle a', ['a b.tgz']],
      ['mft-patch verify ', ['b.deb', 'dir', 'own']],
      ['mft-patch verify b.deb ', []],
      ['mft-patch diagnose c', ['c.txt']],
      ['mft-patch repo d', ['dir']],
      ['mft-patch matrix --merge d.json d', ['d.json', 'dir']],
      ['mft-patch matrix --merge d.json --list --form', ['--format']],
      ['mft-patch build --kernel debian-11,debian-13-', ['debian-11,debian-13-backports']],
      ['mft-patch build --kernel = debian-13-', ['debian-13-backports']],
      ['mft-patch build --kernel = debian-11 --quie', ['--quiet']],
      ['mft-patch --json build --quie', ['--quiet']],
      ['mft-patch build --sample --quie', ['--quiet']],
      ['mft-patch build --out matrix --with-u', ['--with-userland']],
      ['mft-patch patches --patches check re', ['report']],
      ['mft-patch image save a.tar debian-1', targets.filter((name) => name.startsWith('debian-1')).sort()],
      ['mft-patch help image pu', ['pull', 'push']],
      ['mft-patch help build ', []],
      ['mft-patch build --memory ', []],
      ['mft-patch nonsense ', []],
    ];
    const found = await complete(cases.map(([line]) => line));
    expect(cases.map(([line], index) => [line, found[index]])).toEqual(cases);
  });

  test('completes kernels of your own', async () => {
    const target = '{"title": "x", "kernel": "6.1", "image": "x:1", "suites": ["x"], "headers": "x", "tried": []}';
    writeFiles(folder, { 'own/mine.json': target });
    expect(await complete(['mft-patch build --kernel mi'], '--kernels-dir', join(folder, 'own'))).toEqual([['mine']]);
  });
});

test('words that a shell could run or split are left out', () => {
  const lists = { kernels: ['debian-12', '$(id)', 'a b', '`id`', '*', "'", 'x;y', ''], releases: [], patches: [], samples: [] };
  expect(known({ kind: 'known', list: 'kernels', isList: true }, lists)).toEqual({ kind: 'words', words: ['debian-12'], isList: true });
});
