/** What is asked of the headers of all kernels for an error. */
import type { BuildError } from './build-error.js';

/** What container/find-declarations.sh looks for. */
export interface Questions {
  /** For grep -E: headers that match come back whole. */
  patterns: string[];
  /** Headers by their paths. */
  files: string[];
  symbols: string[];
  /** Variables of kbuild. */
  variables: string[];
}

export const noQuestions: Questions = { patterns: [], files: [], symbols: [], variables: [] };

/** Finds the headers that declare a function, macro, type or variable. */
export function declares(name: string): string {
  return `^([A-Za-z_].*[^A-Za-z0-9_])?${name}([^A-Za-z0-9_]|$)|^[[:space:]]*#[[:space:]]*define[[:space:]]+${name}([^A-Za-z0-9_]|$)`;
}

/** Finds the headers that define a struct or union. */
function defines(struct: string): string {
  return `^[[:space:]]*(typedef )?${struct}([^A-Za-z0-9_;(){}][^;(){}]*)?[{]`;
}

/** What to ask first. What the answers lead to is asked later. */
export function questionsFor({ kind, name, owner = '', expected = '', suggestion }: BuildError): Questions {
  const suggested = suggestion === undefined ? [] : [declares(suggestion)];
  switch (kind) {
    case 'removed-function':
    case 'renamed-function':
    case 'removed-identifier':
    case 'argument-count':
    case 'argument-type':
      return { ...noQuestions, patterns: name === '' ? [] : [declares(name), ...suggested] };
    case 'removed-member':
      return { ...noQuestions, patterns: [defines(owner)] };
    case 'callback-type': {
      // By its first parameter: many structs have a member of such a name.
      const first =
        /\(\*\)\s*\(([^,)]*)/
          .exec(expected)?.[1]
          ?.replace(/\s*\*\s*$/, '')
          .replace(/^const /, '')
          .trim() ?? '';
      return { ...noQuestions, patterns: name === '' ? [] : [`\\(\\*${name}\\)[[:space:]]*\\(.*${first}`] };
    }
    case 'removed-header':
      return { ...noQuestions, files: pathsOf(name) };
    case 'removed-variable':
      return { ...noQuestions, variables: [name] };
    case 'gpl-symbol':
    case 'missing-symbol':
    case 'symbol-namespace':
      return { ...noQuestions, symbols: [name], patterns: [declares(name)] };
    default:
      return noQuestions;
  }
}

/** Where a header that is included as `linux/x.h` may be. */
export function pathsOf(header: string): string[] {
  const architectures = ['x86', 'arm64'].flatMap((name) =>
    ['', '/generated', '/uapi', '/generated/uapi'].map((sub) => `arch/${name}/include${sub}`),
  );
  return ['include', 'include/uapi', ...architectures].map((top) => `${top}/${header}`);
}

/** All that several errors ask for, each once. */
export function together(all: readonly Questions[]): Questions {
  const each = (key: keyof Questions) => [...new Set(all.flatMap((questions) => questions[key]))].sort();
  return { patterns: each('patterns'), files: each('files'), symbols: each('symbols'), variables: each('variables') };
}

/** Whether there is nothing to ask. */
export function isEmpty(questions: Questions): boolean {
  return Object.values(questions).every((list) => list.length === 0);
}
