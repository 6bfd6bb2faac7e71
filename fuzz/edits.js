/** Small changes to bytes, as data: so that an input is told by its base and its edits, and shrinks by leaving some out. */
import fc from 'fast-check';

/** What means something to one of the readers. */
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

/** One edit. `at` is taken modulo the length, `value` modulo whatever it chooses from. */
export const edit = fc.record({
  kind: fc.constantFrom('set', 'flip', 'token', 'token', 'cut', 'repeat', 'end', 'line', 'line'),
  at: fc.nat(0x7fffffff),
  length: fc.oneof(fc.nat(4), fc.nat(64), fc.nat(4000)),
  value: fc.nat(0xffff),
});

/** The bytes with an edit made. */
export function edited(bytes, { kind, at, length, value }) {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([value & 0xff]), after.subarray(1)]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << (value % 8))]), after.subarray(1)]);
    case 'token':
      // Half of them take the place of what is there.
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

/** A line left out, doubled, moved, or changed by a token. */
function editedLines(bytes, at, length, value) {
  const lines = bytes.toString('latin1').split('\n');
  const index = at % lines.length;
  const [line] = lines.splice(index, 1);
  const token = tokenOf(value >> 2).toString('latin1');
  if (value % 4 === 1) lines.splice(index, 0, line, line);
  if (value % 4 === 2) lines.splice(length % (lines.length + 1), 0, line);
  if (value % 4 === 3) lines.splice(index, 0, line.slice(0, length % (line.length + 1)) + token);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function tokenOf(value) {
  return Buffer.from(tokens[value % tokens.length], value % 3 === 0 ? 'latin1' : 'utf8');
}

/** Edits of a text or of bytes that have no parts. */
export const plainInput = (bases) => fc.record({ base: fc.nat(bases - 1), edits: fc.array(edit, { minLength: 1, maxLength: 5 }) });

/** The bytes that a plain input tells. */
export function plainBytes(bases, { base, edits }) {
  return edits.reduce(edited, Buffer.from(bases[base % bases.length]));
}
