/** Which patches a release of MFT gets: by its number and that of a kernel, without its source. Loads nothing that reads a package. */
import { mftNumber } from '../bundle/mft-number.js';
import { parseVersion } from '../deb/version.js';
import type { MftVersion } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import type { KernelRelease } from '../kernels/release.js';
import { matchOf } from '../patches/dkms-conf.js';
import type { Patch } from '../patches/patch.js';
import { type Choice, isDecidedByProbe, type ProbeHeaders, selectPatches, versionReason } from '../patches/select.js';

/** A release of MFT, and the patches to choose from for it. */
export interface SeriesFor {
  mft: MftVersion;
  /** major.minor.patch of it, or of the version of another package, as ranges compare it. */
  mftNumber: string;
  /** All patches of the series. */
  patches: Patch[];
}

/** A kernel that patches are chosen for: as it was named, and its release. */
export interface PlannedKernel {
  requested: string;
  release: KernelRelease;
}

/** The patches that were chosen. */
export interface Chosen {
  /** Undefined for all kernels. */
  kernel: PlannedKernel | undefined;
  choices: Choice[];
}

/**
 * Chooses patches: for a kernel those that it needs; for all kernels those that concern the release of MFT, from which dkms
 * will pick.
 *
 * @param probe asks the kernel's headers, where they are at hand
 */
export function planPatches<Series extends SeriesFor>(
  series: Series,
  kernel: PlannedKernel | undefined,
  probe?: ProbeHeaders,
): Series & Chosen {
  const choices = kernel ? selectPatches(series.patches, kernel.release, series.mftNumber, probe) : choicesForAll(series);
  return { ...series, kernel, choices };
}

function choicesForAll({ patches, mftNumber }: SeriesFor): Choice[] {
  return patches.map((patch) => {
    const { mft } = patch;
    const reason = versionReason(patch, mftNumber);
    return mft.test(mftNumber) ? { patch, selected: true, reason: `${byWhom(patch)}; ${reason}` } : { patch, selected: false, reason };
  });
}

/** Who applies a patch, and for which kernels. */
function byWhom(patch: Patch): string {
  if (patch.applies === 'package') return 'every kernel needs it';
  if (isDecidedByProbe(patch)) {
    const { file, pattern, matches } = patch.probe;
    return `dkms applies it for kernels with headers whose ${file} ${matches ? 'matches' : 'does not match'} ${pattern}`;
  }
  const { raw } = patch.kernel;
  if (raw === '*') return 'dkms applies it for every kernel';
  if (matchOf(patch) === '') return `dkms applies it for every kernel: ${raw} need it, and it is good on older ones`;
  if (patch.goodOnOlder) return `dkms applies it for kernels ${raw} and, since it is good there, for older ones`;
  const others = patch.probe ? `, and older ones by ${patch.probe.file} in their headers` : '';
  return `dkms applies it for kernels ${raw}${others}`;
}

/** The release of a version. @param path names where it is from in errors @throws package-unfit */
export function mftVersion(text: string, path: string): { mft: MftVersion; mftNumber: string } {
  try {
    const { upstream, revision } = parseVersion(text);
    const number = mftNumber(upstream);
    if (number === undefined) throw new SyntaxError(`'${upstream}' is not an MFT version`);
    // Our suffix goes to the revision; without one it would change the directory that the postinst looks for.
    if (revision === '') throw new SyntaxError(`version ${text} has no revision`);
    return { mft: { version: upstream, revision }, mftNumber: number };
  } catch (error) {
    return fail({ code: 'package-unfit', path, detail: messageOf(error) }, error);
  }
}
