/** The shells and the formatters themselves take what completion.test.ts has read only. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../src/cli/command-line.js';
import { commandTable } from '../../src/cli/command-table.js';
import { manPage } from '../../src/cli/man-page.js';
import { makeDirectory, missing, sh, writeFiles } from '../support.js';
import { allHelp } from './help-text.js';
import { runHere } from './in-process.js';

const folder = makeDirectory();
writeFiles(folder, { 'b.deb': '', 'c.txt': '', 'dir/x': '' });
for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), (await runHere(['completion', shell])).stdout);
const told = await allHelp();
const withoutHelp = (all: readonly { command: string | undefined }[]) => all.filter(({ command }) => command !== 'help');
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

describe.skipIf(missing('tools') !== '')('man page and completion', () => {
  test('groff, man and mandoc find nothing to warn of in the page', () => {
    const table = commandTable(makeProgram({ version: '1.2.3', print: () => {} }, async () => {}));
    writeFileSync(join(folder, 'mft-patch.1'), manPage(table, { version: '1.2.3', date: '2026-01-02' }));
    const found = sh('groff -ww -man -Tutf8 -z mft-patch.1 2>&1; mandoc -T lint mft-patch.1 2>&1; man -l -Tascii mft-patch.1', {
      cwd: folder,
    });
    expect(found).toMatch(/^MFT-PATCH\(1\)/);
    // Bold is each letter twice.
    expect(found.replace(/.[\b]/g, '')).toContain('mft-patch image save [options] <archive> [kernel...]');
    expect(sh('lexgrog mft-patch.1', { cwd: folder })).toContain('"mft-patch - patch NVIDIA');
  });

  test('shellcheck finds nothing in the script for bash', () => {
    expect(sh('shellcheck --shell bash bash', { cwd: folder })).toBe('');
  });

  test('fish completes the commands and options of the help, kernels and files', () => {
    const fish = (lines: readonly string[]) => {
      writeFileSync(join(folder, 'ask.fish'), lines.join('\n'));
      return sh('fish --no-config ask.fish', { cwd: folder });
    };
    const ask = (line: string) => `complete -C '${line}'`;
    const lines = told.map(({ command }) => `mft-patch ${command}${command === '' ? '' : ' '}`);
    const script = [
      'source fish',
      ...lines.flatMap((line) => [ask(`${line}-`), 'echo .', ask(`${line}--`), 'echo .', ask(line), 'echo .']),
    ];
    const blocks = fish(script).split(/^\.\n/m);
    const words = (block = '') => linesOf(block).map((line) => line.replace(/\t.*/, ''));
    const found = told.map(({ command, commands }, index) => {
      const [short, long, names] = blocks.slice(3 * index).map(words);
      const flags = new Set([...(short ?? []), ...(long ?? [])]);
      return { command, flags: [...flags].sort(), commands: commands.length === 0 || command === 'help' ? commands : (names ?? []).sort() };
    });
    // `help` completes as the program does.
    expect(withoutHelp(found)).toEqual(withoutHelp(told));
    const values = (line: string) => words(fish(['source ./fish', ask(line)]));
    expect(values('mft-patch build --kernel debian-11,debian-13-')).toEqual(['debian-11,debian-13-backports']);
    expect(values('mft-patch build --engine ')).toEqual(['docker', 'podman']);
    expect(
      values('mft-patch verify ')
        .filter((name) => ['b.deb', 'dir/'].includes(name))
        .sort(),
    ).toEqual(['b.deb', 'dir/']);
    expect(values('mft-patch help image pu')).toEqual(['pull', 'push']);
  });

  test('zsh reads the commands and options of the help', () => {
    // A stand-in for the completion system, which works on a terminal only: it prints what it is asked to complete.
    const script = `compdef() { :; }
source ./zsh
_describe() { local name; for name in "\${(@P)2}"; do print -r -- "command \${name%%:*}"; done; }
_arguments() { print -rl -- "$@"; state=$asked; return 1; }
${told.map(({ command }) => `print -r -- .; for asked in none command; do _mft_patch${command === '' || command === 'help' ? '' : `_${command.replaceAll(' ', '_')}`}; done`).join('\n')}
`;
    writeFileSync(join(folder, 'ask.zsh'), script);
    const [, ...blocks] = sh('zsh -f ask.zsh', { cwd: folder }).split(/^\.\n/m);
    const found = blocks.map((block, index) => {
      const lines = linesOf(block);
      const flags = lines.flatMap((line) => /^(?:\*|\(-\w --[\w-]+\))?(--?[\w-]+)(?==?\[)/.exec(line)?.[1] ?? []);
      const commands = new Set(lines.flatMap((line) => /^command (.*)/.exec(line)?.[1] ?? []));
      return { command: told[index]?.command, flags: [...new Set(flags)].sort(), commands: [...commands].sort() };
    });
    expect(withoutHelp(found)).toEqual(withoutHelp(told));
  });
});
