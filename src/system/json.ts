import { fail, messageOf } from '../errors.js';

/** A document as it is written to a file or to stdout. */
export function asJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Parses the text of a data file that a user edits. @throws bad-catalogue naming the file and the line */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail({ code: 'bad-catalogue', file, line: badLine(text), detail: messageOf(error) }, error);
  }
}

/** The line at which a text stops being JSON: V8 names no place for some faults. */
function badLine(text: string): number {
  const lines = text.trimEnd().split('\n');
  for (const index of lines.keys()) {
    const part = lines
      .slice(0, index + 1)
      .join('\n')
      .trimEnd();
    try {
      JSON.parse(part);
    } catch (error) {
      const message = messageOf(error);
      const place = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
      // Where the part only ends too early, the fault is in a later line; but a string cannot continue there.
      const endsEarly = /end of JSON/.test(message) || (place >= part.length && !/string in JSON/.test(message));
      if (!endsEarly) return index + 1;
    }
  }
  return lines.length;
}
