/** A model of a terminal, for the tests of what is shown on one. */

/** The lines of a terminal so many columns wide after it was written to; blanks at the ends of lines, and empty lines at the end, are left out. */
export function screen(text: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const down = () => {
    row++;
    rows[row] ??= [];
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is steered by them
  for (const [token, count, letter] of text.matchAll(/\u001b\[(\d*)([A-Z])|[\s\S]/gi)) {
    if (token === '\u001b[2K') rows[row] = [];
    else if (letter === 'A') row = Math.max(0, row - Number(count || 1));
    else if (token === '\r') column = 0;
    // The line discipline makes a carriage return of the newline, too.
    else if (token === '\n') [column] = [0, down()];
    else if (token === '\t') column = Math.min(columns - 1, (Math.floor(column / 8) + 1) * 8);
    else if (token < ' ' || token.length > 1) throw new Error(`the model does not know ${JSON.stringify(token)}`);
    else {
      if (column === columns) [column] = [0, down()];
      const line = rows[row] ?? [];
      while (line.length < column) line.push(' ');
      line[column++] = token;
    }
  }
  const lines = rows.map((line) => line.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
