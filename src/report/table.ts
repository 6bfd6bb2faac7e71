/** Columns as wide as their widest cell, two blanks between them. */
export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a line may take before the last column is continued below. */
const wholeWidth = 100;

/** The same, with the lists in the last column broken at their commas where a line would be too long. */
export function tableOfLists(head: string[], rows: string[][]): string {
  const before = head.slice(0, -1).map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)) + 2);
  const room = wholeWidth - before.reduce((sum, width) => sum + width, 0);
  const broken = rows.flatMap((row) =>
    linesOf(row.at(-1) ?? '', room).map((line, index) => [...(index === 0 ? row.slice(0, -1) : before.map(() => '')), line]),
  );
  return table(head, broken);
}

function linesOf(list: string, room: number): string[] {
  const lines: string[] = [];
  for (const item of list.split(/(?<=,) /)) {
    const longer = `${lines.at(-1) ?? ''} ${item}`.trimStart();
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(item);
  }
  return lines;
}
