/** In which kernels a thing exists as the module needs it, and since when it does not. */
import type { BuildError } from './build-error.js';
import { type Declaration, declarationOf, memberName, membersOf, plainType, split } from './c-text.js';
import type { KernelHeaders } from './kernel-headers.js';
import { pathsOf } from './questions.js';

/** What a kernel has of the thing. */
export interface Presence {
  kernel: KernelHeaders;
  /** Whether it exists as the module needs it: with such parameters, such a type, for such a module. */
  fits: boolean;
  /** The header, empty if there is none, and how it is declared there. */
  header: string;
  declaration: string;
  /** What its body is or stands for. */
  body: string;
}

/** The two neighbouring kernels between which a thing went or changed. */
export interface Break {
  last: Presence;
  first: Presence;
}

/**
 * What each kernel has of what an error is about.
 * @returns empty where headers cannot say it, or there are none
 */
export function presenceOf(error: BuildError, kernels: readonly KernelHeaders[]): Presence[] {
  if (error.kind === 'callback-type') return callbackIn(error, kernels);
  const all = kernels.flatMap((kernel) => one(error, kernel) ?? []);
  if (error.kind !== 'argument-count' && error.kind !== 'argument-type') return all;
  // It has other parameters than the module gives: as many as it gives, or where the call is not known, others than the newest has.
  const given = argumentsIn(error);
  const newest = all.at(-1);
  return all.map((presence) => {
    const count = parametersIn(presence.declaration, error.name);
    if (error.kind === 'argument-count' && given !== undefined)
      return { ...presence, fits: presence.declaration !== '' && count?.length === given };
    return { ...presence, fits: presence.declaration !== '' && types(presence, error.name) !== (newest && types(newest, error.name)) };
  });
}

/**
 * Where it broke: the newest kernel that fits below the failing one, and the next one.
 * @param failing major.minor of the kernel that the error is from, if it is known
 */
export function breakOf(all: readonly Presence[], failing?: string): Break | undefined {
  const end = failing === undefined ? -1 : all.findIndex(({ kernel, fits }) => kernel.kernel === failing && !fits);
  const upTo = end < 0 ? all.findLastIndex(({ fits }) => !fits) : end;
  const last = all.slice(0, Math.max(upTo, 0)).findLastIndex(({ fits }) => fits);
  const [before, after] = [all[last], all[last + 1]];
  return before && after ? { last: before, first: after } : undefined;
}

function one(error: BuildError, kernel: KernelHeaders): Presence | undefined {
  const { kind, name, owner = '' } = error;
  const nothing = { kernel, header: '', declaration: '', body: '' };
  switch (kind) {
    case 'removed-function':
    case 'renamed-function':
    case 'removed-identifier':
    case 'argument-count':
    case 'argument-type':
      return name === '' ? undefined : { ...nothing, ...(found(kernel, name) ?? { fits: false }) };
    case 'removed-member': {
      const place = memberIn(kernel, owner, name);
      return { ...nothing, fits: place?.member !== undefined, header: place?.header ?? '', declaration: place?.member ?? '' };
    }
    case 'removed-header': {
      const header = pathsOf(name).find((path) => kernel.paths.has(path));
      return { ...nothing, fits: header !== undefined, header: header ?? '', declaration: '' };
    }
    case 'removed-variable':
      return { ...nothing, fits: kernel.variables.has(name) };
    case 'gpl-symbol':
    case 'missing-symbol':
    case 'symbol-namespace':
      return kernel.hasSymbols ? { ...nothing, ...exportIn(error, kernel) } : undefined;
    default:
      return undefined;
  }
}

/** How a kernel declares a name, in the header that is most likely to be the one that modules include. */
export function found(kernel: KernelHeaders, name: string): (Omit<Presence, 'kernel'> & Pick<Declaration, 'parameters'>) | undefined {
  const order = (path: string) => (path.startsWith('include/linux/') ? 0 : path.startsWith('include/') ? 1 : 2);
  const all = [...kernel.files]
    .filter(([, text]) => text.includes(name))
    .sort(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
    .flatMap(([header, text]) => {
      const declaration = declarationOf(text, name);
      return declaration === undefined ? [] : [{ fits: true, header, ...declaration, declaration: declaration.text }];
    });
  return all.find(({ parameters }) => parameters !== undefined) ?? all[0];
}

/** A struct's members in a kernel, and the one of the name. */
export function memberIn(
  kernel: KernelHeaders,
  struct: string,
  name: string,
): { header: string; members: string[]; member?: string } | undefined {
  for (const [header, text] of kernel.files) {
    const members = membersOf(text, struct);
    if (members === undefined) continue;
    const member = members.find((candidate) => memberName(candidate) === name);
    return { header, members, ...(member === undefined ? {} : { member }) };
  }
  return undefined;
}

function exportIn({ kind, name }: BuildError, kernel: KernelHeaders): Omit<Presence, 'kernel' | 'body'> {
  const symbol = kernel.symbols.get(name);
  const header = found(kernel, name)?.header ?? '';
  if (symbol === undefined) return { fits: false, header, declaration: 'not exported' };
  const { gpl, namespace } = symbol;
  const declaration = `EXPORT_SYMBOL${gpl ? '_GPL' : ''}${namespace === '' ? '' : `, ${namespace.startsWith('module:') ? `for ${namespace.slice(7)} only` : `namespace ${namespace}`}`}`;
  const fits = kind === 'gpl-symbol' ? !gpl : kind === 'symbol-namespace' ? namespace === '' : !namespace.startsWith('module:');
  return { fits, header, declaration };
}

/** The struct that has the member of the type that is wanted, and what that member is in the other kernels. */
function callbackIn({ name, expected = '', actual = '' }: BuildError, kernels: readonly KernelHeaders[]): Presence[] {
  const [wanted, given] = [plainType(expected), plainType(actual.includes('(*)') ? actual : actual.replace(/\s*\(/, ' (*)('))];
  const struct = [...kernels].reverse().flatMap((kernel) => structWith(kernel, name, wanted) ?? [])[0];
  if (struct === undefined) return [];
  return kernels.flatMap((kernel) => {
    const place = memberIn(kernel, struct, name);
    if (place?.member === undefined) return [];
    const type = plainType(place.member);
    return [{ kernel, fits: type === given, header: place.header, declaration: `${struct}: ${place.member}`, body: '' }];
  });
}

function structWith(kernel: KernelHeaders, member: string, type: string): string | undefined {
  for (const text of kernel.files.values()) {
    for (const [, struct = ''] of text.matchAll(/^(struct \w+) \{/gm)) {
      if (membersOf(text, struct)?.some((candidate) => memberName(candidate) === member && plainType(candidate) === type)) return struct;
    }
  }
  return undefined;
}

/** How many arguments the module gives, where the compiler shows the whole call. */
function argumentsIn({ source = '', name }: BuildError): number | undefined {
  const call = new RegExp(`\\b${name}\\s*\\((.*)\\)\\s*[;,){]?`).exec(source)?.[1];
  return call === undefined || /^\s*$/.test(call) ? undefined : split(call).length;
}

/** The parameters in a declaration. */
export function parametersIn(declaration: string, name: string): string[] | undefined {
  const inside = new RegExp(`\\b${name}\\s*\\((.*)\\)`).exec(declaration)?.[1];
  return inside === undefined ? undefined : split(inside);
}

function types({ declaration }: Presence, name: string): string {
  return (parametersIn(declaration, name) ?? []).map((parameter) => plainType(`(${parameter})`)).join();
}
