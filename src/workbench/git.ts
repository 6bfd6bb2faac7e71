/** git, as a keeper of the steps of an edit: only its plumbing is asked for, and no configuration of the user's changes it. */
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { runProgram } from '../system/run-program.js';

const identity = { name: 'mft-patch', email: 'mft-patch@users.invalid' };
// -c safe.directory: the directory may be another user's, as with sudo. Hooks, signatures and line endings are the user's own matter.
const settings = ['safe.directory=*', 'core.autocrlf=false', 'core.hooksPath=/dev/null', 'commit.gpgSign=false', 'init.defaultBranch=main'];

async function run(directory: string, args: string[], context: Context, input?: Buffer) {
  const { env } = context;
  // In a hook of another repository these would lead there.
  const own = Object.entries(env).filter(([name]) => !name.startsWith('GIT_'));
  const who = {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
  };
  const words = [...settings.flatMap((setting) => ['-c', setting]), '-C', directory, ...args];
  return runProgram(
    'git',
    words,
    { binary: true, ...(input ? { input } : {}) },
    { ...context, env: { ...Object.fromEntries(own), ...who } },
  );
}

/** Whether git is installed. */
export async function hasGit(context: Context): Promise<boolean> {
  return (await run('.', ['--version'], context)).exitCode === 0;
}

/** Runs git in a directory. @returns its output @throws cannot-write with its last words */
export async function git(directory: string, args: string[], context: Context, input?: Buffer): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await run(directory, args, context, input);
  if (exitCode === 0) return stdout;
  const detail = `git ${args[0]} exited with status ${exitCode}: ${stderr.trim().split('\n').at(-1) ?? ''}`.slice(0, 300);
  return fail({ code: 'cannot-write', path: directory, detail, hint: 'lay the source out again with mft-patch edit' });
}

/** Commits what is added, and all changes of known files. @returns the commit */
export async function commit(directory: string, message: string, context: Context): Promise<string> {
  await git(directory, ['commit', '--all', '--quiet', '--no-verify', '--allow-empty', '--message', message], context);
  return (await git(directory, ['rev-parse', 'HEAD'], context)).toString().trim();
}

/** The files of a commit as Latin-1, by path. @throws cannot-write if it is gone */
export async function filesOfCommit(directory: string, commit: string, context: Context): Promise<Map<string, string>> {
  const list = (await git(directory, ['ls-tree', '-r', '-z', '--full-tree', commit], context)).toString('latin1');
  const entries = list.split('\0').flatMap((line) => {
    const [, id, path] = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    return id === undefined || path === undefined ? [] : [{ id, path: Buffer.from(path, 'latin1').toString() }];
  });
  const batch = await git(directory, ['cat-file', '--batch'], context, Buffer.from(entries.map(({ id }) => `${id}\n`).join('')));
  const files = new Map<string, string>();
  let place = 0;
  for (const { path } of entries) {
    // `<id> blob <size>`, a newline, the content, a newline (git-cat-file(1)).
    const start = batch.indexOf('\n', place) + 1;
    const size = Number(batch.toString('latin1', place, start - 1).split(' ')[2]);
    files.set(path, batch.toString('latin1', start, start + size));
    place = start + size + 1;
  }
  return files;
}
