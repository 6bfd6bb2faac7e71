import type { Clock } from '../../src/cli/clock.js';

/** Stands in for the clock: time passes when a test says so, and what was to be done in it is done then. */
export class StandInClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<{ ms: number; next: number; work: () => void }>();

  now(): number {
    return this.#now;
  }

  every(ms: number, work: () => void): () => void {
    const timer = { ms, next: this.#now + ms, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many are to be done again and again. */
  get waiting(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [first] = [...this.#timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next);
      if (first === undefined) break;
      this.#now = first.next;
      first.next += first.ms;
      first.work();
    }
    this.#now = end;
  }
}
