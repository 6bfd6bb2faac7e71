import type { Progress } from '../context.js';
import { color, colorVerdicts } from '../report/colors.js';
import { type Clock, systemClock } from './clock.js';
import { LiveLines } from './live-lines.js';
import { isOnGitHub, PlainLines } from './plain-lines.js';
import { Running, titleOf } from './running.js';
import { type ColorChoice, hasColor, type Output, printable, type View, withoutCommands } from './streams.js';

/** What was asked for by --quiet and --verbose. */
export interface TerminalOptions {
  quiet: boolean;
  verbose: boolean;
}

/** Results go to stdout, everything else to stderr: on a terminal progress is live lines, elsewhere plain ones. */
export class Terminal {
  #options: TerminalOptions = { quiet: false, verbose: false };
  #color: ColorChoice = 'auto';
  readonly #running: Running;
  readonly #env: NodeJS.ProcessEnv;
  readonly #clock: Clock;
  #view: View | undefined;

  constructor(
    readonly stdout: Output,
    readonly stderr: Output,
    { env = {}, clock = systemClock }: { env?: NodeJS.ProcessEnv; clock?: Clock } = {},
  ) {
    [this.#env, this.#clock] = [env, clock];
    this.#running = new Running(clock);
  }

  /** @param choice --color, or what the project file says of it */
  setColor(choice: ColorChoice): void {
    this.#color = choice;
  }

  setUp(options: TerminalOptions): void {
    this.#options = options;
    if (options.quiet) return;
    this.#view ??= this.stderr.isTTY
      ? new LiveLines(this.stderr, this.#running, this.#clock)
      : new PlainLines(this.stderr, this.#running, this.#clock, this.#env);
  }

  /** Prints the result, after which nothing is in progress. @param hasVerdicts its verdicts are coloured */
  result(text: string, { hasVerdicts = false } = {}): void {
    this.#view?.end();
    const safe = this.#safe(text);
    this.stdout.write(`${hasVerdicts && this.#hasColor(this.stdout) ? colorVerdicts(safe) : safe}\n`);
  }

  warn(text: string): void {
    this.#line(`warning: ${text.replaceAll('\n', '\n  ')}`);
  }

  error(message: string, hint: string, cause: unknown): void {
    this.#view?.end();
    this.#line(`mft-patch: ${message}\n  ${hint}`);
    if (this.#options.verbose && cause instanceof Error) this.#line(String(cause.stack));
  }

  debug(text: string): void {
    if (this.#options.verbose) this.#line(text);
  }

  progress(progress: Progress): void {
    if (this.#options.quiet || this.#view === undefined) return;
    const isNew = this.#running.take(progress);
    const { finished = false, step } = progress;
    const safe = this.#safe(titleOf(progress));
    const title = isNew && this.#hasColor(this.stderr) ? colorVerdicts(safe) : safe;
    this.#view.show({ title, isNew, isFinished: finished, isWaiting: step === 'wait' });
  }

  #line(text: string): void {
    this.#view?.clear();
    const safe = this.#safe(text);
    const starts = [/^warning:/, /^mft-patch:/].map((start) => start.exec(safe)?.[0] ?? '');
    const [start = ''] = starts.filter((found) => found !== '');
    const isColored = start !== '' && this.#hasColor(this.stderr);
    this.stderr.write(`${isColored ? color(start === 'warning:' ? 'yellow' : 'red', start) : start}${safe.slice(start.length)}\n`);
  }

  #safe(text: string): string {
    return isOnGitHub(this.#env) ? withoutCommands(printable(text)) : printable(text);
  }

  #hasColor(stream: Output): boolean {
    return hasColor(stream, this.#color, this.#env);
  }
}
