/** What stands beside a thing that went, or in its place. */
import type { BuildError } from './build-error.js';
import { declaredNames, memberName } from './c-text.js';
import type { KernelHeaders } from './kernel-headers.js';
import { type Break, found, memberIn } from './presence.js';

/** How it was found: by the body of what went, by the compiler, by its place in the header, by its name. */
export type Evidence = 'wrapped' | 'compiler' | 'in-its-place' | 'name';

export interface Replacement {
  name: string;
  evidence: Evidence;
  header: string;
  declaration: string;
  /** Whether the oldest kernel has it; undefined if that was not looked up. */
  inOldest?: boolean;
}

/** The most that are named. */
const most = 3;

/** The names that may stand in the place of what went, the most likely first, without a look at what they are. */
export function candidates(error: BuildError, { last, first }: Break): Pick<Replacement, 'name' | 'evidence'>[] {
  const { name, suggestion } = error;
  if (error.kind !== 'removed-function' && error.kind !== 'removed-identifier') return [];
  const [before, after] = [last.kernel.files.get(last.header) ?? '', first.kernel.files.get(last.header) ?? ''];
  const called = [...last.body.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map(([, word = '']) => word).filter((word) => !keywords.has(word));
  const [newNames, oldNames] = [declaredNames(after), declaredNames(before)];
  const there = between(oldNames, newNames, name).filter((other) => !oldNames.includes(other));
  const alike = newNames.filter((other) => likeness(name, other) >= 0.6).sort((a, b) => likeness(name, b) - likeness(name, a));
  const all: Pick<Replacement, 'name' | 'evidence'>[] = [
    // A body that does more than to hand on is not replaced by one call.
    ...(called.length === 1 ? called : []).map((word) => ({ name: word, evidence: 'wrapped' as const })),
    ...(suggestion === undefined ? [] : [{ name: suggestion, evidence: 'compiler' as const }]),
    ...there.filter((other) => likeness(name, other) >= 0.5).map((other) => ({ name: other, evidence: 'in-its-place' as const })),
    ...alike.map((other) => ({ name: other, evidence: 'name' as const })),
  ];
  return all.filter(({ name: word }, index) => word !== name && all.findIndex((other) => other.name === word) === index).slice(0, most);
}

const keywords = new Set(['if', 'while', 'for', 'switch', 'return', 'sizeof', 'likely', 'unlikely', 'do', 'BUILD_BUG_ON', 'enum']);

/** The candidates with their declarations in the kernel that lacks the other, those that it has. */
export function replacements(error: BuildError, { last, first }: Break, kernels: readonly KernelHeaders[]): Replacement[] {
  const [now, oldest] = [newest(first.kernel, kernels), kernels[0]];
  if (error.kind === 'removed-member') return membersInPlace(error, last, now, oldest);
  if (error.kind === 'removed-header') return headersInPlace(error, last, now, oldest);
  return candidates(error, { last, first }).flatMap(({ name, evidence }) => {
    const there = found(now, name);
    if (there === undefined) return [];
    const inOldest = oldest && found(oldest, name) !== undefined;
    return [{ name, evidence, header: there.header, declaration: there.declaration, ...(inOldest === undefined ? {} : { inOldest }) }];
  });
}

function newest(first: KernelHeaders, kernels: readonly KernelHeaders[]): KernelHeaders {
  return kernels.find(({ release }) => release === first.release) ?? first;
}

/** The members that stand where the other one stood, or that have its name with something around it. */
function membersInPlace(
  { name, owner = '', suggestion }: BuildError,
  last: Break['last'],
  now: KernelHeaders,
  oldest: KernelHeaders | undefined,
): Replacement[] {
  const [before, after] = [memberIn(last.kernel, owner, name), memberIn(now, owner, name)];
  if (before === undefined || after === undefined) return [];
  const [oldNames, newNames] = [before.members.map(memberName), after.members.map(memberName)];
  const there = between(oldNames, newNames, name).filter((other) => !oldNames.includes(other));
  const alike = newNames.filter((other) => !oldNames.includes(other) && other.replace(/^_+|_+$/g, '') === name.replace(/^_+|_+$/g, ''));
  const found = [
    ...alike.map((other) => ({ name: other, evidence: 'name' as const })),
    ...there.map((other) => ({ name: other, evidence: 'in-its-place' as const })),
    ...(suggestion === undefined || oldNames.includes(suggestion) || !newNames.includes(suggestion)
      ? []
      : [{ name: suggestion, evidence: 'compiler' as const }]),
  ];
  const each = found.filter(({ name: word }, index) => word !== '' && found.findIndex((other) => other.name === word) === index);
  const old = oldest && memberIn(oldest, owner, name)?.members.map(memberName);
  return each.slice(0, most).map((one) => ({
    ...one,
    header: after.header,
    declaration: after.members.find((member) => memberName(member) === one.name) ?? '',
    ...(old === undefined ? {} : { inOldest: old.includes(one.name) }),
  }));
}

/** A header of the same name elsewhere, else what the other one itself included. */
function headersInPlace({ name }: BuildError, last: Break['last'], now: KernelHeaders, oldest: KernelHeaders | undefined): Replacement[] {
  const base = `/${name.replace(/^.*\//, '')}`;
  const moved = [...now.paths]
    .filter((path) => path.endsWith(base) && /^include\/(linux|asm-generic|net)\//.test(path))
    .map((path) => path.slice(8));
  const text = last.kernel.files.get(last.header) ?? '';
  const included = [...text.matchAll(/^\s*#\s*include\s*<([^>]+)>/gm)].map(([, header = '']) => header);
  const has = (kernel: KernelHeaders, header: string) => ['include/', 'include/uapi/'].some((top) => kernel.paths.has(top + header));
  const all: Pick<Replacement, 'name' | 'evidence'>[] = [
    ...moved.filter((header) => !last.kernel.paths.has(`include/${header}`)).map((header) => ({ name: header, evidence: 'name' as const })),
    ...included.filter((header) => header !== name && has(now, header)).map((header) => ({ name: header, evidence: 'wrapped' as const })),
  ];
  return all.slice(0, most).map((one) => ({
    ...one,
    header: `include/${one.name}`,
    declaration: `#include <${one.name}>`,
    ...(oldest === undefined ? {} : { inOldest: has(oldest, one.name) }),
  }));
}

/** What the new list has between the neighbours that a name had in the old list. */
function between(before: readonly string[], after: readonly string[], name: string): string[] {
  const at = before.indexOf(name);
  if (at < 0) return [];
  const start = before.slice(0, at).findLast((other) => after.includes(other));
  const end = before.slice(at + 1).find((other) => after.includes(other));
  return after.slice(start === undefined ? 0 : after.indexOf(start) + 1, end === undefined ? after.length : after.indexOf(end)).slice(0, 8);
}

/** How alike two names are, from 0 to 1: the share of their words that are the same, or begin alike. */
export function likeness(a: string, b: string): number {
  const [one, other] = [a, b].map((name) =>
    name
      .toLowerCase()
      .split('_')
      .filter((word) => word !== ''),
  );
  if (one === undefined || other === undefined) return 0;
  const same = one.filter((word) =>
    other.some(
      (second) => second === word || (word.length >= 3 && (second.startsWith(word) || word.startsWith(second)) && second.length >= 3),
    ),
  );
  return same.length / Math.max(one.length, other.length, 1);
}
