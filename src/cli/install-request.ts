/** What install and uninstall are asked for: the options as values, and what asks a person. */
import { resolve } from 'node:path';
import { resolveSource, type Source } from '../bundle/vendor-package.js';
import type { BuildRequest } from '../commands/build.js';
import type { InstallRequest } from '../commands/install.js';
import type { UninstallRequest } from '../commands/uninstall.js';
import type { Context } from '../context.js';
import type { InstallDocument, UninstallDocument } from '../documents/index.js';
import { renderText } from '../report/text.js';
import { shellWord } from '../shell-word.js';
import { asker } from './ask.js';
import type { CommonOptions } from './command-maker.js';
import { options as all } from './options.js';
import { oneSource, type SourceFlags, settingsOf } from './values.js';

type GeneralFlags = Pick<CommonOptions, 'quiet' | 'verbose' | 'color' | 'cacheDir'>;

interface InstallFlags extends SourceFlags, GeneralFlags {
  built?: string;
  verify?: boolean;
  dryRun?: true;
  yes?: true;
}

/** @throws usage, no-input */
export async function installRequest(flags: InstallFlags, file: string | undefined, context: Context): Promise<InstallRequest> {
  const isNamed = file !== undefined || flags.bundle !== undefined || flags.mft !== undefined;
  const source = isNamed ? await resolveSource(oneSource(flags, file), context) : undefined;
  const { bundle: _, mft: __, ...downloading } = flags;
  return {
    source,
    typed: [
      ...(file === undefined ? [] : [file]),
      ...(flags.bundle ?? []),
      ...(flags.mft ?? []).flatMap((release) => ['--mft', release]),
    ].map(shellWord),
    built: flags.built,
    releaseSource: (release) => resolveSource({ ...oneSource(downloading), mft: release }, context),
    verify: flags.verify === false ? 'no' : 'if-possible',
    build: async (from, { out, verify }) => (await import('../commands/build.js')).build(buildRequest(from, out, verify), context),
    general: generalOf(flags),
    dryRun: flags.dryRun ?? false,
    yes: flags.yes ?? false,
    confirm: confirmer<InstallDocument>(context.signal),
  };
}

/** The package for every kernel with the tools, verified where an engine is there, within the limits that build has by default. */
function buildRequest(source: Source, out: string, verify: InstallRequest['verify']): BuildRequest {
  const [timeout, memory] = [all.timeout.defaultValue as number, all.memory.defaultValue as string];
  const [processes, disk] = [all.processes.defaultValue as number, all.disk.defaultValue as string];
  return {
    ...{ source, out, kernel: undefined, maxKernel: undefined, modules: undefined, provenance: false },
    extras: { withUserland: true, repackBundle: false },
    verify,
    settings: settingsOf({ timeout, memory, processes, disk }),
  };
}

/** @throws usage, no-input */
export async function uninstallRequest(
  { vendor, dryRun = false, yes = false, ...flags }: GeneralFlags & { vendor?: string; dryRun?: boolean; yes?: boolean },
  context: Context,
): Promise<UninstallRequest> {
  const source = vendor === undefined ? undefined : await resolveSource({ bundle: vendor }, context);
  return {
    vendor: source,
    general: generalOf(flags),
    ...{ dryRun, yes },
    confirm: confirmer<UninstallDocument>(context.signal),
  };
}

/** What root is told as the user has told us: how much to print, in which colours, and where the log is. */
function generalOf({ quiet, verbose, color, cacheDir }: GeneralFlags): string[] {
  return [
    ...(quiet ? ['--quiet'] : []),
    ...(verbose ? ['--verbose'] : []),
    ...(color === undefined ? [] : ['--color', color]),
    ...(cacheDir === undefined ? [] : ['--cache-dir', resolve(cacheDir)]),
  ];
}

/** The plan goes to stderr with the question: stdout carries the result. */
function confirmer<Document extends InstallDocument | UninstallDocument>(signal: AbortSignal) {
  const ask = asker(signal);
  if (!ask) return undefined;
  return async (plan: Document) => {
    const steps = renderText(plan).split('\n').slice(0, -1).join('\n');
    return /^y(es)?$/i.test(((await ask(`${steps}\nDo these steps? [y/N] `)) ?? '').trim());
  };
}
