/** The range of kernels that need a patch, and what lies below and above it. */
import Range from 'semver/classes/range.js';
import SemVer from 'semver/classes/semver.js';
import minVersion from 'semver/ranges/min-version.js';
import type { Patch } from './patch.js';

type Ranged = Pick<Patch, 'kernel'>;

/** The kernels that are not above the range; `*` where it has no upper end. */
export function rangeUpTo({ kernel }: Ranged): Range {
  const end = endOf(kernel);
  return new Range(end === undefined ? '*' : `<${end.version}`);
}

/** Where the range begins and ends, in the words of a version: from5.18, before6.0; gaps in it do not count. */
export function endsOf({ kernel }: Ranged): { from?: string; before?: string } {
  const [start, end] = [minVersion(kernel), endOf(kernel)];
  return {
    ...(start && start.compare('0.0.0') > 0 ? { from: shortened(start) } : {}),
    ...(end ? { before: shortened(end) } : {}),
  };
}

/** The first version above the range; undefined where it has no upper end. */
function endOf({ set }: Range): SemVer | undefined {
  const ends = set.map((comparators) =>
    comparators
      .filter(({ operator, value }) => value !== '' && !operator.startsWith('>'))
      .map(({ operator, semver }) => (operator === '<' ? semver : new SemVer(semver.version).inc('patch')))
      .reduce<SemVer | undefined>((least, end) => (least && least.compare(end) < 0 ? least : end), undefined),
  );
  return ends.reduce((most, end) => most && end && (most.compare(end) > 0 ? most : end));
}

/** major.minor, and the patch level where that is not 0. */
function shortened({ major, minor, patch }: SemVer): string {
  return `${major}.${minor}${patch === 0 ? '' : `.${patch}`}`;
}
