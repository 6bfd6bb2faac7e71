/** The program as a user gets it: packed by npm, installed with what it depends on, and nothing of this checkout beside it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, projectRoot, sh } from './support.js';

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

/** Packs the project and installs the tarball into an empty folder that every user may read. @returns the folder */
export function installPacked(env: NodeJS.ProcessEnv): string {
  const folder = makeDirectory();
  sh(`npm pack --silent --pack-destination '${folder}'`, { cwd: projectRoot, env });
  sh('chmod 755 . && mkdir app && cd app && npm install --silent --no-audit --omit=dev --ignore-scripts ../mft-patch-*.tgz', {
    cwd: folder,
    env,
  });
  return join(folder, 'app');
}
