import type { RebuildDocument } from '../documents/index.js';

const titles = {
  patches: 'patches inside it, so that it cannot be rebuilt',
  package: 'the rebuilt package',
  file: 'the package next to the record',
  content: 'that package compared with the rebuilt one',
};

/** The result of `rebuild` as a person reads it. */
export function renderRebuild({ artifact, input, status, beside, differences, notRebuilt, recordedBy }: RebuildDocument): string {
  const others = notRebuilt.length > 0 ? [`Neither rebuilt nor compared: ${notRebuilt.join(', ')}`] : [];
  if (status === 'equal') {
    const file = beside ? 'The package next to the record is identical.' : 'There is no package next to the record.';
    return [`${artifact.name}: identical`, `Rebuilt from ${input.path}: SHA-256 ${artifact.sha256}`, file, ...others].join('\n');
  }
  const kinds = Object.entries(titles).flatMap(([kind, title]) => {
    const lines = differences.filter(({ of }) => of === kind).map(({ what }) => `  ${what}`);
    return lines.length > 0 ? ['', `${title}:`, ...lines] : [];
  });
  const other = recordedBy
    ? ['', `The record is of mft-patch ${recordedBy.version} (SHA-256 ${recordedBy.sha256.slice(0, 12)}), which is not this program.`]
    : [];
  return [`${artifact.name}: differs from the record`, ...kinds, ...other, ...(others.length > 0 ? ['', ...others] : [])].join('\n');
}
