import type { Clock } from './clock.js';
import type { Running } from './running.js';
import { type News, type Output, printable, type View } from './streams.js';

/** How often the lines are drawn at most, and how often at least, so that the time in them goes on: milliseconds. */
const pause = 100;
const tick = 1000;

/** Progress on a terminal: below all that stays, a line for each step that is worked on. */
export class LiveLines implements View {
  /** How many lines of the screen they take at this moment. */
  #drawn = 0;
  #last = Number.NEGATIVE_INFINITY;
  #stopTicking: (() => void) | undefined;

  constructor(
    readonly stream: Output,
    readonly running: Running,
    readonly clock: Clock,
  ) {}

  show({ title, isNew, isFinished }: News): void {
    if (!isNew && this.clock.now() - this.#last < pause) return;
    this.clear();
    if (isFinished) this.stream.write(`${title}\n`);
    this.#draw();
    this.#stopTicking ??= this.clock.every(tick, () => {
      this.clear();
      this.#draw();
    });
  }

  /** Takes the lines away, for something else to be written there. */
  clear(): void {
    if (this.#drawn > 0) this.stream.write(`\r\u001b[2K${'\u001b[1A\u001b[2K'.repeat(this.#drawn - 1)}`);
    this.#drawn = 0;
  }

  end(): void {
    this.clear();
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #draw(): void {
    this.#last = this.clock.now();
    const { columns = 80, rows = 24 } = this.stream;
    // A line that has scrolled away cannot be cleared.
    const all = this.running.lines();
    const room = Math.max(1, rows - 2);
    const lines = all.length > room ? [...all.slice(0, room - 1), `and ${all.length - room + 1} more`] : all;
    // A tab would take more columns than it counts for.
    const fitting = lines.map((line) =>
      printable(line)
        .replace(/\s/g, ' ')
        .slice(0, columns - 1),
    );
    this.stream.write(fitting.map((line) => `\r\u001b[2K${line}`).join('\n'));
    this.#drawn = fitting.length;
  }
}
