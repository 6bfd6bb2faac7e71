/** Several series on top of each other: the project's, then the user's own. */
import { fail } from '../errors.js';
import { fileIn, type Patch } from './patch.js';

/**
 * All patches in the order in which they are applied: series by series, but those that change the package before those that
 * dkms applies. One that replaces another stands in its place, since what comes later was made on top of that.
 *
 * @throws bad-catalogue for two patches of one name, or one that replaces nothing
 */
export function stackSeries(series: readonly (readonly Patch[])[]): Patch[] {
  const stacked = series.reduce<Patch[]>((below, patches) => {
    refuseTwice(patches);
    const replaced = below.map((patch) => patches.find((other) => other.replaces && isSame(other, patch)) ?? patch);
    for (const patch of patches) refuseClash(patch, below);
    return [...replaced, ...patches.filter((patch) => !replaced.includes(patch))];
  }, []);
  return [...stacked.filter(({ applies }) => applies === 'package'), ...stacked.filter(({ applies }) => applies === 'build')];
}

/** Of one name, for one package: those of different packages are never together. */
const isSame = (a: Patch, b: Patch) => a.id === b.id && a.package === b.package;

function refuseTwice(patches: readonly Patch[]): void {
  const twice = patches.find((patch, index) => patches.findIndex((other) => other.id === patch.id) !== index);
  if (twice)
    fail({
      code: 'bad-catalogue',
      file: fileIn(twice.from, 'series'),
      detail: `${twice.id}.patch is in it twice`,
      hint: 'remove one of the lines',
    });
}

function refuseClash(patch: Patch, below: readonly Patch[]): void {
  const { id, from, replaces } = patch;
  const other = below.find((candidate) => isSame(candidate, patch));
  const file = fileIn(from, `${id}.patch`);
  if (other && !replaces) {
    const whose = other.from === undefined ? 'mft-patch has a patch' : `${other.from} has a patch`;
    const hint = "rename it, or add 'Replaces: yes' to its header to use it in the place of that one";
    fail({ code: 'bad-catalogue', file, detail: `${whose} of this name`, hint });
  }
  if (!other && replaces) {
    const detail = 'field Replaces is yes, but no patch before it has its name';
    fail({
      code: 'bad-catalogue',
      file,
      detail,
      hint: 'remove that field, or rename the patch; mft-patch patches lists those that there are',
    });
  }
}
