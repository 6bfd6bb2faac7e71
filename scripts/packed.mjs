/** What the releases of the program have in common, whatever form they have: their files, and their time. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs a program in the project.
 * @param root the directory of package.json
 * @returns what it prints
 */
export function output(root, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}: ${stderr}`}`);
  return stdout;
}

/** What npm packs, as package.json has it: paths below the root, sorted. */
export function packedFiles(root) {
  const [{ files }] = JSON.parse(output(root, 'npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  return files.map(({ path }) => path).sort();
}

/** The day that CHANGELOG.md has for this version: the same sources give the same bytes. */
export function releaseDate(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const heading = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - (\\S+)$`, 'm');
  const day = heading.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))?.[1];
  if (day === undefined) throw new Error(`CHANGELOG.md has no date for ${version}`);
  return new Date(`${day}T00:00:00Z`);
}
