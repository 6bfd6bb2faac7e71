import { describe, expect, test } from 'vitest';
import type { Output } from '../../src/cli/streams.js';
import { Terminal } from '../../src/cli/terminal.js';
import { screen } from './screen.js';
import { StandInClock } from './stand-in-clock.js';

function output(columns?: number): Output & { text: string } {
  return {
    text: '',
    write(text: string) {
      this.text += text;
    },
    ...(columns === undefined ? {} : { isTTY: true, columns }),
  };
}

function terminal(columns?: number, options = { quiet: false, verbose: false }) {
  const [stdout, stderr] = [output(columns), output(columns)];
  const clock = new StandInClock();
  const made = new Terminal(stdout, stderr, { clock, env: { NO_COLOR: '1' } });
  made.setUp(options);
  /** Live lines are drawn ten times a second. */
  return { terminal: made, stdout, stderr, later: () => clock.pass(150) };
}

/** To the start of the line, and the line is empty. */
const clear = '\r\u001b[2K';
/** What a person sees in the end: of each line only what comes after it was last cleared. */
const seen = (text: string) =>
  text
    .split('\n')
    .map((line) => line.split(clear).at(-1))
    .join('\n');

describe('what is printed', () => {
  test('a result goes to stdout alone, all else to stderr', () => {
    const { terminal: t, stdout, stderr } = terminal();
    t.progress({ step: 'download', text: 'downloading', done: 1, total: 2 });
    t.progress({ step: 'download', text: 'downloading', done: 2, total: 2 });
    t.progress({ step: 'verify', text: 'verifying' });
    t.warn('two\nlines');
    t.error('it broke', 'mend it', new Error('cause'));
    t.debug('not asked for');
    t.result('result');
    expect(stdout.text).toBe('result\n');
    expect(stderr.text).toBe('downloading\nverifying\nwarning: two\n  lines\nmft-patch: it broke\n  mend it\n');
  });

  test('--quiet silences progress, but no warning', () => {
    const { terminal: t, stderr } = terminal(80, { quiet: true, verbose: false });
    t.progress({ step: 'download', text: 'downloading' });
    t.warn('mind');
    expect(stderr.text).toBe('warning: mind\n');
  });

  test('--verbose shows where an error came from', () => {
    const { terminal: t, stderr } = terminal(undefined, { quiet: false, verbose: true });
    const error = new Error('cause');
    t.debug('engine says');
    t.error('it broke', 'mend it', error);
    expect(stderr.text).toBe(`engine says\nmft-patch: it broke\n  mend it\n${error.stack}\n`);
  });

  test('on a terminal progress is one line that fits and goes away', () => {
    const { terminal: t, stdout, stderr } = terminal(40);
    t.progress({ step: 'download', text: 'downloading https://example.invalid/a-long-name.tgz', done: 1_500_000, total: 3_000_000 });
    expect(stderr.text.replace(clear, '')).toMatch(/^downloading https[^\n]{1,22}$/);
    expect(stderr.text.startsWith(clear)).toBe(true);
    t.warn('mind');
    t.result('result');
    expect(seen(stderr.text)).toBe('warning: mind\n');
    expect(stdout.text).toBe('result\n');
  });
});

test('the screen of these tests is one', () => {
  expect(screen('one\ntwo\r\u001b[2Kx\n', 80)).toEqual(['one', 'x']);
  expect(screen('one\ntwo\n\u001b[2A\u001b[2Kthree', 80)).toEqual(['three', 'two']);
  expect(screen('abcdef\rx', 4)).toEqual(['abcd', 'xf']);
  expect(screen('a\tb\u001b[9Ac', 80)).toEqual(['a       bc']);
});

