import type { Progress } from '../context.js';

/** A stream to write on; `columns` is there if it is a terminal. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Results go to stdout, everything else to stderr: on a terminal progress is one live line, elsewhere plain lines. */
export class Terminal {
  #quiet = false;
  #verbose = false;
  /** What is going on, by cell, and how many lines of the screen it takes at this moment. */
  readonly #running = new Map<string, { text: string; line: string }>();
  #drawn = 0;
  #lastTime = 0;
  /** Where the bytes of the step began. */
  #start = { text: '', time: 0, done: 0 };

  constructor(
    readonly stdout: Output,
    readonly stderr: Output,
  ) {}

  setUp({ quiet, verbose }: { quiet: boolean; verbose: boolean }): void {
    this.#quiet = quiet;
    this.#verbose = verbose;
  }

  result(text: string): void {
    this.#clearLive();
    this.stdout.write(`${stripControlChars(text)}\n`);
  }

  warn(text: string): void {
    this.#line(`warning: ${text.replaceAll('\n', '\n  ')}`);
  }

  error(message: string, hint: string, cause: unknown): void {
    this.#line(`mft-patch: ${message}\n  ${hint}`);
    if (this.#verbose && cause instanceof Error) this.#line(String(cause.stack));
  }

  debug(text: string): void {
    if (this.#verbose) this.#line(text);
  }

  progress(progress: Progress): void {
    if (this.#quiet) return;
    const { cell = '', text, finished } = progress;
    const isNew = finished || this.#running.get(cell)?.text !== text;
    // What concerns all cells has ended when the first of them begins.
    if (cell !== '') this.#running.delete('');
    if (finished) this.#running.delete(cell);
    else this.#running.set(cell, { text, line: renderProgress(progress, this.#speed(progress)) });
    if (!this.stderr.isTTY) {
      if (isNew) this.stderr.write(`${stripControlChars(text).replaceAll('\n', ' ')}\n`);
      return;
    }
    const now = performance.now();
    if (!isNew && now - this.#lastTime < 100) return;
    this.#lastTime = now;
    this.#clearLive();
    if (finished) this.stderr.write(`${stripControlChars(text)}\n`);
    this.#drawLive();
  }

  #speed({ text, done = 0 }: Progress): number {
    const time = performance.now();
    if (this.#start.text !== text) this.#start = { text, time, done };
    // The first moments tell nothing.
    return time - this.#start.time < 500 ? 0 : ((done - this.#start.done) / (time - this.#start.time)) * 1000;
  }

  #line(text: string): void {
    this.#clearLive();
    this.stderr.write(`${stripControlChars(text)}\n`);
  }

  /** One line for each cell that is worked on. */
  #drawLive(): void {
    const width = (this.stderr.columns ?? 80) - 1;
    const titled = (cell: string, line: string) => (cell === '' || line.startsWith(`${cell}: `) ? line : `${cell}: ${line}`);
    // A tab would take more columns than it counts for.
    const lines = [...this.#running].map(([cell, { line }]) => stripControlChars(titled(cell, line)).replace(/\s/g, ' '));
    this.stderr.write(lines.map((line) => `\r\u001b[2K${line.slice(0, width)}`).join('\n'));
    this.#drawn = lines.length;
  }

  #clearLive(): void {
    if (this.#drawn > 0) this.stderr.write(`\r\u001b[2K${'\u001b[1A\u001b[2K'.repeat(this.#drawn - 1)}`);
    this.#drawn = 0;
  }
}

const barWidth = 20;

/**
 * How far a step is, as one line: what it does, or a bar with size, speed and time left where it moves bytes.
 *
 * @param speed bytes per second so far
 */
function renderProgress({ text, detail, done, total }: Progress, speed = 0): string {
  if (done === undefined) return detail === undefined ? text : `${text}: ${detail}`;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const pace = speed > 0 ? `, ${megabytes(speed)} MB/s` : '';
  if (total === undefined) return `${text}: ${megabytes(done)} MB${pace}`;
  const full = Math.floor((done / total) * barWidth);
  const left = speed > 0 ? `, ${Math.ceil((total - done) / speed)} s left` : '';
  return `${text}: [${'#'.repeat(full).padEnd(barWidth)}] ${megabytes(done)} of ${megabytes(total)} MB${pace}${left}`;
}

/** Names and compilers' words come from archives: a control character in them must not steer the terminal. */
function stripControlChars(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
