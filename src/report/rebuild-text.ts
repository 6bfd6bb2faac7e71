/** A package made again from its record. */
export interface RebuildDocument {
  schema: 'mft-patch/rebuild@1';
  record: string;
  /** Where the input was read this time. */
  input: { path: string; sha256: string };
  /** What the record says of the package. */
  artifact: { name: string; sha256: string; bytes: number };
  /** Not there if it cannot be made, since patches inside it are gone or changed. */
  rebuilt?: { name: string; sha256: string; bytes: number };
  /** The package that lies beside the record, if one does. */
  beside?: { path: string; sha256: string; bytes: number };
  status: 'equal' | 'differs';
  /** In the patches, in the package made again, in the file beside the record, and between these two packages. */
  differences: { of: 'patches' | 'package' | 'file' | 'content'; what: string }[];
  /** Other files of that build: they are not made again, nor compared. */
  notRebuilt: string[];
}

const titles = {
  patches: 'patches inside it, so that it cannot be made again',
  package: 'the package made again',
  file: 'the file beside the record',
  content: 'that file against the package made again',
};

/** The result of `rebuild` as a person reads it. */
export function renderRebuild({ artifact, input, status, beside, differences, notRebuilt }: RebuildDocument): string {
  const others = notRebuilt.length > 0 ? [`Not made again, and not compared: ${notRebuilt.join(', ')}`] : [];
  if (status === 'equal') {
    const file = beside ? 'The file beside the record is the same.' : 'No such file lies beside the record.';
    return [`${artifact.name}: equal`, `Made again from ${input.path}: SHA-256 ${artifact.sha256}`, file, ...others].join('\n');
  }
  const kinds = Object.entries(titles).flatMap(([kind, title]) => {
    const lines = differences.filter(({ of }) => of === kind).map(({ what }) => `  ${what}`);
    return lines.length > 0 ? ['', `${title}:`, ...lines] : [];
  });
  return [`${artifact.name}: differs from its record`, ...kinds, ...(others.length > 0 ? ['', ...others] : [])].join('\n');
}
