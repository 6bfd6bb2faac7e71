/**
 * Control data as deb822(5) describes it. A paragraph is kept as text, and changed in place, so that what is not
 * changed stays to the byte.
 */

/** The fields of the first paragraph, names in lower case. Continuation lines are joined by newlines, without their first blank. */
export function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (name !== undefined) break;
      continue;
    }
    if (line.startsWith('#')) continue;
    const field = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (field?.[1] !== undefined && !/^\s/.test(line)) {
      name = field[1].toLowerCase();
      fields.set(name, (field[2] ?? '').trimEnd());
    } else if (name !== undefined && /^\s/.test(line)) {
      fields.set(name, `${fields.get(name)}\n${line.slice(1).trimEnd()}`);
    } else {
      throw new SyntaxError(`'${line}' is neither a field nor its continuation`);
    }
  }
  return fields;
}

/** The paragraph with the one-line field `name` set to `value`. The field must be there. */
export function setField(text: string, name: string, value: string): string {
  const line = new RegExp(`^${name}:.*$`, 'im');
  if (!line.test(text)) throw new SyntaxError(`there is no field ${name}`);
  return text.replace(line, () => `${name}: ${value}`);
}
