/** Asks a clone of the kernel for the commit that removed or changed a declaration. */
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { fail, MftPatchError } from '../errors.js';
import { oneLine } from '../explain.js';
import { runProgram } from '../system/run-program.js';
import type { BuildError } from './build-error.js';
import type { Break } from './presence.js';

export interface KernelCommit {
  hash: string;
  subject: string;
  /** YYYY-MM-DD. */
  date: string;
  /** major.minor of the first release that contains it; undefined if no tag does. */
  release?: string;
}

/** What to search for, and in which files; none for all. */
interface Search {
  /** The arguments for git log that choose commits. */
  choose: string[];
  paths: string[];
  /** What a commit must take away for it to be the one. */
  removed: string;
}

/** @throws no-input if the directory is not a clone */
export async function checkClone(directory: string, context: Context): Promise<void> {
  const { exitCode, stderr } = await runProgram('git', ['-C', directory, 'rev-parse', '--git-dir'], {}, context);
  if (exitCode === 0) return;
  const detail = exitCode === 127 ? 'git is not installed' : stderr.trim().split('\n')[0] || 'is not a git repository';
  fail({ code: 'no-input', path: directory, detail, hint: 'pass a git clone of the kernel with --linux DIR' });
}

/**
 * The newest commit that took the declaration of a thing away, or changed it.
 *
 * @param seconds how long git may search
 * @returns undefined if the clone has none, or the time is over; a warning says the latter
 */
export async function commitFor(
  error: BuildError,
  place: Break | undefined,
  { directory, seconds }: { directory: string; seconds: number },
  context: Context,
): Promise<KernelCommit | undefined> {
  const search = searchFor(error, place);
  if (search === undefined) return undefined;
  const text = `searching the history of ${search.paths[0] ?? 'the kernel'} for ${error.name}`;
  context.progress({ step: 'headers', text });
  const git = (args: string[], within: Context) => runProgram('git', ['-C', directory, ...args], {}, within);
  try {
    return await withTimeout(seconds, `git log in ${directory}`, context, async (limited) => {
      const format = '--format=%H%x09%ad%x09%s';
      const log = ['log', '--no-renames', '--no-merges', '--date=short', '--max-count=20', format, ...search.choose, '--', ...search.paths];
      const commits = (await git(log, limited)).stdout
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      for (const [index, line] of commits.entries()) {
        const [hash = '', date = '', subject = ''] = line.split('\t');
        context.progress({ step: 'headers', text, detail: `${index + 1} of ${commits.length} commits` });
        const diff = (
          await git(['show', '--no-renames', '--format=', '--unified=0', hash, '--', ...search.paths], limited)
        ).stdout.toString('latin1');
        if (!takesAway(diff, search.removed)) continue;
        const release = firstRelease((await git(['describe', '--contains', '--match', 'v[0-9]*', hash], limited)).stdout.toString());
        return { hash, subject, date, ...(release === undefined ? {} : { release }) };
      }
      return undefined;
    });
  } catch (failure) {
    if (!(failure instanceof MftPatchError) || failure.failure.code !== 'engine-failed') throw failure;
    context.warn(`no commit for ${error.name}: ${oneLine(failure)}`);
    return undefined;
  }
}

function searchFor({ kind, name, owner = '' }: BuildError, place: Break | undefined): Search | undefined {
  const header = place?.last.header ?? '';
  const paths = header === '' ? ['include', 'arch/x86/include'] : [header];
  switch (kind) {
    case 'removed-header':
      return { choose: ['--diff-filter=D'], paths: header === '' ? [`include/${name}`] : [header], removed: '' };
    case 'removed-variable':
      return { choose: [`-S${name}`], paths: ['scripts'], removed: name };
    case 'missing-symbol':
    case 'gpl-symbol':
    case 'symbol-namespace':
      return { choose: ['-G', `EXPORT_SYMBOL.*\\(${name}\\b`], paths: [], removed: `EXPORT_SYMBOL(${name})` };
    case 'callback-type':
      return (
        place && {
          choose: ['-G', `\\(\\*${name}\\)`],
          paths,
          removed: place.last.declaration.replace(`${place.last.declaration.split(': ')[0]}: `, ''),
        }
      );
    case 'argument-count':
    case 'argument-type':
      return { choose: ['-G', `\\b${name}\\b`], paths, removed: `${name}(` };
    case 'removed-member':
      return place && { choose: [`-S${name}`], paths: paths.length > 0 ? paths : [owner], removed: place.last.declaration };
    case 'removed-function':
    case 'renamed-function':
    case 'removed-identifier':
      return { choose: [`-S${name}`], paths, removed: name };
    default:
      return undefined;
  }
}

/** Whether a commit takes a line with the text away, or a whole file where there is no text; blanks do not count. */
function takesAway(diff: string, text: string): boolean {
  const plain = (line: string) => line.replace(/\s+/g, '');
  const wanted = plain(text);
  return diff
    .split('\n')
    .some(
      (line) => line.startsWith('-') && !/^--- (a\/|\/dev)/.test(line) && !/^-\s*(\/?\*|\/\/)/.test(line) && plain(line).includes(wanted),
    );
}

/** major.minor of `v6.15-rc1~12^2~3`. */
function firstRelease(described: string): string | undefined {
  return /^(?:tags\/)?v(\d+\.\d+)/.exec(described.trim())?.[1];
}
