/** When, how long, with what a matrix was run, in words. */
import type { MatrixDocument, Provenance } from '../documents/index.js';

/** What is known of the run, each fact by itself: when, how long, the program, the engine, the images' age. */
export function runFacts(document: MatrixDocument): string[] {
  const on = document.cells.flatMap(({ vendor, patched }) => [vendor?.on, patched.on]).filter((some) => some !== undefined);
  const [date, age] = [dateOf(document), ageOf(on)];
  return [
    date === undefined ? '' : moment(date),
    document.seconds === undefined ? '' : duration(document.seconds),
    ...each(on.map(({ program }) => `mft-patch ${program.version}`)),
    ...each(on.map(({ engine }) => engine)),
    age === '' ? '' : `images ${age}`,
    reusedCount(document),
  ].filter((fact) => fact !== '');
}

/** With which dkms and compilers: `dkms 2.8 and 3.0.10`, `gcc 10.2.1 and 12.2.0`; nothing where that is not known. */
export function toolFacts({ cells }: MatrixDocument): string[] {
  const tools = cells.flatMap(({ vendor, patched }) => [vendor?.tools, patched.tools]).filter((some) => some !== undefined);
  // gcc (Debian 12.2.0-14) 12.2.0, and with a date: gcc (Debian 10.2.1-6) 10.2.1 20210110
  const compilers = tools.flatMap(({ compiler }) => /^(\S+) \(.*?\) (\d+(?:\.\d+)+)/.exec(compiler)?.slice(1) ?? []);
  const versions = [each(tools.map(({ dkms }) => dkms)), each(compilers.filter((_, index) => index % 2 === 1))];
  const names = ['dkms', each(compilers.filter((_, index) => index % 2 === 0)).join(', ')];
  return versions.flatMap((list, index) => {
    const some = list.filter((version) => version !== '');
    return some.length === 0 ? [] : [`${names[index]} ${some.join(', ')}`];
  });
}

/** `38 of 40 verdicts reused`; empty if all are of this run. */
function reusedCount({ cells }: MatrixDocument): string {
  const verdicts = cells.flatMap(({ vendor, patched }) => (vendor ? [vendor, patched] : [patched]));
  const count = verdicts.filter(({ reused }) => reused !== undefined).length;
  return count === 0 ? '' : `${count} of ${verdicts.length} verdicts reused`;
}

/** When the run began, or the first of its tests; undefined if nothing ran. */
export function dateOf({ date, cells }: MatrixDocument): string | undefined {
  const [first] = cells
    .flatMap(({ vendor, patched }) => [vendor?.on?.date, patched.on?.date])
    .filter((date) => date !== undefined)
    .sort();
  return date ?? first;
}

/** `2026-11-26 03:12 UTC`. */
export function moment(date: string): string {
  return `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
}

/** How old the images were when they were used: `2 days old`, or `0 to 3 days old`; empty if that is unknown. */
export function ageOf(on: readonly Pick<Provenance, 'date' | 'imageCreated'>[]): string {
  const days = on
    .map(({ date, imageCreated = '' }) => Math.max(0, Math.floor((Date.parse(date) - Date.parse(imageCreated)) / 86_400_000)))
    .filter(Number.isFinite);
  if (days.length === 0) return '';
  const [least, most] = [Math.min(...days), Math.max(...days)];
  return `${least === most ? '' : `${least} to `}${most} ${most === 1 ? 'day' : 'days'} old`;
}

/** How long something takes. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 120 ? `${seconds} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function each(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
