/** The script that completes the command line in a shell. */
import { loadReleases } from '../../bundle/releases.js';
import { sampleNames } from '../../bundle/sample.js';
import { loadPatches, loadTargets } from '../../catalogue.js';
import type { Context } from '../../context.js';
import type { CompletionDocument } from '../../documents/index.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import type { CommandEntry, Lists } from './table.js';
import { zshScript } from './zsh.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/**
 * Writes the script for a shell.
 * @param table the commands as the help shows them
 * @throws bad-catalogue, no-input
 */
export async function completion(
  shell: keyof typeof scripts,
  table: readonly CommandEntry[],
  context: Context,
): Promise<CompletionDocument> {
  const catalogues = [loadTargets(context), loadReleases(context), loadPatches(context), sampleNames()] as const;
  const [targets, releases, patches, samples] = await Promise.all(catalogues);
  const lists: Lists = {
    kernels: [...targets.map(({ name }) => name), ...new Set(targets.map(({ kernel }) => kernel)), 'host', 'all'],
    releases: ['latest', ...new Set(releases.map(({ version, revision }) => `${version}-${revision}`))],
    patches: patches.map(({ id }) => id),
    samples,
  };
  return { schema: 'mft-patch/completion@1', shell, script: scripts[shell](table, lists) };
}
