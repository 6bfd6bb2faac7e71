import { fail } from '../errors.js';
import { closestNames } from '../system/suggest.js';
import type { Target } from './target.js';

/** Refuses what is neither a target nor a release. @throws usage, with what is meant perhaps */
export function refuseUnknown(requested: string, targets: readonly Target[]): never {
  if (/^next-\d/.test(requested))
    fail({
      code: 'usage',
      detail: `'${requested}' does not say which kernel version it is`,
      hint: 'pass the release as uname -r prints it, as in 6.16.0-rc4-next-20250701',
    });
  const close = closestNames(requested, ['host', ...targets.map(({ name }) => name)]);
  return fail({
    code: 'usage',
    detail: `unknown target or kernel release '${requested}'`,
    hint: `did you mean ${close.join(' or ')}? run mft-patch kernels to list the targets; a release is 5.18 or 6.1.0-50-amd64, as uname -r prints it`,
  });
}
