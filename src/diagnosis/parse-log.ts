/** The distinct errors in a make.log: what only follows from another one, and what make adds, is dropped. */
import type { BuildError, Place } from './build-error.js';
import { recognise, recogniseModpost } from './wordings.js';

/** What a log says of itself, and its errors. */
export interface ParsedLog {
  /** The kernel's release and the version of the dkms source, by the first line that dkms writes. */
  kernel?: string;
  version?: string;
  errors: BuildError[];
}

/** An error with what stands around it. */
interface Raw extends BuildError {
  /** Where in the module's source a macro was expanded; else the place of the error itself. */
  at: Place;
}

const compilerLine = /^(\S[^:]*):(\d+)(?::\d+)?: (?:fatal )?error: (.*)$/;
const expansion = /^(\S[^:]*):(\d+)(?::\d+)?: note: (?:in expansion of macro|expanded from macro)/;
const ofKernel = /\/(?:linux-(?:headers|kbuild)[^/]*|linux)\/|\/include\/(?:linux|asm|asm-generic|net|uapi)\//;
/** Headers that are the kernel's by the directory that they are in; any other one is the module's own. */
const kernelHeader =
  /^(?:linux|asm|asm-generic|net|uapi|scsi|rdma|media|drm|sound|crypto|video|acpi|generated|trace|xen|kvm|misc|soc|target|vdso|keys|ras|memory|clocksource|dt-bindings)\//;

/**
 * Parses a make.log, or the log that verify keeps with other logs around it.
 * @param files names of files in the module's source, if it is known: a header among them is not a missing one
 */
