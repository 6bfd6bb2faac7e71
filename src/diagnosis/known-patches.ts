/** Which known patch has the symptom of an error, and why it is not at work for this kernel. */
import { type KernelRelease, parseKernelRelease } from '../kernels/release.js';
import type { Patch } from '../patches/patch.js';
import { selectPatches } from '../patches/select.js';
import type { BuildError } from './build-error.js';
import { parseMessage } from './parse-log.js';

/** What is known of the package and the kernel that an error is from. */
export interface Circumstances {
  /** A release, or major.minor. */
  kernel?: string;
  /** major.minor.patch. */
  mft?: string;
  /** The ids of the patches that act in the package for this kernel; undefined if that is not known. */
  inside?: readonly string[];
  /** The files of the dkms source by their paths, as Latin-1. */
  source?: ReadonlyMap<string, string>;
}

export interface KnownPatch {
  id: string;
  /** Whether ranges choose it for this kernel and release; undefined where these are not known. */
  chosen?: boolean;
  reason: string;
}

/** The patches that there are; those that are in no series are never chosen. */
export interface KnownSeries {
  patches: readonly Patch[];
  /** Ids of patches whose file is there, and which no series lists. */
  unlisted: ReadonlySet<string>;
}

/** The patches whose Symptom is this error, with why they did not prevent it. */
export function knownPatches(error: BuildError, { patches, unlisted }: KnownSeries, where: Circumstances): KnownPatch[] {
  const known = patches.filter((patch) => isSymptom(patch.symptom, error));
  return known.map((patch) => ({ id: patch.id, ...(unlisted.has(patch.id) ? notListed : whyNot(patch, where)) }));
}

const notListed = { chosen: false, reason: 'its file is there, but patches/series does not list it' };

/** Kinds of which one error is like any other: the fix does not depend on the name. */
const anyName = new Set(['missing-prototype', 'warning', 'kernel-directory']);

/** Whether a Symptom and an error are about the same thing, in whichever compiler's words. */
export function isSymptom(symptom: string, error: BuildError): boolean {
  const known = parseMessage(symptom);
  if (known === undefined || known.kind === 'unknown' || error.kind === 'unknown') return likeText(symptom, error.message);
  if (anyName.has(known.kind)) return known.kind === error.kind || (known.kind === 'missing-prototype' && error.kind === 'warning');
  if (known.kind !== error.kind) return false;
  if (known.kind === 'callback-type') return known.expected === error.expected && known.actual === error.actual;
  // The module's own header is what the symptom names; which variable was lost follows from it.
  return known.name === error.name && (known.owner ?? '') === (error.owner ?? '');
}

/** A text in which `…`, `...` and `<what>` stand for anything. */
function likeText(symptom: string, message: string): boolean {
  const pattern = symptom
    .split(/<[^>]+>|\.{3}|…/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(pattern).test(message);
}

function whyNot(patch: Patch, { kernel, mft, inside, source }: Circumstances): Omit<KnownPatch, 'id'> {
  const ranges = `kernels ${patch.kernel.raw || '*'}, MFT ${patch.mft.raw || '*'}`;
  if (inside?.includes(patch.id)) return { chosen: true, reason: 'it is applied for this kernel, and the error is there all the same' };
  if (kernel === undefined || mft === undefined)
    return { reason: `it is for ${ranges}; which ${kernel === undefined ? 'kernel' : 'MFT'} this is of is not known` };
  const [choice] = selectPatches([patch], releaseOf(kernel), mft);
  if (choice === undefined || !choice.selected) return { chosen: false, reason: choice?.reason ?? '' };
  const { neededIf } = patch;
  const paths = patch.changes.map(({ path }) => path);
  if (source && neededIf && !paths.some((path) => neededIf.test(source.get(path) ?? '')))
    return { chosen: false, reason: `Needed-If: ${neededIf.source} matches nothing in ${paths.join(', ')}` };
  if (inside !== undefined)
    return { chosen: true, reason: `it is for this kernel, and is missing in the package: build it with mft-patch build` };
  return { chosen: true, reason: choice.reason };
}

function releaseOf(kernel: string): KernelRelease {
  return parseKernelRelease(kernel);
}
