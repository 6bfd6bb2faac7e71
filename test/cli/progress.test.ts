/** Progress in the course of time: on a terminal, in the log of a CI service, on GitHub. */
import { expect, test } from 'vitest';
import { Terminal } from '../../src/cli/terminal.js';
import { screen } from './screen.js';
import { StandInClock } from './stand-in-clock.js';

function open({ env = {}, ...tty }: { env?: NodeJS.ProcessEnv; isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  const clock = new StandInClock();
  const terminal = new Terminal({ write: (text) => written.push(`result: ${text}`) }, { write, ...tty }, { env, clock });
  terminal.setUp({ quiet: false, verbose: false });
  return { terminal, clock, text: () => written.join(''), lines: () => screen(written.join(''), tty.columns ?? 80) };
}

const onTerminal = { isTTY: true, columns: 80, rows: 24 };
const step = { step: 'verify' as const, of: 'debian-12', text: 'installing the package' };

test('a live line says for how long, and goes on by itself while nothing comes', () => {
  const { terminal, clock, lines } = open(onTerminal);
  terminal.progress(step);
  expect(lines()).toEqual(['debian-12: installing the package']);
  clock.pass(12_000);
  expect(lines()).toEqual(['debian-12: installing the package, 12 s']);
  terminal.progress({ ...step, detail: 'CC mst_main.o' });
  clock.pass(118_500);
  expect(lines()).toEqual(['debian-12: installing the package, 2 min 10 s: CC mst_main.o']);
  terminal.progress({ ...step, text: 'booting' });
  expect(lines()).toEqual(['debian-12: booting']);
});

test('what waits is one line for each reason, with the names once', () => {
  const { terminal, lines } = open({ ...onTerminal, columns: 120 });
  const wait = { step: 'wait' as const, text: 'waiting for one of 2 containers' };
  for (const cell of ['debian-11', 'debian-12', 'debian-13']) terminal.progress({ ...wait, cell });
  terminal.progress({ ...step, cell: 'debian-11' });
  terminal.progress({ ...wait, text: 'waiting for an image that another kernel makes', cell: 'sid' });
  const waiting = ['waiting for one of 2 containers: debian-12; debian-13', 'waiting for an image that another kernel makes: sid'];
  expect(lines()).toEqual(['debian-11: installing the package', ...waiting]);
});

test('the packages of a kernel take the place of its line, and no name comes twice', () => {
  const { terminal, lines } = open(onTerminal);
  terminal.progress({ step: 'image', of: 'debian-12', cell: 'debian-12', text: 'building the image' });
  expect(lines()).toEqual(['debian-12: building the image']);
  terminal.progress({ ...step, cell: 'debian-12, vendor' });
  terminal.progress({ ...step, cell: 'debian-12, patched' });
  expect(lines()).toEqual(['debian-12, vendor: installing the package', 'debian-12, patched: installing the package']);
});

test('more lines than the terminal has are not drawn: what has scrolled away cannot be cleared', () => {
  const { terminal, lines } = open({ ...onTerminal, rows: 5 });
  for (const cell of ['a', 'b', 'c', 'd']) terminal.progress({ ...step, cell });
  expect(lines()).toEqual(['a: installing the package', 'b: installing the package', 'and 2 more']);
});

test('after the end nothing is drawn, and nothing waits to be', () => {
  for (const how of ['result', 'error'] as const) {
    const { terminal, clock, text } = open(onTerminal);
    terminal.progress(step);
    if (how === 'result') terminal.result('the table');
    else terminal.error('it broke', 'fix it', undefined);
    const before = text();
    clock.pass(60_000);
    expect(text()).toBe(before);
    expect(clock.waiting).toBe(0);
  }
});

/** The moments at which lines came, in seconds, while time passes. */
function moments({ clock, text }: Pick<ReturnType<typeof open>, 'clock' | 'text'>, seconds: number): number[] {
  let length = text().length;
  return Array.from({ length: seconds }, (_, second) => second + 1).filter(() => {
    clock.pass(1000);
    const isMore = text().length > length;
    length = text().length;
    return isMore;
  });
}

test('in CI a line comes at least once a minute, and says what is worked on', () => {
  const opened = open({ env: { CI: 'true' } });
  const silent = moments(opened, 130);
  opened.terminal.progress({ ...step, cell: 'debian-12, patched', detail: 'CC mst_main.o' });
  const times = [0, ...silent, 130, ...moments(opened, 300).map((second) => second + 130)];
  for (const [index, time] of times.entries()) expect(time - (times[index - 1] ?? 0)).toBeLessThanOrEqual(60);
  expect(times.at(-1)).toBeGreaterThan(370);
  const [first, , begun, sign] = opened.text().split('\n');
  expect(first).toBe('still working; 50 s in all');
  expect(begun).toBe('debian-12, patched: installing the package');
  expect(sign).toBe('still working; 3 min 0 s in all; debian-12, patched: installing the package, 50 s: CC mst_main.o');
  opened.terminal.result('done');
  expect(opened.clock.waiting).toBe(0);
});

test('without CI, with CI=false, and on a terminal there are no such lines', () => {
  for (const env of [{}, { CI: '' }, { CI: 'false' }]) {
    const opened = open({ env });
    opened.terminal.progress(step);
    expect(moments(opened, 200), JSON.stringify(env)).toEqual([]);
  }
  const { terminal, clock, lines } = open({ ...onTerminal, env: { CI: 'true' } });
  terminal.progress(step);
  clock.pass(200_000);
  expect(lines()).toEqual(['debian-12: installing the package, 3 min 20 s']);
});

test('on GitHub progress is a group, and results, warnings and errors are outside', () => {
  const { terminal, text } = open({ env: { CI: 'true', GITHUB_ACTIONS: 'true' } });
  terminal.progress(step);
  terminal.progress({ ...step, text: 'booting' });
  terminal.warn('the disk is nearly full');
  terminal.progress({ ...step, text: 'removing' });
  terminal.result('the table');
  expect(text().split('\n')).toEqual([
    '::group::Progress',
    'debian-12: installing the package',
    'debian-12: booting',
    '::endgroup::',
    'warning: the disk is nearly full',
    '::group::Progress',
    'debian-12: removing',
    '::endgroup::',
    'result: the table',
    '',
  ]);
});

test('on GitHub nothing that comes from a package is a command to the runner', () => {
  const { terminal, text } = open({ env: { GITHUB_ACTIONS: 'true' } });
  terminal.warn('a name\n::add-mask::x');
  terminal.result('::set-output name=a::b\n  ::error::c\nstd::string');
  expect(text()).not.toMatch(/^\s*::/m);
  expect(text()).toContain('std::string');
  const elsewhere = open();
  elsewhere.terminal.result('::a');
  expect(elsewhere.text()).toBe('result: ::a\n');
});
