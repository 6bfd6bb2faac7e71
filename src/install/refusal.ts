/** What stops an installation before it begins: what is the owner's to decide, or no step of ours cures. Pure. */
import type { Check, Cure } from '../documents/index.js';
import { asUser } from '../machine/cures.js';
import type { Survey } from '../machine/examine.js';
import { livingKernels } from '../machine/kernels.js';
import { isOfDrivers } from '../machine/leftovers.js';
import { breaks } from '../machine/mft.js';
import { isHalf } from '../machine/packages.js';
import { isBeyondMok } from '../machine/secure-boot.js';
import { lineOf, releaseToInstall } from './judged.js';
import { isCompiler, lackingNames, needsArchive } from './lacking.js';

export interface Refusal {
  reason: string;
  cures: Cure[];
}

/** @param isNamed the user has named a source or a release: it is installed also where no card is seen */
export function refusalOf(facts: Survey, isNamed: boolean): Refusal | undefined {
  const { kernels, packages, devices } = facts;
  const by = (id: Check['id'], reason?: string): Refusal => {
    const line = lineOf(facts, id);
    return { reason: reason ?? `${id}: ${line?.text ?? ''}`, cures: line?.cures ?? [] };
  };
  if (kernels.isContainer)
    return { reason: 'this is a container: its host loads modules', cures: [asUser('mft-patch install', 'on the host')] };
  if ([...packages.values()].some((one) => isHalf(one) && isOfDrivers(one.name))) return by('leftovers');
  if (lineOf(facts, 'space')?.status === 'fault') return by('space');
  if (needsArchive(facts)) return by('headers');
  const compiler = lineOf(facts, 'compiler');
  if (compiler?.status === 'fault' && !lackingNames(facts).some(isCompiler)) return by('compiler');
  if (isBeyondMok(facts.key, facts.secureBoot)) return by('signing-key');
  if (!isNamed && devices.every(({ kind }) => kind === 'virtual')) return by('cards');
  if (!isNamed && releaseToInstall(facts) === undefined)
    return { reason: 'no known release of MFT serves all cards', cures: [asUser('mft-patch install --mft RELEASE')] };
  return undefined;
}

/** Why the vendor's own package cannot be gone back to: it would leave apt as it was found. */
export function refuseVendor(facts: Survey, mft: string): Refusal | undefined {
  for (const { release } of livingKernels(facts.kernels)) {
    const needed = breaks(mft, { release, arch: facts.system.arch }, facts.patches);
    if (needed.length > 0)
      return {
        reason: `the vendor's ${mft} does not work on ${release} without ${needed.join(', ')}`,
        cures: [asUser('mft-patch uninstall', 'goes back to none')],
      };
  }
  return undefined;
}
