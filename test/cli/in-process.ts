/**
 * The command line in this process, up to where a command would begin its work: what it is asked for is kept instead.
 * A test file mocks the commands with what is here, since vi.mock() works for the file that it is written in alone.
 */
import { run } from '../../src/cli/run.js';
import type { Output } from '../../src/cli/streams.js';
import { Terminal } from '../../src/cli/terminal.js';
import type { Context } from '../../src/context.js';

/** What a command was asked for. */
export interface Seen {
  command: string;
  // biome-ignore lint/suspicious/noExplicitAny: a request is what the test says that it is
  request: any;
  context: Context | undefined;
}

export const seen: Seen[] = [];

/** In the place of a command: keeps its request, and says something of each kind. */
function keep(command: string, request: unknown, context?: Context) {
  seen.push({ command, request, context });
  context?.progress({ step: 'verify', text: 'a step' });
  context?.warn('a warning');
  context?.debug('an engine');
  return { schema: 'mft-patch/kernels@1', kernels: [] };
}

type Keep = (request: unknown, context: Context) => unknown;
const keeper =
  (command: string): Keep =>
  (request, context) =>
    keep(command, request, context);

/** The modules of the commands, by their paths from src/commands/. */
export const mocks = {
  build: () => ({ build: keeper('build') }),
  diff: () => ({ diff: keeper('diff') }),
  doctor: () => ({ doctor: (context: Context) => keep('doctor', {}, context) }),
  install: () => ({ install: keeper('install') }),
  uninstall: () => ({ uninstall: keeper('uninstall') }),
  show: () => ({ show: (path: string, context: Context) => keep('show', { path }, context) }),
  plan: () => ({ plan: keeper('plan') }),
  verify: () => ({ verify: keeper('verify') }),
  diagnose: () => ({ diagnose: keeper('diagnose') }),
  fetch: () => ({ fetchRelease: keeper('fetch') }),
  rebuild: () => ({ rebuild: (record: string, options: object, context: Context) => keep('rebuild', { record, options }, context) }),
  image: () => ({
    listImages: (settings: unknown, context: Context) => keep('image ls', { settings }, context),
    buildImages: (kernels: unknown, settings: unknown, context: Context) => keep('image build', { kernels, settings }, context),
    removeImages: (names: unknown, settings: unknown, context: Context) => keep('image rm', { names, settings }, context),
    refreshImages: keeper('image refresh'),
    pruneImages: keeper('image prune'),
    saveArchive: keeper('image save'),
    loadArchive: (path: string, settings: unknown, context: Context) => keep('image load', { path, settings }, context),
    pushImages: keeper('image push'),
    pullImages: keeper('image pull'),
  }),
  matrix: () => ({
    matrix: keeper('matrix'),
    listMatrix: (kernels: unknown, format: unknown, context: Context) => keep('matrix', { list: true, kernels, format }, context),
    mergeMatrix: keeper('matrix'),
  }),
  cache: () => ({
    listCache: (context: Context) => keep('cache ls', {}, context),
    pruneCache: keeper('cache prune'),
  }),
  repo: () => ({ repo: keeper('repo') }),
  completion: () => ({
    completion: (shell: string, table: unknown, context: Context) => keep('completion', { shell, table }, context),
  }),
  config: () => ({ config: keeper('config') }),
  edit: () => ({ edit: keeper('edit') }),
  save: () => ({ save: keeper('save') }),
  checkPatches: () => ({ checkPatches: keeper('patches check') }),
  exportPatches: () => ({ exportPatches: keeper('patches export') }),
  reportPatch: () => ({ reportPatch: keeper('patches report') }),
  checkReleases: () => ({ checkReleases: (request: object, context: Context) => keep('releases', { check: true, ...request }, context) }),
  catalogues: () => ({
    listReleases: (context: Context) => keep('releases', {}, context),
    listPatches: (context: Context) => keep('patches', {}, context),
    listKernels: (context: Context) => keep('kernels', {}, context),
  }),
};

class Written implements Output {
  text = '';
  write(text: string) {
    this.text += text;
  }
}

export interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
  seen: Seen | undefined;
}

/** Runs a command line. */
export async function runHere(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [stdout, stderr] = [new Written(), new Written()];
  seen.length = 0;
  const terminal = new Terminal(stdout, stderr);
  const exit = await run(words, { env, signal: new AbortController().signal, version: '1.2.3', terminal });
  return { exit, stdout: stdout.text, stderr: stderr.text, seen: seen[0] };
}
