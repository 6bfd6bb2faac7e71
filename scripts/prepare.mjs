/**
 * npm runs this before it packs the project, and where it installs it from a git repository or a directory: what it takes then works.
 * `npm ci` runs it, too, and is left alone: `npm run build` follows it, or `npm pack`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const isThere = (path) => existsSync(new URL(path, root));

if (process.env.npm_command === 'ci') process.exit();
if (isThere('node_modules/typescript')) {
  // What npm itself prints goes to stdout, and may be a document.
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: fileURLToPath(root), stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
} else if (!isThere('build/cli.js')) {
  process.stderr.write('mft-patch: the program is not built, and what builds it is not installed\n  run npm ci first\n');
  process.exitCode = 1;
}
