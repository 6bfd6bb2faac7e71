/** The options of what is made beside a package; what other commands have, too, is in options.ts. */
import { Option } from '@commander-js/extra-typings';
import { notEmptyText } from './option-values.js';

const output = 'Output:';

export const artifactOptions = {
  provenance: new Option(
    '--provenance',
    'also write an in-toto statement with SLSA provenance, and a CycloneDX list of what is inside',
  ).helpGroup(output),
  gpgKey: new Option('--gpg-key <key>', 'sign the archive with this key of gpg: a fingerprint, an id or a mail address')
    .argParser(notEmptyText)
    .helpGroup(output),
};
