/** The options of what is made beside a package; what other commands have, too, is in options.ts. */
import { Option } from '@commander-js/extra-typings';
import { notEmptyText } from './option-values.js';

const output = 'Output:';

export const artifactOptions = {
  modules: new Option('--modules', 'also write the modules that were tested as a package, for machines without a compiler').helpGroup(
    output,
  ),
  signKey: new Option('--sign-key <file>', "sign these modules with this private key (PEM), as the kernel's sign-file does")
    .argParser(notEmptyText)
    .helpGroup(output),
  signCert: new Option('--sign-cert <file>', 'the X.509 certificate of that key, which the kernel must trust (PEM or DER)')
    .argParser(notEmptyText)
    .helpGroup(output),
  provenance: new Option(
    '--provenance',
    'also write an in-toto statement with SLSA provenance, and CycloneDX lists of what is inside',
  ).helpGroup(output),
  gpgKey: new Option('--gpg-key <key>', 'sign the archive with this key of gpg: a fingerprint, an id or a mail address')
    .argParser(notEmptyText)
    .helpGroup(output),
};
