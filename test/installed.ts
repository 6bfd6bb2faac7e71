/** The program as a user gets it: packed by npm, installed with what it depends on, and nothing of this checkout beside it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeDirectory, projectRoot, runCli, sh } from './support.js';

/**
 * An environment of an empty home folder. Of npm's configuration only the registry is kept: the way to one is the machine's,
 * and what `npm test` sets would send npm back to this project.
 */
export function emptyHome(): NodeJS.ProcessEnv {
  const home = join(makeDirectory(), 'home');
  mkdirSync(home);
  const way = Object.entries(process.env).filter(([name]) => name === 'PATH' || /proxy$|_CERT/i.test(name));
  return { ...Object.fromEntries(way), HOME: home, npm_config_registry: sh('npm config get registry', { cwd: projectRoot }).trim() };
}

/** Packs the project as it is built, and installs the tarball into an empty folder that every user may read. @returns the folder */
export function installPacked(env: NodeJS.ProcessEnv): string {
  const folder = makeDirectory();
  // To build it would take it away from other tests.
  sh(`npm pack --silent --ignore-scripts --pack-destination '${folder}'`, { cwd: projectRoot, env });
  sh('chmod 755 . && mkdir app && cd app && npm install --silent --no-audit --omit=dev --ignore-scripts ../mft-patch-*.tgz', {
    cwd: folder,
    env,
  });
  return join(folder, 'app');
}

/** A repository with the files of this checkout that are not ignored, in one commit: neither node_modules/ nor build/ is there. */
export function freshClone(env: NodeJS.ProcessEnv): string {
  const folder = join(makeDirectory(), 'mft-patch');
  sh(
    `mkdir '${folder}'
    git ls-files --cached --others --exclude-standard -z | while read -rd '' file; do [ ! -e "$file" ] || printf '%s\\0' "$file"; done |
      tar -c --null --files-from=- | tar -x -C '${folder}'
    cd '${folder}' && git init -q && git add --all && git -c user.name=a -c user.email=a@example.org commit -qm all`,
    { cwd: projectRoot, env },
  );
  expect(readdirSync(folder)).not.toContain('build');
  return folder;
}

/** What a program makes of the sample, by the digest of the package. */
export async function builtBy(program: string): Promise<string> {
  const out = makeDirectory();
  const { status, stderr } = await runCli(['build', '--sample', '--no-verify', '--quiet', '--out', out], { program, cwd: out });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return sh('grep deb$ SHA256SUMS', { cwd: out });
}
