/** What tests need of a docker daemon of their own, for what would hurt the one that all share. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { runCli, sh } from '../support.js';

export { OwnDocker, wrapper } from './own-daemon.js';

/** Why there can be no daemon of one's own here; empty if there can. */
export function missingOwnDocker(): string {
  if (inject('missing').docker !== '') return inject('missing').docker;
  if (process.getuid?.() !== 0) return 'not root';
  return spawnSync('which', ['dockerd']).status === 0 ? '' : 'dockerd is not installed';
}

/** The image of a target in the daemon that all share; made if need be. */
export async function imageOf(target: string): Promise<string> {
  const { stdout } = await runCli(['image', 'build', target, '--engine', 'docker', '--json']);
  return JSON.parse(stdout).images[0].image;
}

/**
 * A package that differs from another by what a shell command does to its unpacked source; `$conf` there is the folder
 * of DEBIAN/.
 */
export function altered(deb: string, name: string, command: string): string {
  const folder = join(dirname(deb), name);
  sh(`dpkg-deb -R ${deb} ${folder}; conf=${folder}/DEBIAN; cd ${folder}/usr/src/*/; ${command}; dpkg-deb -b ${folder} > ${folder}.log`);
  return `${folder}.deb`;
}
