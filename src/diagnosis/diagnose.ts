/** From the errors of logs to what is known of each: patches, kernels, replacements, the kernel's commit, a patch's header. */
import { mftNumber } from '../bundle/mft-number.js';
import type { ListedImage } from '../containers/image-list.js';
import type { Images } from '../containers/images.js';
import type { Context } from '../context.js';
import type { DiagnosedError } from '../documents/index.js';
import type { BuildError } from './build-error.js';
import { split } from './c-text.js';
import { joined, type KernelHeaders, searchHeaders } from './kernel-headers.js';
import { type Circumstances, type KnownPatch, type KnownSeries, knownPatches } from './known-patches.js';
import { commitFor } from './linux-git.js';
import { newHeader } from './new-patch.js';
import { parseLog } from './parse-log.js';
import { type Break, breakOf, parametersIn, presenceOf } from './presence.js';
import { declares, isEmpty, noQuestions, questionsFor, together } from './questions.js';
import { candidates, likeness, type Replacement, replacements } from './replacement.js';

/** A log, and what is known of where it is from. */
export interface LogText {
  text: string;
  where: Circumstances;
  /** What a verdict says of the failure: it counts where the log names no error, since it is not one of a build. */
  reason?: string;
}

/** An error with the kernels that have it, and the patches against it. */
export interface FoundError extends BuildError {
  kernels: string[];
  patches: KnownPatch[];
}

/** The same log with what its own first line says of the kernel and the release, where it is not known otherwise. */
export function placed<Log extends LogText>(log: Log): Log {
  const { kernel, version } = parseLog(log.text);
  const mft = mftNumber(version ?? '');
  return { ...log, where: { ...(kernel === undefined ? {} : { kernel }), ...(mft === undefined ? {} : { mft }), ...log.where } };
}

/** The distinct errors of several logs, each with the known patches that have its symptom. */
export function errorsOf(logs: readonly LogText[], series: KnownSeries): FoundError[] {
  const found = new Map<string, FoundError>();
  for (const { text, where, reason = '' } of logs) {
    const { errors: named } = parseLog(text, where.source);
    const errors = named.length > 0 ? named : asUnknown(reason);
    for (const error of errors) {
      const { kind, name, owner = '' } = error;
      const key = [kind, name, owner, name === '' ? error.message : ''].join('\n');
      const before = found.get(key) ?? { ...error, kernels: [], patches: [] };
      found.set(key, withLog(before, where.kernel, knownPatches(error, series, where)));
    }
  }
  return [...found.values()];
}

function asUnknown(reason: string): BuildError[] {
  const lines = reason.split('\n').filter((line) => line.trim() !== '');
  return lines.map((message) => ({ kind: 'unknown', name: '', message, places: [] }));
}

/** An error that is in another log, too. */
function withLog(error: FoundError, kernel: string | undefined, patches: readonly KnownPatch[]): FoundError {
  const fresh = patches.filter(({ id, reason }) => !error.patches.some((one) => one.id === id && one.reason === reason));
  const kernels = kernel === undefined || error.kernels.includes(kernel) ? error.kernels : [...error.kernels, kernel];
  return { ...error, kernels, patches: [...error.patches, ...fresh] };
}

/** What can be asked about the errors. */
export interface Sources {
  /** The images whose headers are searched, and the engine; undefined without one. */
  headers?: { images: Images; kernels: readonly ListedImage[] };
  /** A clone of the kernel, and how long git may search it, in seconds. */
  linux?: { directory: string; seconds: number };
}

/** Finds out about each error what the sources say. @returns the errors, and the kernels whose headers were searched */
export async function explainErrors(
  errors: readonly FoundError[],
  sources: Sources,
  context: Context,
): Promise<{ errors: DiagnosedError[]; kernels: string[] }> {
  const kernels = await askHeaders(errors, sources, context);
  const explained: DiagnosedError[] = [];
  for (const error of errors) explained.push(await explainOne(error, kernels, sources, context));
  return { errors: explained, kernels: kernels.map(({ release }) => release) };
}

