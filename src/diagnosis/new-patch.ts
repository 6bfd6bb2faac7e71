/** The header fields of a new patch, as far as they are known. */
import type { BuildError } from './build-error.js';
import { plainType } from './c-text.js';
import type { KernelCommit } from './linux-git.js';
import { type Break, parametersIn } from './presence.js';
import type { Replacement } from './replacement.js';

/** By the names of the fields, as they are written; what is not known is not there. */
export interface NewHeader {
  Origin?: string;
  Kernel?: string;
  'Good-On-Older'?: string;
  Probe?: string;
  'Needed-If'?: string;
  Symptom: string;
}

/** What is known of a break. */
export interface Findings {
  error: BuildError;
  place: Break | undefined;
  replacements: readonly Replacement[];
  commit: KernelCommit | undefined;
  /** major.minor of the oldest kernel whose headers were searched. */
  oldest: string;
}

/** The header of a patch for an error; with neither headers nor history it has little more than the symptom. */
export function newHeader({ error, place, replacements, commit, oldest }: Findings): NewHeader {
  const isWarning = error.kind === 'missing-prototype' || error.kind === 'warning';
  const since = commit?.release ?? place?.first.kernel.kernel;
  const good = isWarning ? 'yes, -Wno-error changes no code' : goodOnOlder(error, replacements, place, oldest);
  const probe = isWarning ? 'include/config/auto.conf ~ ^CONFIG_WERROR=y' : good?.startsWith('no') ? probeFor(error, place) : undefined;
  const neededIf = neededIfFor(error);
  return {
    ...(commit === undefined ? {} : { Origin: `other, linux commit ${commit.hash.slice(0, 12)}` }),
    // What a kernel's configuration decides is decided by a Probe alone.
    ...(isWarning ? { Kernel: '*' } : since === undefined ? {} : { Kernel: `>=${since}` }),
    ...(good === undefined ? {} : { 'Good-On-Older': good }),
    ...(probe === undefined ? {} : { Probe: probe }),
    ...(neededIf === undefined ? {} : { 'Needed-If': neededIf }),
    Symptom: symptomOf(error),
  };
}

/** The words as the patches of the series have them: without the name of the compiler's option, unless it is the reason. */
function symptomOf({ kind, message }: BuildError): string {
  return kind === 'missing-prototype' || kind === 'warning' ? message : message.replace(/ \[-W[\w,=-]+\]$/, '');
}

function goodOnOlder(
  { kind, name }: BuildError,
  [best]: readonly Replacement[],
  place: Break | undefined,
  oldest: string,
): string | undefined {
  if (kind === 'removed-variable') return 'yes, kbuild has had ccflags-y since 2.6.24';
  if (best?.inOldest !== undefined) return best.inOldest ? `yes, ${best.name} is in ${oldest}` : `no, ${best.name} is not in ${oldest}`;
  const isChanged = kind === 'argument-count' || kind === 'argument-type' || kind === 'callback-type';
  return isChanged && place ? `no, ${name} is another one in ${oldest}` : undefined;
}

/** How the headers show that they need the fix: the new declaration is there, or the old one is not. */
function probeFor({ kind, name }: BuildError, place: Break | undefined): string | undefined {
  if (place === undefined) return undefined;
  const { last, first } = place;
  if (kind === 'removed-function' || kind === 'renamed-function' || kind === 'removed-member')
    return last.header === '' || last.header.startsWith('arch/')
      ? undefined
      : `${last.header} !~ ${kind === 'removed-member' ? pattern(last.declaration) : `[^_a-z]${name}[^_a-z]`}`;
  if (first.header === '' || first.header.startsWith('arch/')) return undefined;
  if (kind === 'callback-type') return `${first.header} ~ ${pattern(first.declaration.replace(/^[^:]*: /, '').replace(/\).*$/, ')'))}`;
  const parameter = parametersIn(first.declaration, name)?.[0];
  return parameter === undefined || plainType(parameter) === '' ? undefined : `${first.header} ~ ${name}\\(${pattern(parameter)}`;
}

function neededIfFor({ kind, name }: BuildError): string | undefined {
  switch (kind) {
    case 'removed-function':
    case 'renamed-function':
    case 'argument-count':
    case 'argument-type':
      return name === '' ? undefined : `\\b${name}\\s*\\(`;
    case 'removed-identifier':
      return `\\b${name}\\b`;
    case 'removed-member':
      return `(->|\\.)\\s*${name}\\b`;
    case 'callback-type':
      return `\\.${name}\\s*=`;
    case 'removed-header':
      return `^#include <${escaped(name)}>`;
    case 'removed-variable':
      return `^${name}\\s*[:+]?=`;
    default:
      return undefined;
  }
}

/** As grep -E finds it in a header, where blanks may be tabs. */
function pattern(text: string): string {
  return escaped(text).replaceAll(' ', '[[:space:]]+');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
