/** A directory to edit: laid out, and read again. */
import { chmod, lstat, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { fail, failInput, failWrite } from '../errors.js';
import { lockName } from '../system/lock.js';
import { withStagingDir } from '../system/stage.js';
import { commit, filesOfCommit, git, hasGit } from './git.js';
import { copyName, type EditState, stateName, writeNewState } from './state.js';

/** The files of a dkms source as Latin-1, by path relative to its root. */
export type Sources = ReadonlyMap<string, string>;

/** What a step makes of the files, with a word on it. */
export interface Step {
  message: string;
  files: Sources;
}

export interface Layout {
  /** The vendor's files, then what each patch makes of them. */
  steps: readonly [Step, ...Step[]];
  /** Of the project's own patches, the number of the last step. */
  start: number;
  modes: ReadonlyMap<string, number>;
  state: Omit<EditState, 'start'>;
}

/** What kbuild, editors and patch(1) leave: no part of the source. */
const byproducts = [
  '*.o',
  '*.ko',
  '*.ko.*',
  '*.a',
  '*.mod',
  '*.mod.c',
  '.*.cmd',
  '*.symvers',
  'modules.order',
  '.tmp_*',
  '*.orig',
  '*.rej',
  '*~',
  '.*.sw?',
];

/**
 * Refuses a directory that is there and not empty, or cannot be replaced by another one.
 * @param how the hint's end where an option names the directory, as in ' with --dir'
 * @throws usage
 */
export async function refuseUsed(directory: string, how = ''): Promise<void> {
  if (resolve(directory) === process.cwd())
    fail({ code: 'usage', detail: `${directory} is the working directory`, hint: `pass a directory that does not exist yet${how}` });
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code !== 'ENOENT') failInput(directory, error, `pass another directory${how}`);
    return [];
  });
  if (names.length === 0) return;
  const isOurs = names.includes(stateName);
  const hint = isOurs
    ? `go on there and run mft-patch save ${directory} --id NAME, or pass another directory${how}`
    : `pass a directory that does not exist yet${how}`;
  fail({ code: 'usage', detail: `${directory} is not empty${isOurs ? ': a source is laid out there' : ''}`, hint });
}

/** Removes a directory that is empty, if it is there: a stage takes the place of one that does not exist. @throws cannot-write */
export async function clearPlace(directory: string): Promise<void> {
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') failWrite(directory, error, 'pass another directory');
  });
}

/** Lays files out in a directory that is empty or does not exist, wholly or not at all. @returns how the start is kept */
export async function layOut(directory: string, layout: Layout, context: Context): Promise<'git' | 'copy'> {
  const kept = (await hasGit(context)) ? 'git' : 'copy';
  await clearPlace(directory);
  await withStagingDir(directory, context, async (stage) => {
    const start = kept === 'git' ? await commitSteps(stage.path, layout, context) : undefined;
    if (kept === 'copy') await writeFiles(join(stage.path, copyName), layout.steps[layout.start]?.files ?? new Map());
    await writeFiles(stage.path, layout.steps.at(-1)?.files ?? new Map(), layout.modes);
    await writeNewState(stage.path, { ...layout.state, ...(start === undefined ? {} : { start }) });
    context.signal.throwIfAborted();
    await stage.become();
  });
  return kept;
}

/** A repository with a commit for each step. @returns the commit of the start */
async function commitSteps(directory: string, { steps, start, modes }: Layout, context: Context): Promise<string> {
  await git(directory, ['init', '--quiet', '--template='], context);
  await mkdir(join(directory, '.git/info'), { recursive: true });
  const ignored = [stateName, `${lockName}*`, ...byproducts].map((name) => `${name}\n`).join('');
  const commits: string[] = [];
  for (const { message, files } of steps) {
    await writeFiles(directory, files, modes);
    await git(directory, ['add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'], context, namesOf(files));
    commits.push(await commit(directory, message, context));
  }
  await writeFile(join(directory, '.git/info/exclude'), ignored);
  return commits[start] ?? '';
}

function namesOf(files: Sources): Buffer {
  return Buffer.from([...files.keys()].map((path) => `:(literal)${path}`).join('\0'));
}

async function writeFiles(directory: string, files: Sources, modes?: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, text] of files) {
    const place = join(directory, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, 'latin1');
    const mode = modes?.get(path);
    // Whoever edits it must be able to write it.
    if (mode !== undefined) await chmod(place, (mode & 0o777) | 0o600);
  }
}

/** The files at the start, with the project's patches and without one's own. @throws no-input, cannot-write if they are gone */
export async function readStart(directory: string, { start }: EditState, context: Context): Promise<Sources> {
  if (start !== undefined) return filesOfCommit(directory, start, context);
  const copy = join(directory, copyName);
  const hint = 'lay the source out again with mft-patch edit';
  const paths = await filesBelow(copy, () => false).catch((error) => failInput(copy, error, hint));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(copy, path), 'latin1')] as const)));
}

/**
 * The files as they are now.
 * @param known those at the start
 * @throws usage if files were added or removed, which a patch cannot do
 */
export async function readEdited(directory: string, known: Sources): Promise<Sources> {
  const patterns = byproducts.map(expressionOf);
  const isOther = (name: string) =>
    name === '.git' || name === copyName || name.startsWith(lockName) || patterns.some((one) => one.test(name));
  const paths = await filesBelow(directory, isOther).catch((error) => failInput(directory, error));
  const added = paths.filter((path) => !known.has(path)).sort();
  const removed = [...known.keys()].filter((path) => !paths.includes(path) && !isOther(path.replace(/^.*\//, '')));
  const faults = [...added.map((path) => `${path} is new`), ...removed.map((path) => `${path} is missing`)];
  if (faults.length > 0)
    fail({
      code: 'usage',
      detail: `${directory}: a patch can only change files: ${faults.slice(0, 5).join(', ')}${faults.length > 5 ? ', …' : ''}`,
      hint: 'move what is new into a file of the source, restore what is missing, and remove other files',
    });
  const read = async (path: string) => [path, await readFile(join(directory, path), 'latin1')] as const;
  return new Map(await Promise.all([...known.keys()].map(read)));
}

/** A name with `*` and `?` as an expression. */
function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${escaped}$`);
}

/** The paths of the regular files below a directory, but for entries with a name that is left out. */
async function filesBelow(directory: string, isLeftOut: (name: string) => boolean, prefix = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await readdir(join(directory, prefix))) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if (isLeftOut(name)) continue;
    const stats = await lstat(join(directory, path));
    if (stats.isDirectory()) paths.push(...(await filesBelow(directory, isLeftOut, path)));
    else if (stats.isFile()) paths.push(path);
  }
  return paths;
}
