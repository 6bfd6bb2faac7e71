import type { Progress } from './context.js';
import { renderProgress } from './report/progress.js';

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
  #live = false;
  #lastText = '';
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
    this.stdout.write(`${harmless(text)}\n`);
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
    if (!this.stderr.isTTY) {
      if (progress.text !== this.#lastText) this.#line(progress.text);
      this.#lastText = progress.text;
      return;
    }
    const now = performance.now();
    if (progress.text === this.#lastText && now - this.#lastTime < 100) return;
    this.#lastText = progress.text;
    this.#lastTime = now;
    this.#live = true;
    this.stderr.write(`\r\u001b[2K${harmless(renderProgress(progress, this.#speed(progress))).slice(0, (this.stderr.columns ?? 80) - 1)}`);
  }

  #speed({ text, done = 0 }: Progress): number {
    const time = performance.now();
    if (this.#start.text !== text) this.#start = { text, time, done };
    // The first moments tell nothing.
    return time - this.#start.time < 500 ? 0 : ((done - this.#start.done) / (time - this.#start.time)) * 1000;
  }

  #line(text: string): void {
    this.#clearLive();
    this.stderr.write(`${harmless(text)}\n`);
  }

  #clearLive(): void {
    if (this.#live) this.stderr.write('\r\u001b[2K');
    this.#live = false;
  }
}

/** Names and compilers' words come from archives: a control character in them must not steer the terminal. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
