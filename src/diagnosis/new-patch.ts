/** The header fields of a new patch, as far as they are known. */
import type { BuildError } from './build-error.js';
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
  /** The release of the oldest kernel whose headers were searched: its stable updates may have more than its first release had. */
  oldest: string;
}

/** The header of a patch for an error; with neither headers nor history it has little more than the symptom. */
export function newHeader({ error, place, replacements, commit, oldest }: Findings): NewHeader {
  const isWarning = error.kind === 'missing-prototype' || error.kind === 'warning';
  const since = commit?.release ?? place?.first.kernel.kernel;
  const good = isWarning ? 'yes, -Wno-error changes no code' : goodOnOlder(error, replacements, place, oldest);
  const probe = isWarning
    ? 'include/config/auto.conf ~ ^CONFIG_WERROR=y'
    : good?.startsWith('no')
      ? probeFor(error, place, replacements)
      : undefined;
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
function probeFor(error: BuildError, place: Break | undefined, [best]: readonly Replacement[]): string | undefined {
  if (place === undefined) return undefined;
  const { header, question } = probeIn(error, place, best) ?? { header: '' };
  // Headers of an architecture are not where those of all others are.
  return header === '' || header.startsWith('arch/') ? undefined : `${header} ${question}`;
}

function probeIn({ kind, name }: BuildError, { last, first }: Break, best?: Replacement): { header: string; question: string } | undefined {
  switch (kind) {
    case 'removed-header':
      // It is there with anything in it.
      return best && { header: best.header, question: '~ .' };
    case 'removed-function':
    case 'renamed-function':
      return { header: last.header, question: `!~ [^_a-z]${name}[^_a-z]` };
    case 'removed-member':
      return { header: last.header, question: `!~ ${pattern(last.declaration)}` };
    case 'callback-type':
      return { header: first.header, question: `~ ${pattern(first.declaration.replace(/^[^:]*: /, '').replace(/\).*$/, ')'))}` };
    case 'argument-count':
    case 'argument-type': {
      const parameter = parametersIn(first.declaration, name)?.[0];
      return parameter === undefined ? undefined : { header: first.header, question: `~ ${name}\\(${pattern(parameter)}` };
    }
    default:
      return undefined;
  }
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
