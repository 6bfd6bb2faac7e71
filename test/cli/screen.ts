/** A model of a terminal, for the tests of what is shown on one. */

/**
 * The lines of a terminal so many columns wide after it was written to; blanks at the ends of lines, and empty lines at the
 * end, are left out.
 */
export function screen(text: string, columns: number): string[] {
  const model = new Model(columns);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is steered by them
  for (const [token, count, letter] of text.matchAll(/\u001b\[(\d*)([A-Z])|[\s\S]/gi)) {
    if (letter === undefined) model.take(token);
    else model.steer(token, letter, Number(count || 1));
  }
  const lines = model.rows.map((line) => line.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

class Model {
  readonly rows: string[][] = [[]];
  private row = 0;
  private column = 0;

  constructor(readonly columns: number) {}

  /** A sequence that begins with ESC. */
  steer(token: string, letter: string, count: number): void {
    if (token === '\u001b[2K') this.rows[this.row] = [];
    else if (letter === 'A') this.row = Math.max(0, this.row - count);
    else throw new Error(`the model does not know ${JSON.stringify(token)}`);
  }

  /** A single character. */
  take(token: string): void {
    if (token === '\r') this.column = 0;
    // The line discipline makes a carriage return of the newline, too.
    else if (token === '\n') this.down();
    else if (token === '\t') this.column = Math.min(this.columns - 1, (Math.floor(this.column / 8) + 1) * 8);
    else if (token < ' ') throw new Error(`the model does not know ${JSON.stringify(token)}`);
    else this.put(token);
  }

  private put(token: string): void {
    if (this.column === this.columns) this.down();
    const line = this.rows[this.row] ?? [];
    while (line.length < this.column) line.push(' ');
    line[this.column++] = token;
  }

  private down(): void {
    this.column = 0;
    this.row++;
    this.rows[this.row] ??= [];
  }
}
