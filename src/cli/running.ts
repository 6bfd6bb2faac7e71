/** What is in progress, and how it reads. */
import type { Progress } from '../context.js';
import { duration } from '../report/run-words.js';
import type { Clock } from './clock.js';

interface Step {
  progress: Progress;
  /** When it began, and how many bytes it had then. */
  since: number;
  begun: number;
}

/** The steps that are worked on at this moment, one a cell. */
export class Running {
  readonly #steps = new Map<string, Step>();

  constructor(readonly clock: Clock) {}

  /** Takes what happened. @returns whether another step began, or one ended */
  take(progress: Progress): boolean {
    const { cell = '', finished, done = 0 } = progress;
    const before = this.#steps.get(cell);
    const isNew = finished === true || before === undefined || titleOf(before.progress) !== titleOf(progress);
    // `debian-12, patched` goes on with what was `debian-12`; what concerns all cells has ended when the first of them begins.
    for (const name of this.#steps.keys()) if (cell.startsWith(`${name}, `) || (name === '' && cell !== '')) this.#steps.delete(name);
    if (finished) this.#steps.delete(cell);
    else this.#steps.set(cell, isNew ? { progress, since: this.clock.now(), begun: done } : { ...before, progress });
    return isNew;
  }

  /** A line for each step: what it is, for how long, and what it is doing. Those that wait for the same are one line. */
  lines(): string[] {
    const steps = [...this.#steps.values()];
    const waiting = steps.filter(({ progress }) => progress.step === 'wait');
    const reasons = new Set(waiting.map(({ progress }) => progress.text));
    const namesOf = (reason: string) => waiting.flatMap(({ progress }) => (progress.text === reason ? nameOf(progress) : []));
    return [
      ...steps.filter((step) => !waiting.includes(step)).map((step) => this.#line(step)),
      ...[...reasons].map((reason) =>
        [
          reason,
          namesOf(reason)
            .filter((name) => name !== '')
            // A name may hold a comma: `debian-12, patched`.
            .join('; '),
        ]
          .filter(Boolean)
          .join(': '),
      ),
    ];
  }

  #line({ progress, since, begun }: Step): string {
    const { done, detail } = progress;
    const elapsed = this.clock.now() - since;
    const title = titleOf(progress);
    if (done !== undefined) return `${title}: ${bytesOf(progress, done, elapsed < settling ? 0 : ((done - begun) / elapsed) * 1000)}`;
    const seconds = Math.floor(elapsed / 1000);
    return `${title}${seconds === 0 ? '' : `, ${duration(seconds)}`}${detail === undefined ? '' : `: ${detail}`}`;
  }
}

/** A step with the name of what it is done for, once. */
export function titleOf(progress: Progress): string {
  const name = nameOf(progress);
  return name === '' ? progress.text : `${name}: ${progress.text}`;
}

function nameOf({ cell = '', of = '' }: Progress): string {
  return cell === '' ? of : cell;
}

/** The first moments of a transfer tell nothing of its speed: milliseconds. */
const settling = 500;
const barWidth = 20;

/** How far bytes have come: a bar, size, speed and time left. @param speed bytes per second so far; 0 if that is not known */
function bytesOf({ total }: Progress, done: number, speed: number): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const pace = speed > 0 ? `, ${megabytes(speed)} MB/s` : '';
  if (total === undefined) return `${megabytes(done)} MB${pace}`;
  const full = Math.floor((done / total) * barWidth);
  const left = speed > 0 ? `, ${Math.ceil((total - done) / speed)} s left` : '';
  return `[${'#'.repeat(full).padEnd(barWidth)}] ${megabytes(done)} of ${megabytes(total)} MB${pace}${left}`;
}
