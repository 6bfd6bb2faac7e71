import { duration } from '../report/run-words.js';
import type { Clock } from './clock.js';
import type { Running } from './running.js';
import { type News, type Output, printable, type View } from './streams.js';

/** After how long without a line one says what is worked on, and how often that is looked at: with both at least one line a minute. */
const longestSilence = 50_000;
const tick = 5000;

/** Progress where no terminal is: a line for each step that begins or ends, and in CI a sign of life. */
export class PlainLines implements View {
  #last: number;
  #stopTicking: (() => void) | undefined;
  #isGroupOpen = false;
  readonly #start: number;

  /**
   * @param env `CI` asks for a line a minute: some services end a job that is silent. `GITHUB_ACTIONS` makes what comes between
   *     two results, warnings or errors a group, which is folded there.
   */
  constructor(
    readonly stream: Output,
    readonly running: Running,
    readonly clock: Clock,
    readonly env: NodeJS.ProcessEnv,
  ) {
    this.#start = clock.now();
    this.#last = this.#start;
    if (isSet(env.CI) || isOnGitHub(env)) this.#stopTicking = clock.every(tick, () => this.#giveSign());
  }

  show({ title, isNew, isWaiting }: News): void {
    // That one waits for another is nothing that happens.
    if (isNew && !isWaiting) this.#write(title);
  }

  #write(text: string): void {
    if (isOnGitHub(this.env) && !this.#isGroupOpen) {
      this.stream.write('::group::Progress\n');
      this.#isGroupOpen = true;
    }
    this.#last = this.clock.now();
    this.stream.write(`${text.replaceAll('\n', ' ')}\n`);
  }

  /** Makes room for what is to be seen at once. */
  clear(): void {
    if (this.#isGroupOpen) this.stream.write('::endgroup::\n');
    this.#isGroupOpen = false;
    this.#last = this.clock.now();
  }

  end(): void {
    this.clear();
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #giveSign(): void {
    if (this.clock.now() - this.#last < longestSilence) return;
    const total = duration(Math.floor((this.clock.now() - this.#start) / 1000));
    this.#write(printable(['still working', `${total} in all`, ...this.running.lines()].join('; ')));
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

/** Whether GitHub's runner reads what is printed, and takes lines with two colons for its own. */
export function isOnGitHub({ GITHUB_ACTIONS }: NodeJS.ProcessEnv): boolean {
  return GITHUB_ACTIONS === 'true';
}
