/** Small changes to bytes, as data: an input is its base and its edits, and becomes smaller when some are left out. */
import fc from 'fast-check';

/** Texts that have a meaning for one of the parsers. */
const tokens = [
  ...[
    '\0',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '/',
    '..',
    '../../../tmp/outside',
    '/tmp/outside',
    './',
    '~',
    '%s',
    '\ufeff',
    '\u0130',
    '\u202e',
    '\ud83d\ude00',
  ],
  ...[
    '0',
    '-1',
    '1e9',
    '0x10',
    '07777777777',
    '99999999999',
    '4294967296',
    '18446744073709551616',
    'NaN',
    '1.2.3',
    '5.18',
    '*',
    '>=5',
    '||',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    '{}',
    '[]',
    '""',
    '"',
    "'",
    '\\',
    '`',
    '$(',
    '${',
    '((',
    '<<X',
    'exit',
    'return',
    '#',
    ':',
    ';',
  ],
  ...[
    'PATCH[0]=',
    'PATCH_MATCH[7]=',
    'PATCH=(',
    'PACKAGE_VERSION=',
    'Version: ',
    'Package: ',
    'Architecture: ',
    'Depends: ',
    '\n\n',
    '\n ',
  ],
  ...[
    '--- a/x\n+++ b/x\n',
    '@@ -1 +1 @@\n',
    '@@ -1,3 +1,3 @@\n',
    '+',
    '-',
    '\\ No newline at end of file\n',
    'Kernel: ',
    'rename from a\n',
  ],
  ...[
    '!<arch>\n',
    '`\n',
    'ustar\x0000',
    'ustar  \0',
    '\x1f\x8b\x08\0',
    '\xfd7zXZ\0',
    '\x28\xb5\x2f\xfd',
    'debian-binary',
    'data.tar.xz',
    '2.0\n',
  ],
];

const kinds = ['set', 'flip', 'token', 'token', 'cut', 'repeat', 'end', 'line', 'line'] as const;

/** One edit. `at` is taken modulo the length, `value` modulo the number of choices. */
export interface Edit {
  kind: (typeof kinds)[number];
  at: number;
  length: number;
  value: number;
}

export const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...kinds),
  at: fc.nat(0x7fffffff),
  length: fc.oneof(fc.nat(4), fc.nat(64), fc.nat(4000)),
  value: fc.nat(0xffff),
});

/** The bytes after an edit. */
export function edited(bytes: Buffer, { kind, at, length, value }: Edit): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([value & 0xff]), after.subarray(1)]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << (value % 8))]), after.subarray(1)]);
    case 'token':
      // Half of the tokens replace what is there.
      return Buffer.concat([before, tokenOf(value), after.subarray(length % 2 === 0 ? 0 : tokenOf(value).length)]);
    case 'cut':
      return Buffer.concat([before, after.subarray(length + 1)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, length + 1), after]);
    case 'end':
      return before;
    case 'line':
      return editedLines(bytes, at, length, value);
  }
}

/** Removes, repeats or moves a line, or changes it by a token. */
function editedLines(bytes: Buffer, at: number, length: number, value: number): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const index = at % lines.length;
  const [line = ''] = lines.splice(index, 1);
  const token = tokenOf(value >> 2).toString('latin1');
  if (value % 4 === 1) lines.splice(index, 0, line, line);
  if (value % 4 === 2) lines.splice(length % (lines.length + 1), 0, line);
  if (value % 4 === 3) lines.splice(index, 0, line.slice(0, length % (line.length + 1)) + token);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function tokenOf(value: number): Buffer {
  return Buffer.from(tokens[value % tokens.length] ?? '', value % 3 === 0 ? 'latin1' : 'utf8');
}

/** The edits of a text, or of bytes that have no parts. */
export interface PlainInput {
  /** The number of the base. */
  base: number;
  edits: Edit[];
}

export function plainInput(bases: number): fc.Arbitrary<PlainInput> {
  return fc.record({ base: fc.nat(bases - 1), edits: fc.array(edit, { minLength: 1, maxLength: 5 }) });
}

/** The bytes of a plain input. */
export function plainBytes(bases: readonly Buffer[], { base, edits }: PlainInput): Buffer {
  return edits.reduce(edited, Buffer.from(chosen(bases, base)));
}

/** The element of a list that a number stands for. */
export function chosen<T>(list: readonly T[], number: number): T {
  const element = list[number % list.length];
  if (element === undefined) throw new RangeError('the list is empty');
  return element;
}
