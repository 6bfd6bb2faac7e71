import { describe, expect, test } from 'vitest';
import { type Output, Terminal } from '../../src/terminal.js';

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
  const made = new Terminal(stdout, stderr);
  made.setUp(options);
  return { terminal: made, stdout, stderr };
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
