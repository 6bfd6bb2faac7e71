/** patches/series: the order of the patches, and the serial number of all of them. */
import { fail } from '../errors.js';
import { sha256 } from '../system/digest.js';
import type { Patch } from './patch.js';

/** The names in a series file, in order, as quilt reads it: one a line, `#` starts a comment. */
export function parseSeries(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim().split(/[ \t]+(?:#.*)?/))
    .filter(([name]) => name !== '')
    .map(([name = '', ...options]) => {
      const other = options.find((option) => option !== '' && option !== '-p1');
      return other === undefined
        ? name
        : fail({ code: 'bad-catalogue', file: 'patches/series', detail: `${name}: unsupported option ${other}` });
    });
}

/**
 * Those that change the package come first, since dkms applies the others on top of it: so a package for one kernel and one
 * for all give the same tree.
 *
 * @throws bad-catalogue
 */
export function checkOrder(patches: readonly Patch[]): void {
  const late = patches.find(({ applies }, index) => applies === 'package' && patches[index - 1]?.applies === 'build');
  const detail = `${late?.id}.patch: a patch with Applies: package must come before those that dkms applies`;
  if (late) fail({ code: 'bad-catalogue', file: 'patches/series', detail });
}

type Contents = readonly Pick<Patch, 'id' | 'sha256' | 'lastUpdate'>[];

/**
 * The serial number of the patches, as in the versions of packages: it rises with every change, so that a package with changed
 * patches sorts above the older one, on the same day, too.
 *
 * @param text of patches/series
 * @returns `serial`, which sorts above that of the series where the patches are not those that it was written for; then also
 *   `line`, what the series must say
 * @throws bad-catalogue if the series has no serial
 */
export function serialOf(text: string, patches: Contents): { serial: string; line?: string } {
  const [, number, digest] = /^# Serial: (\d{10}) ([0-9a-f]{12})$/m.exec(text) ?? [];
  if (number === undefined)
    return fail({ code: 'bad-catalogue', file: 'patches/series', detail: `has no serial number; write '${serialLine(0, patches)}'` });
  if (digest === digestOf(patches)) return { serial: number };
  // Above all that may follow the number in a version of ours, and below the next number.
  return { serial: `${number}.local`, line: serialLine(Number(number), patches) };
}

/** The line with the next number: YYYYMMDDnn as in the zones of the DNS (RFC 1912, 2.2), by the day of the newest patch. */
function serialLine(last: number, patches: Contents): string {
  const days = patches.map(({ lastUpdate }) => Number(`${lastUpdate.replaceAll('-', '')}01`));
  return `# Serial: ${Math.max(last + 1, ...days)} ${digestOf(patches)}`;
}

/** Stands for all patch files and their order. */
function digestOf(patches: Contents): string {
  return sha256(patches.map((patch) => `${patch.sha256}  ${patch.id}.patch\n`).join('')).slice(0, 12);
}
