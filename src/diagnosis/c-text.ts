/** Declarations in the text of a C header. Not a parser: the kernel's own style of writing is relied on. */

/** A declaration as it stands in a header. */
export interface Declaration {
  /** On one line, without the body. */
  text: string;
  /** What a function does, or what a macro stands for. */
  body: string;
  /** The parameters; undefined for what takes none in brackets. */
  parameters?: string[];
}

/** A header without its comments; the lines stay. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ''));
}

/** How a name is declared: as a function if it is one, else as whatever it is. The text has no comments. */
export function declarationOf(text: string, name: string): Declaration | undefined {
  const lines = text.split('\n');
  const word = new RegExp(`^(?:[A-Za-z_].*)?\\b${name}\\b`);
  const define = new RegExp(`^\\s*#\\s*define\\s+${name}\\b`);
  const found = lines.flatMap((line, index) => {
    if (define.test(line)) return [macroAt(lines, index, name)];
    return /^[A-Za-z_]/.test(line) && word.test(line) && !/^(return|goto|EXPORT_)/.test(line)
      ? (statementAt(lines, index, name) ?? [])
      : [];
  });
  return found.find(({ parameters }) => parameters !== undefined) ?? found[0];
}

/** The names that a header declares, in their order. */
export function declaredNames(text: string): string[] {
  const names = [...text.matchAll(/^(?:[A-Za-z_][^\n;={}#]*?\b|\s*#\s*define\s+)([A-Za-z_]\w+)\s*\(/gm)].map(([, name = '']) => name);
  return [...new Set(names)];
}

function macroAt(lines: readonly string[], index: number, name: string): Declaration {
  let end = index;
  while (lines[end]?.endsWith('\\')) end += 1;
  const whole = oneLine(
    lines
      .slice(index, end + 1)
      .join('\n')
      .replaceAll('\\\n', ' '),
  );
  const [head = whole, parameters] = new RegExp(`^# ?define ${name}(?:\\(([^)]*)\\))?`).exec(whole) ?? [];
  return { text: head, body: whole.slice(head.length).trim(), ...(parameters === undefined ? {} : { parameters: split(parameters) }) };
}

function statementAt(lines: readonly string[], index: number, name: string): Declaration | undefined {
  let start = index;
  // The type may stand on a line of its own.
  while (
    start > 0 &&
    index - start < 3 &&
    /^[A-Za-z_][\w\s*()]*$/.test(lines[start - 1] ?? '') &&
    !/\b(else|do)\b/.test(lines[start - 1] ?? '')
  )
    start -= 1;
  const rest = lines.slice(start, index + 400).join('\n');
  const end = endOf(rest, ';{');
  const head = oneLine(rest.slice(0, end));
  const at = new RegExp(`\\b${name}\\s*\\(`).exec(head);
  // A word in the parameters of another function declares nothing.
  if (at === null && (/\(/.test(head.slice(0, head.search(new RegExp(`\\b${name}\\b`)))) || rest[end] === '{')) return undefined;
  const body = rest[end] === '{' ? oneLine(rest.slice(end + 1, end + 1 + endOf(rest.slice(end + 1), '}'))) : '';
  return { text: head, body, ...(at ? { parameters: split(inBrackets(head.slice(at.index + at[0].length))) } : {}) };
}

/** The members of a struct or union, each as it is written, in their order; undefined if the text does not define it. */
export function membersOf(text: string, struct: string): string[] | undefined {
  const start = new RegExp(`^[ \\t]*(?:typedef )?${struct.replace(' ', '\\s+')}\\b[^;(){}]*\\{`, 'm').exec(text);
  if (start === null) return undefined;
  const rest = text.slice(start.index + start[0].length);
  const lines = rest
    .slice(0, endOf(rest, '}'))
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .split(/[;{}]/)
    .map(oneLine)
    .filter((member) => member !== '' && !/^(struct|union)( \w+)?$/.test(member));
}

/** What may follow the name of a member: an array's size, bits, and attributes as the kernel writes them. */
const afterName =
  /(?:\s*\[[^\]]*\]|\s*:\s*\d+|\s+__(?:aligned|packed|rcu|percpu|counted_by|private|cacheline|attribute)\w*(?:\([^)]*\))*)*\s*$/;

/** The name that a member has. */
export function memberName(member: string): string {
  const pointer = /\(\s*\*\s*(?:const )?(\w+)\s*\)/.exec(member)?.[1];
  return pointer ?? /\w+$/.exec(member.replace(afterName, ''))?.[0] ?? '';
}

/** A type without the names of parameters and without blanks that do not matter, so that two can be compared. */
export function plainType(type: string): string {
  return oneLine(type)
    .replace(/\(\s*\*\s*\w*\s*\)/, '(*)')
    .replace(
      /\b((?:struct|union|enum) \w+ ?\**|(?:unsigned |signed )?(?:int|long|char|short)\b ?\**|void ?\*+|\w+_t ?\**|bool) ?\w+(?=[,)])/g,
      '$1',
    )
    .replace(/\s*([*(),])\s*/g, '$1')
    .replace(/^extern /, '');
}

/** Where the first of these characters is outside of brackets and braces; the end of the text if it is nowhere. */
function endOf(text: string, wanted: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (depth === 0 && wanted.includes(character)) return index;
    if ('({['.includes(character)) depth += 1;
    if (')}]'.includes(character)) depth -= 1;
  }
  return text.length;
}

function inBrackets(text: string): string {
  return text.slice(0, endOf(text, ')'));
}

/** The parts between the commas that are in no brackets. */
export function split(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'void') return [];
  const end = endOf(trimmed, ',');
  return end === trimmed.length ? [trimmed] : [trimmed.slice(0, end).trim(), ...split(trimmed.slice(end + 1))];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
