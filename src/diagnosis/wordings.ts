/** The wordings of gcc 10 to 16, clang 14 to 19, modpost and make for the errors that are recognised. */
import type { BuildError } from './build-error.js';

type Recognised = Omit<BuildError, 'message' | 'places'>;

interface Wording {
  pattern: RegExp;
  kind: BuildError['kind'];
  /** Which groups of the pattern are what; `name` is the first unless it says otherwise. */
  groups?: ('name' | 'owner' | 'suggestion' | 'expected' | 'actual')[];
}

const byName: NonNullable<Wording['groups']> = ['name'];

const wordings: Wording[] = [
  {
    kind: 'removed-function',
    pattern: /^implicit declaration of function '(\w+)'(?:.*did you mean '(\w+)')?/,
    groups: ['name', 'suggestion'],
  },
  { kind: 'removed-function', pattern: /^call to undeclared (?:library )?function '(\w+)'/ },
  { kind: 'removed-header', pattern: /^([\w./+-]+\.h): No such file or directory/ },
  { kind: 'removed-header', pattern: /^'([\w./+-]+\.h)' file not found/ },
  { kind: 'argument-count', pattern: /^too (?:many|few) arguments to function '(\w+)'/ },
  { kind: 'argument-count', pattern: /^macro "(\w+)" (?:passed \d+ arguments|requires \d+ arguments)/ },
  // clang names the function in a note.
  { kind: 'argument-count', pattern: /^too (?:many|few) arguments to function call, (?:single argument|expected|at least)()/ },
  { kind: 'argument-count', pattern: /^too (?:many|few) arguments provided to function-like macro invocation()/ },
  { kind: 'argument-type', pattern: /^passing argument \d+ of '(\w+)' from incompatible pointer type/ },
  {
    kind: 'removed-member',
    pattern: /^'(?:const )?((?:struct|union) \w+)' has no member named '(\w+)'(?:; did you mean '(\w+)')?/,
    groups: ['owner', 'name', 'suggestion'],
  },
  {
    kind: 'removed-member',
    pattern: /^no member named '(\w+)' in '((?:struct|union) \w+)'(?:; did you mean '(\w+)')?/,
    groups: ['name', 'owner', 'suggestion'],
  },
  {
    kind: 'removed-member',
    pattern: /^field designator '(\w+)' does not refer to any field in type '(?:const )?((?:struct|union) \w+)'/,
    groups: ['name', 'owner'],
  },
  {
    kind: 'callback-type',
    pattern: /^initialization of '([^']*\(\*\)[^']*)' from incompatible pointer type '([^']*\(\*\)[^']*)'/,
    groups: ['expected', 'actual'],
  },
  { kind: 'callback-type', pattern: /^initialization from incompatible pointer type()/ },
  {
    kind: 'callback-type',
    pattern: /^incompatible function pointer types initializing '([^']*)' (?:\(aka '[^']*'\) )?with an expression of type '([^']*)'/,
    groups: ['expected', 'actual'],
  },
  { kind: 'removed-identifier', pattern: /^'(\w+)' undeclared(?:.*did you mean '(\w+)')?/, groups: ['name', 'suggestion'] },
  {
    kind: 'removed-identifier',
    pattern: /^use of undeclared identifier '(\w+)'(?:; did you mean '(\w+)')?/,
    groups: ['name', 'suggestion'],
  },
  { kind: 'removed-identifier', pattern: /^unknown type name '(\w+)'(?:; did you mean '(\w+)')?/, groups: ['name', 'suggestion'] },
  { kind: 'missing-prototype', pattern: /^no previous prototype for (?:function )?'(\w+)'/ },
  // Those that the kernel makes errors by itself, whatever its configuration, are errors and no warnings.
  {
    kind: 'warning',
    pattern:
      /\[-Werror[=,](?:-W)?(?!return-type|implicit|incompatible|int-conversion|strict-prototypes|date-time|designated-init)([\w-]+)\]$/,
  },
];

/** What the words after `error:` are about. @returns undefined for words that are not known */
export function recognise(words: string): Recognised | undefined {
  for (const { kind, pattern, groups = byName } of wordings) {
    const match = pattern.exec(words);
    if (match) return { name: '', ...fieldsOf(groups, match.slice(1)), kind };
  }
  return undefined;
}

const modpost: Wording[] = [
  // Linux 7.3 names the module first: `gpl_symbol.ko: GPL-incompatible module uses GPL-only symbol 'x'`.
  { kind: 'gpl-symbol', pattern: /GPL-incompatible module (?:\S+ )?uses (?:GPL-only )?symbol(?: marked GPL-only)? '(\w+)'/ },
  {
    kind: 'symbol-namespace',
    pattern: /module (?:\S+ )?uses symbol '?(\w+)'? from (?:private |the )?namespace '?([\w-]+)'?, but does not import it/,
    groups: ['name', 'owner'],
  },
  { kind: 'missing-symbol', pattern: /"(\w+)" \[\S+\] undefined!/ },
  { kind: 'missing-symbol', pattern: /: symbol '(\w+)' undefined!/ },
];

/** What modpost refuses. @param line that begins with ERROR: or FATAL: */
export function recogniseModpost(line: string): Recognised | undefined {
  for (const { kind, pattern, groups = byName } of modpost) {
    const match = pattern.exec(line);
    if (match) return { name: '', ...fieldsOf(groups, match.slice(1)), kind };
  }
  return undefined;
}

function fieldsOf(groups: NonNullable<Wording['groups']>, values: (string | undefined)[]): Partial<Recognised> {
  return Object.fromEntries(
    groups.flatMap((name, index) =>
      values[index] === undefined || (values[index] === '' && name !== 'name') ? [] : [[name, values[index]]],
    ),
  );
}