export function parseLog(text: string, source?: ReadonlyMap<string, string>): ParsedLog {
  const lines = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: compilers colour what they print to some terminals
    .replace(/\u001b\[[\d;]*[mK]/g, '')
    .replace(/[‘’`]/g, "'")
    .split(/\r?\n/);
  const raw = lines.flatMap((line, index) => errorAt(line, lines.slice(index + 1, index + 40)) ?? []);
  const known = raw.map((error) => asOwnHeader(error, source));
  const [, version, kernel] =
    /make\.log for \S+?-(\d\S*) for kernel (\S+)/.exec(lines.find((line) => /make\.log for /.test(line)) ?? '') ?? [];
  return {
    ...(kernel === undefined ? {} : { kernel }),
    ...(version === undefined ? {} : { version }),
    errors: distinct(known.filter((error) => !follows(error, known))),
  };
}

/** Understands a single message, as the Symptom of a patch is one. */
export function parseMessage(message: string): BuildError | undefined {
  return parseLog(/^(fatal )?error: /.test(message) ? `x.c:1:1: ${message}` : message).errors[0];
}

function errorAt(line: string, after: readonly string[]): Raw | undefined {
  const [, file, number, words] = compilerLine.exec(line) ?? [];
  if (file !== undefined && words !== undefined) return compilerError({ file: shortPath(file), line: Number(number) }, line, words, after);
  if (/^(ERROR|FATAL): /.test(line)) return withoutPlace(line, recogniseModpost(line));
  const makeWords =
    /^make(?:\[\d+\])?: \*\*\* (?!\[)(.*?)(?:\s+Stop\.)?$/.exec(line)?.[1] ?? /^make -C .*: No such file or directory/.exec(line)?.[0];
  if (makeWords === undefined || /^(Waiting for|Deleting file)/.test(makeWords)) return undefined;
  const isDirectory = /\/lib\/modules\/.*\/build.*: No such file or directory/.test(makeWords);
  return withoutPlace(
    makeWords,
    isDirectory ? { kind: 'kernel-directory', name: /\/lib\/modules\/(.*?)\/build/.exec(makeWords)?.[1] ?? '' } : undefined,
  );
}

function withoutPlace(message: string, found: Omit<BuildError, 'message' | 'places'> | undefined): Raw {
  return { kind: 'unknown', name: '', ...found, message, places: [], at: { file: '', line: 0 } };
}

function compilerError(place: Place, line: string, words: string, after: readonly string[]): Raw {
  const end = after.findIndex((next) => compilerLine.test(next) || /: warning: |^make/.test(next));
  const own = end < 0 ? after : after.slice(0, end);
  const [, file = '', number = ''] = expansion.exec(own.findLast((next) => expansion.test(next)) ?? '') ?? [];
  const at = file !== '' && ofKernel.test(line) ? { file: shortPath(file), line: Number(number) } : place;
  const excerpt = at === place ? own : own.slice(own.findLastIndex((next) => expansion.test(next)) + 1);
  const source = excerpt.map((next) => /^\s*\d+ \| (.*)$/.exec(next)?.[1]?.trim()).find((text) => text !== undefined);
  const found = recognise(words) ?? { kind: 'unknown' as const, name: '' };
  const message = `${/: fatal error: /.test(line) ? 'fatal error' : 'error'}: ${words}`;
  return { ...found, ...named(found, own, source), message, ...(source === undefined ? {} : { source }), places: [at], at };
}

/** What the error line itself does not name: notes and the source line do. */
function named(found: Omit<BuildError, 'message' | 'places'>, notes: readonly string[], source = ''): Partial<BuildError> {
  const text = notes.join('\n');
  const suggestion = found.suggestion ?? /note: did you mean '(\w+)'/.exec(text)?.[1];
  const more = suggestion === undefined ? {} : { suggestion };
  if (found.name !== '') return more;
  if (found.kind === 'callback-type') {
    const name = /\(near initialization for '[^']*?\.?(\w+)'\)/.exec(text)?.[1] ?? /^\.(\w+)\s*=/.exec(source)?.[1] ?? '';
    return { ...more, name };
  }
  if (found.kind === 'argument-count')
    return { ...more, name: /note: '(\w+)' declared here|note: macro '(\w+)' defined here/.exec(text)?.slice(1).find(Boolean) ?? '' };
  return more;
}

/** A header of the module's own that is not found, although it is in its source: its include path was in a lost variable. */
function asOwnHeader(error: Raw, source: ReadonlyMap<string, string> | undefined): Raw {
  if (error.kind !== 'removed-header' || kernelHeader.test(error.name)) return error;
  const base = error.name.replace(/^.*\//, '');
  const isThere = source === undefined || [...source.keys()].some((path) => path === base || path.endsWith(`/${base}`));
  const makefiles = [...(source ?? [])].filter(([path]) => /(^|\/)(Makefile|Kbuild)[^/]*$/.test(path));
  const isLost = makefiles.length === 0 || makefiles.some(([, text]) => /^\s*EXTRA_CFLAGS\b/m.test(text));
  return isThere && isLost
    ? { ...error, kind: 'removed-variable', name: 'EXTRA_CFLAGS', owner: error.name }
    : { ...error, kind: 'unknown' };
}

/** Whether an error only follows from another one in this log. */
function follows(error: Raw, all: readonly Raw[]): boolean {
  const others = all.filter((other) => other !== error && other.kind !== 'unknown');
  const here = others.filter(({ at }) => at.file === error.at.file && at.line > 0);
  if (error.kind === 'argument-type') return others.some(({ kind, name }) => kind === 'argument-count' && name === error.name);
  if (error.kind === 'callback-type') return here.some(({ kind, at }) => kind === 'removed-member' && at.line === error.at.line);
  if (error.kind !== 'unknown') return false;
  const isRest = /control reaches end of non-void function|defined but not used|unused|makes (pointer|integer) from (integer|pointer)/.test(
    error.message,
  );
  return here.some(({ at }) => isRest || at.line === error.at.line);
}

function distinct(errors: readonly Raw[]): BuildError[] {
  const found = new Map<string, BuildError>();
  for (const { at: _, ...error } of errors) {
    const { kind, name, owner = '', message } = error;
    const key = [kind, name, owner, kind === 'unknown' || name === '' ? message : ''].join('\n');
    const before = found.get(key);
    const fresh = error.places.filter(({ file, line }) => !before?.places.some((place) => place.file === file && place.line === line));
    if (before) before.places.push(...fresh);
    else found.set(key, { ...error, places: [...error.places] });
  }
  return [...found.values()];
}

/** Relative to the source where dkms's directory shows in it. */
function shortPath(path: string): string {
  return path.replace(/^.*\/dkms\/[^/]+\/[^/]+\/build\//, '').replace(/^\.\//, '');
}
