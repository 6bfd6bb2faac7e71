/** What is written on, and what may be written there. */

/** A stream to write on; columns and rows are there if it is a terminal. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** What happened in the work. */
export interface News {
  /** The step, fit to be written. */
  title: string;
  /** It is another step than before, or its end. */
  isNew: boolean;
  isFinished: boolean;
  /** It waits for another step. */
  isWaiting: boolean;
}

/** How progress is shown. */
export interface View {
  show(news: News): void;
  /** Makes room for something else. */
  clear(): void;
  end(): void;
}

/** Names and compilers' words come from archives: a control character in them must not steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The same where GitHub's runner reads: nor may a line be taken for a command to it, as `::add-mask::` is. */
export function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1\ufffd');
}

export const colorChoices = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof colorChoices)[number];

/**
 * Whether a stream is written on in colour.
 * @param choice --color, which goes before the environment
 * @param env `NO_COLOR` as no-color.org has it: set and not empty; `TERM` that names a terminal without colours
 */
export function hasColor({ isTTY }: Output, choice: ColorChoice, { NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  return isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}
