/**
 * Control data as deb822(5) describes it. A paragraph is kept as text, and changed in place, so that what is not
 * changed stays to the byte.
 */

/** The fields of the first paragraph, names in lower case. Continuation lines are joined by newlines, without their first blank. */
export function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name: string | undefined;
  for (const line of firstParagraph(text)) {
    const field = /^\s/.test(line) ? null : /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (field?.[1] !== undefined) {
      name = field[1].toLowerCase();
      fields.set(name, (field[2] ?? '').trimEnd());
    } else if (name !== undefined && /^\s/.test(line)) {
      fields.set(name, `${fields.get(name)}\n${line.slice(1).trimEnd()}`);
    } else {
      throw new SyntaxError(`'${line}' is neither a field nor a continuation line`);
    }
  }
  return fields;
}

/**
 * The first paragraph as it stands, without some of its fields.
 * @param names of the fields to leave out, in lower case
 * @returns its lines, each with a newline; none of them is empty
 */
export function paragraphWithout(text: string, names: readonly string[]): string {
  let isLeftOut = false;
  const lines = firstParagraph(text).filter((line) => {
    if (!/^\s/.test(line)) isLeftOut = names.includes(line.split(':', 1)[0]?.toLowerCase() ?? '');
    return !isLeftOut;
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines up to the empty one that ends the paragraph, without comments. */
function firstParagraph(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const start = lines.findIndex((line) => line.trim() !== '');
  if (start < 0) return [];
  const length = lines.slice(start).findIndex((line) => line.trim() === '');
  return lines.slice(start, length < 0 ? undefined : start + length);
}

/** The paragraph with the one-line field `name` set to `value`. The field must be there. */
export function setField(text: string, name: string, value: string): string {
  const line = new RegExp(`^${name}:.*$`, 'im');
  if (!line.test(text)) throw new SyntaxError(`missing field ${name}`);
  return text.replace(line, () => `${name}: ${value}`);
}
