import { withFiles, withNewFiles } from '../deb/change.js';
import { type Deb, plainPath } from '../deb/deb.js';
import type { BuiltPatch } from '../documents/index.js';
import { fail, messageOf } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { matchOf, patchFile, withPatches } from '../patches/dkms-conf.js';
import { identityOf, type Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import type { VendorPackage } from './prepare.js';

/**
 * The package with the patches beside its sources, and a dkms.conf by which dkms applies them for the kernels that need
 * them. Only patches of the package itself change the sources.
 *
 * @param original the sources as Latin-1, by path relative to their root
 * @returns the package, the patches that are in it, and what became of each
 * @throws patch-does-not-apply; package-unfit if its dkms.conf cannot be extended
 */
export function addPatches(
  { deb: vendor, sourceRoot, vendor: { path } }: VendorPackage,
  choices: readonly Choice[],
  original: ReadonlyMap<string, string>,
): { deb: Deb; inside: Patch[]; patches: BuiltPatch[] } {
  const files = new Map(original);
  const changed = new Map<string, Buffer>();
  const change = (file: string, text: string) => {
    files.set(file, text);
    changed.set(sourceRoot + file, Buffer.from(text, 'latin1'));
  };
  const forDkms: Patch[] = [];
  const present: Patch[] = [];
  const patches = choices.map(({ patch, selected, reason }): BuiltPatch => {
    const built = { ...identityOf(patch), reason };
    if (!selected) return { ...built, status: 'not-needed', hunks: [] };
    const result = applyPatch(patch, files);
    if (result.status === 'failed') fail({ code: 'patch-does-not-apply', patch: patch.id, hunks: result.hunks });
    if (result.status === 'not-needed') return { ...built, status: 'not-needed', reason: `${reason}, but ${result.reason}`, hunks: [] };
    const done = { ...built, status: result.status, hunks: result.hunks };
    if (result.status === 'applied' && patch.applies === 'build') {
      forDkms.push(patch);
      return { ...done, match: matchOf(patch) };
    }
    present.push(patch);
    for (const [file, text] of result.status === 'applied' ? result.contents : []) change(file, text);
    return done;
  });
  for (const some of subsets(forDkms)) refuseUnlessApplied(some, files);
  const texts = forDkms.map((patch): [string, Buffer] => [patchFile(patch), patch.bytes]);
  const taken = texts.find(([name]) => vendor.data.some((entry) => plainPath(entry) === `${sourceRoot}patches/${name}`));
  if (taken) fail({ code: 'package-unfit', path, detail: `already contains patches/${taken[0]}` });
  try {
    change('dkms.conf', withPatches(files.get('dkms.conf') ?? '', forDkms));
    const extended = withFiles(vendor, changed);
    const deb = forDkms.length === 0 ? extended : withNewFiles(extended, `${sourceRoot}patches/`, new Map(texts), newest(forDkms));
    return { deb, inside: choices.flatMap(({ patch }) => (forDkms.includes(patch) || present.includes(patch) ? [patch] : [])), patches };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail({ code: 'package-unfit', path, detail: messageOf(error), hint: 'apply the patches for one kernel, with --kernel' }, error);
  }
}

/** Which of them come together depends on the kernel: every combination must apply. */
function refuseUnlessApplied(patches: readonly Patch[], original: ReadonlyMap<string, string>): void {
  const files = new Map(original);
  for (const patch of patches) {
    const result = applyPatch(patch, files);
    if (result.status === 'failed') fail({ code: 'patch-does-not-apply', patch: patch.id, hunks: result.hunks });
    if (result.status === 'applied') for (const [path, text] of result.contents) files.set(path, text);
  }
}

/** All subsets, in order; of many patches only the pairs and the whole, since the number doubles with each. */
function subsets(patches: readonly Patch[]): Patch[][] {
  if (patches.length > 8) return [[...patches], ...patches.flatMap((a, i) => patches.slice(i + 1).map((b) => [a, b]))];
  return Array.from({ length: 2 ** patches.length }, (_, mask) => patches.filter((_, index) => (mask >> index) & 1));
}

/** Seconds since 1970 of the newest patch's day. */
function newest(patches: readonly Patch[]): number {
  return Math.max(...patches.map(({ lastUpdate }) => Date.parse(`${lastUpdate}T00:00:00Z`) / 1000));
}
