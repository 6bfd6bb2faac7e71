import { withFiles } from '../deb/change.js';
import type { BuiltPatch } from '../documents/index.js';
import { fail } from '../errors.js';
import { applyPatch } from '../patches/apply.js';
import { identityOf, type Patch } from '../patches/patch.js';
import type { Choice } from '../patches/select.js';
import type { VendorPackage } from './prepare.js';

/** The package with the patches baked into its sources. @throws patch-does-not-apply, package-unfit */
export function addPatches({ deb, sourceRoot }: VendorPackage, choices: readonly Choice[], original: ReadonlyMap<string, string>) {
  const files = new Map(original);
  const changed = new Map<string, Buffer>();
  const inside: Patch[] = [];
  const patches = choices.map(({ patch, selected, reason }): BuiltPatch => {
    const built = { ...identityOf(patch), reason };
    const notNeeded = { ...built, status: 'not-needed' as const, hunks: [] };
    if (!selected) return notNeeded;
    const result = applyPatch(patch, files);
    if (result.status === 'failed') return fail({ code: 'patch-does-not-apply', patch: patch.id, hunks: result.hunks });
    if (result.status === 'not-needed') return { ...notNeeded, reason: `${reason}, but ${result.reason}` };
    inside.push(patch);
    for (const [path, text] of result.status === 'applied' ? result.contents : []) {
      files.set(path, text);
      changed.set(sourceRoot + path, Buffer.from(text, 'latin1'));
    }
    return { ...built, status: result.status, hunks: result.hunks };
  });
  return { deb: withFiles(deb, changed), inside, patches };
}