/** Asks for what the errors name, then for what the answers lead to: the header as it is later, and the replacements. */
async function askHeaders(errors: readonly FoundError[], { headers }: Sources, context: Context): Promise<KernelHeaders[]> {
  const first = together(errors.map(questionsFor));
  if (headers === undefined || isEmpty(first)) return [];
  const search = (questions: typeof first) => searchHeaders(headers.images, headers.kernels, questions, context);
  let kernels = await search(first);
  const asked = new Set(first.patterns);
  for (const round of [1, 2]) {
    const places = errors.flatMap((error) => {
      const place = breakIn(error, kernels);
      return place === undefined ? [] : [{ error, place }];
    });
    const patterns = places
      .flatMap(({ error, place }) => candidates(error, place).map(({ name }) => declares(name)))
      .filter((pattern) => !asked.has(pattern));
    const files = round === 1 ? places.flatMap(({ place }) => (place.last.header === '' ? [] : [place.last.header])) : [];
    for (const pattern of patterns) asked.add(pattern);
    const next = together([{ ...noQuestions, patterns, files }]);
    if (!isEmpty(next)) kernels = joined(kernels, await search(next));
  }
  return kernels;
}

function breakIn(error: FoundError, kernels: readonly KernelHeaders[]): Break | undefined {
  return breakOf(presenceOf(error, kernels), /^\d+\.\d+/.exec(error.kernels[0] ?? '')?.[0]);
}

async function explainOne(
  error: FoundError,
  kernels: readonly KernelHeaders[],
  { linux }: Sources,
  context: Context,
): Promise<DiagnosedError> {
  const history = presenceOf(error, kernels);
  const place = breakIn(error, kernels);
  const instead = place === undefined ? suggested(error) : replacements(error, place, kernels);
  const kind = place && isRenamed(error, place, instead[0]) ? 'renamed-function' : error.kind;
  const commit = linux && (await commitFor(error, place, linux, context));
  const header = newHeader({ error, place, replacements: instead, commit, oldest: kernels[0]?.release ?? '' });
  return {
    kind,
    message: error.message,
    name: error.name,
    ...(error.owner === undefined ? {} : { owner: error.owner }),
    places: error.places,
    kernels: error.kernels,
    patches: error.patches,
    history: history.map(({ kernel: { kernel, release, target }, fits, header, declaration }) => ({
      kernel,
      release,
      target,
      fits,
      header,
      declaration,
    })),
    ...(place === undefined ? {} : { lastWith: place.last.kernel.kernel, firstWithout: place.first.kernel.kernel }),
    replacements: instead,
    ...(commit === undefined ? {} : { commit }),
    header,
  };
}

/** Without headers only the compiler has a word on it. */
function suggested({ suggestion }: BuildError): Replacement[] {
  return suggestion === undefined ? [] : [{ name: suggestion, evidence: 'compiler', header: '', declaration: '' }];
}

/** Whether the replacement is the same function under another name: it got the same arguments, or takes the same. */
function isRenamed({ kind, name }: BuildError, { last }: Break, best: Replacement | undefined): boolean {
  if (kind !== 'removed-function' || best === undefined) return false;
  const parameters = parametersIn(last.declaration, name) ?? [];
  const names = parameters.map((parameter) => /(\w+)\s*(?:\[\])?$/.exec(parameter)?.[1] ?? '');
  const passed = new RegExp(`\\b${best.name}\\s*\\((.*?)\\)\\s*;?\\s*$`).exec(last.body)?.[1];
  if (best.evidence === 'wrapped' && passed !== undefined) return split(passed).join() === names.join();
  return likeness(name, best.name) >= 0.6 && parametersIn(best.declaration, best.name)?.join() === parameters.join();
}
