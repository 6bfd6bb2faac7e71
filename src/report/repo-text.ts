import type { RepoDocument } from '../documents/index.js';
import { shellWord } from '../shell-word.js';
import { table } from './table.js';

/** An apt archive that was written, and how a machine takes packages from it. */
export function renderRepo({ directory, source, signedBy, packages }: RepoDocument): string {
  const rows = packages.map(({ package: name, version, architecture, file }) => [name, version, architecture, file]);
  const names = [...new Set(packages.map(({ package: name }) => name))];
  const list = '/etc/apt/sources.list.d/mft-patch.list';
  return [
    table(['PACKAGE', 'VERSION', 'ARCHITECTURE', 'FILE'], rows),
    '',
    `Wrote the index of ${packages.length} ${packages.length === 1 ? 'package' : 'packages'} to ${directory}, ${signedBy === undefined ? 'not signed' : `signed by ${signedBy}`}`,
    '',
    'Next, on a machine that has this directory:',
    ...(signedBy === undefined ? [] : [`  gpg --armor --export ${signedBy} | sudo tee /etc/apt/keyrings/mft-patch.asc > /dev/null`]),
    `  echo ${shellWord(source)} | sudo tee ${list}`,
    `  sudo apt update && sudo apt install ${names[0]}${names.length > 1 ? `    # or ${names.slice(1).join(', ')}` : ''}`,
  ].join('\n');
}
