/** What the vendor's page has that no catalogue has, in plain text. */
import type { ReleasesCheckDocument } from '../documents/index.js';
import { table } from './table.js';

export function renderReleasesCheck({ found, listed, unclear, file }: ReleasesCheckDocument): string {
  const rows = found.map(({ version, revision, arch, sha256, url }) => [version, revision, arch, sha256 ? 'sha256' : 'none', url]);
  const notes = unclear.map(({ version, reason }) => `  ${version}: ${reason}`);
  const first = file === undefined ? 'To write them to a file:\n  mft-patch releases --check --add FILE' : `Wrote ${file}`;
  return [
    ...(found.length === 0
      ? [`No new release: the page lists ${listed} versions, and none is new.`]
      : [table(['VERSION', 'REVISION', 'ARCHITECTURE', 'DIGEST', 'URL'], rows), '', first]),
    ...(notes.length > 0 ? ['', 'Nothing is known of:', ...notes] : []),
  ].join('\n');
}
