/** Scripts in containers of the newest image of a target. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, sh } from '../support.js';

/** The newest image of a target; empty if there is none. */
export function imageOf(target: string): string {
  const list = sh(`docker images --format '{{.CreatedAt}} {{.Repository}}:{{.Tag}}' mft-patch/${target} | sort | tail -n 1`);
  return list.trim().split(' ').at(-1) ?? '';
}

/** Runs a script in a container without network, with files in /in; gives what it printed, and must exit 0. */
export function inContainer(image: string, files: Record<string, string>, script: string): string {
  const folder = makeDirectory();
  const names = Object.entries(files).map(([name, path]) => `cp '${path}' in/${name};`);
  sh(`mkdir in && ${names.join(' ')} true`, { cwd: folder });
  writeFileSync(join(folder, 'in/script'), script);
  const run = `docker run --rm -i --network none ${image} sh -c 'mkdir /in && tar -x -C /in && exec bash /in/script'`;
  return sh(`tar -C in -c . | ${run}`, { cwd: folder });
}

/** What a script printed after `== NAME`, by name. */
export function partsOf(printed: string): Record<string, string> {
  const parts = printed.split(/^== /m).slice(1);
  return Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()]));
}
