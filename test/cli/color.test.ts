/** Colour: where there is one, and which words have it. */
import { expect, test, vi } from 'vitest';
import { hasColor } from '../../src/cli/streams.js';
import { Terminal } from '../../src/cli/terminal.js';
import { colorVerdicts, hasVerdicts } from '../../src/report/colors.js';
import { runHere } from './in-process.js';

vi.mock('../../src/commands/catalogues.js', async () => (await import('./in-process.js')).mocks.catalogues());

/** The coloured words of a text, as `green:builds`. */
function colored(text: string): string[] {
  const names: Record<string, string> = { 31: 'red', 32: 'green', 33: 'yellow' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
  return [...text.matchAll(/\u001b\[(3\d)m(.*?)\u001b\[39m/g)].map(([, code = '', word]) => `${names[code]}:${word}`);
}

test('--color goes before NO_COLOR, and that before the terminal', () => {
  const [tty, file] = [{ write: () => {}, isTTY: true }, { write: () => {} }];
  expect(hasColor(tty, 'auto', {})).toBe(true);
  expect(hasColor(file, 'auto', {})).toBe(false);
  expect(hasColor(tty, 'auto', { NO_COLOR: '1' })).toBe(false);
  expect(hasColor(tty, 'auto', { NO_COLOR: '' })).toBe(true);
  expect(hasColor(tty, 'auto', { TERM: 'dumb' })).toBe(false);
  expect(hasColor(file, 'always', { NO_COLOR: '1' })).toBe(true);
  expect(hasColor(tty, 'never', {})).toBe(false);
});

const matrix = [
  'KERNEL  TARGET     VENDOR        PATCHED        PATCHES',
  '5.10    debian-11  builds        builds         builds-nothing, dma-unmap',
  '6.1     debian-12  fails: build  fails: ioctl   builds',
  '6.12    debian-13  missing       not tested     -',
  '',
  'dkms builds it by itself, and fails: never',
].join('\n');

test('verdicts are coloured where they are cells of a table, and other words are not', () => {
  expect(colored(colorVerdicts(matrix)).sort()).toEqual(
    [
      ...['green:builds', 'green:builds', 'green:builds'],
      ...['red:fails: build', 'red:fails: ioctl', 'yellow:missing', 'yellow:not tested'],
    ].sort(),
  );
  expect(colored(colorVerdicts('ok     kernel  6.1\nFAULT  dkms  ok  x\nnote   a  b\n?      c  d\nnotes  e'))).toEqual([
    'green:ok',
    'red:FAULT',
    'yellow:note',
    'yellow:?',
  ]);
  expect(colored(colorVerdicts('x.deb: identical\ny.deb: differs from the record'))).toEqual([
    'green:identical',
    'red:differs from the record',
  ]);
});

test('colour changes nothing but the colour', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
  expect(colorVerdicts(matrix).replace(/\u001b\[\d+m/g, '')).toBe(matrix);
});

test('what quotes scripts and sources has no verdicts', () => {
  const schemas = ['build', 'matrix', 'doctor', 'completion', 'diff', 'plan'] as const;
  const judged = schemas.filter((name) => hasVerdicts({ schema: `mft-patch/${name}@1` } as Parameters<typeof hasVerdicts>[0]));
  expect(judged).toEqual(['build', 'matrix', 'doctor']);
});

test('a terminal shows verdicts, warnings and errors in colour, and a package cannot', () => {
  let text = '';
  const stream = { write: (more: string) => (text += more), isTTY: true, columns: 80 };
  const terminal = new Terminal(stream, stream);
  terminal.setUp({ quiet: true, verbose: false });
  terminal.result('a  builds', { hasVerdicts: true });
  terminal.result('a  builds');
  terminal.warn('\u001b[32mname\u001b[39m');
  terminal.error('it broke', 'fix it', undefined);
  expect(colored(text)).toEqual(['green:builds', 'yellow:warning:', 'red:mft-patch:']);
});

test('--color is taken by every command, also for a command line that is refused', async () => {
  expect(colored((await runHere(['kernels', '--color', 'always'])).stderr)).toEqual(['yellow:warning:']);
  expect(colored((await runHere(['kernels'])).stderr)).toEqual([]);
  expect(colored((await runHere(['kernels', '--color=always', '--unknown'])).stderr)).toEqual(['red:mft-patch:']);
  const wrong = await runHere(['kernels', '--color', 'green']);
  expect(wrong).toMatchObject({ exit: 2 });
  expect(wrong.stderr).toContain('Allowed choices are auto, always, never');
});