describe('several kernels at once', () => {
  const [a, b] = ['debian-12', 'debian-13'];
  const build = (cell: string, detail?: string) => ({
    step: 'image' as const,
    cell,
    of: cell,
    text: 'building the image',
    ...(detail === undefined ? {} : { detail }),
  });
  const install = (cell: string, detail?: string) => ({ ...build(cell, detail), step: 'verify' as const, text: 'installing' });
  const end = (cell: string, text: string) => ({ step: 'verify' as const, cell, text, finished: true });

  test('each has a line that lives, and leaves one that stays', () => {
    const { terminal: t, stdout, stderr, later } = terminal(80);
    const seen = () => screen(stderr.text, 80);
    t.progress({ step: 'download', text: 'reading vendor.tgz' });
    expect(seen()).toEqual(['reading vendor.tgz']);
    t.progress(build(a));
    expect(seen()).toEqual(['debian-12: building the image']);
    t.progress(build(b));
    later();
    t.progress(build(a, 'Step 3/9'));
    expect(seen()).toEqual(['debian-12: building the image: Step 3/9', 'debian-13: building the image']);
    t.progress(install(b));
    later();
    t.progress(install(b, 'CC\t[M] mst_main.o'));
    expect(seen()).toEqual(['debian-12: building the image: Step 3/9', 'debian-13: installing: CC [M] mst_main.o']);
    t.progress(end(b, 'patched builds, 12 s'));
    expect(seen()).toEqual(['debian-13: patched builds, 12 s', 'debian-12: building the image: Step 3/9']);
    t.warn('the disk is\nnearly full');
    t.progress(install(a));
    expect(seen()).toEqual(['debian-13: patched builds, 12 s', 'warning: the disk is', '  nearly full', 'debian-12: installing']);
    t.progress(end(a, 'vendor fails, 9 s'));
    t.progress(end(a, 'patched builds, 10 s'));
    t.result('the table');
    const left = ['debian-13: patched builds, 12 s', 'warning: the disk is', '  nearly full'];
    expect(seen()).toEqual([...left, 'debian-12: vendor fails, 9 s', 'debian-12: patched builds, 10 s']);
    expect(stdout.text).toBe('the table\n');
  });

  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };

  /** Some step of some cell. @returns what of it stays */
  function takeStep(t: Terminal, cell: string, step: number): string[] {
    if (random(5) === 0) {
      t.progress(end(cell, `ended ${step}`));
      return [`${cell}: ended ${step}`];
    }
    t.progress(random(2) === 0 ? build(cell, 'x'.repeat(random(200))) : install(cell, `\t${'y '.repeat(random(90))}`));
    return [];
  }

  /** What stays comes first; below it a live line for a cell at most, none longer than the terminal is wide. */
  function expectLines(lines: string[], stays: string[], cells: string[]): void {
    expect(lines.slice(0, stays.length)).toEqual(stays);
    const live = lines.slice(stays.length).map((line) => line.replace(/:.*/, ''));
    expect(new Set(live).size).toBe(live.length);
    expect(live.every((cell) => cells.includes(cell))).toBe(true);
  }

  test('whatever comes in whatever order, nothing of what lives is left, and what stays comes once', () => {
    for (let run = 0; run < 100; run++) {
      const columns = 20 + random(60);
      const { terminal: t, stderr, later } = terminal(columns);
      const stays: string[] = [];
      const cells = Array.from({ length: 1 + random(6) }, (_, i) => `k${i}`);
      for (let step = 0; step < 40; step++) {
        if (random(3) === 0) later();
        stays.push(...takeStep(t, cells[random(cells.length)] ?? '', step));
        expectLines(screen(stderr.text, columns), stays, cells);
      }
      if (random(2) === 0) t.result('done');
      else t.error('stays', 'hint', undefined);
      const lines = screen(stderr.text, columns);
      expect(lines.slice(0, stays.length)).toEqual(stays);
      expect([[], ['mft-patch: stays', '  hint']]).toContainEqual(lines.slice(stays.length));
    }
  });

  test('lines are cut to the width, so that none breaks into two', () => {
    const { terminal: t, stderr, later } = terminal(40);
    t.progress(install(a, 'x'.repeat(100)));
    t.progress(install(b, `${'y'.repeat(10)}\t${'z'.repeat(100)}`));
    later();
    t.progress(install(b, 'z'.repeat(100)));
    const lines = screen(stderr.text, 40);
    expect(lines).toEqual([`debian-12: installing: ${'x'.repeat(16)}`, `debian-13: installing: ${'z'.repeat(16)}`]);
    expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([39]));
  });

  test('what does not change what is done is not drawn at once', () => {
    const { terminal: t, stderr, later } = terminal(80);
    t.progress(install(a));
    const before = stderr.text;
    for (let i = 0; i < 50; i++) t.progress(install(a, `line ${i}`));
    expect(stderr.text).toBe(before);
    later();
    t.progress(install(a, 'line 50'));
    expect(screen(stderr.text, 80)).toEqual(['debian-12: installing: line 50']);
  });

  test('without a terminal each step is a plain line, and no line comes twice', () => {
    const { terminal: t, stderr } = terminal();
    t.progress({ step: 'download', text: 'reading vendor.tgz' });
    for (const cell of [a, b, a, b]) t.progress(build(cell));
    for (let i = 0; i < 5; i++) for (const cell of [a, b]) t.progress(install(cell, `line ${i}`));
    for (const cell of [b, a]) t.progress(end(cell, 'patched builds, 12 s'));
    t.result('the table');
    const lines = ['reading vendor.tgz', `${a}: building the image`, `${b}: building the image`, `${a}: installing`, `${b}: installing`];
    expect(stderr.text.split('\n')).toEqual([...lines, `${b}: patched builds, 12 s`, `${a}: patched builds, 12 s`, '']);
  });
});
