/** The series file of a directory of patches: their order, and the serial number of all of them. */
import { fail } from '../errors.js';
import { sha256 } from '../system/digest.js';
import type { Patch } from './patch.js';

const projectFile = 'patches/series';

/** The names in a series file, in order, as quilt reads it: one a line, `#` starts a comment. @param file names it in errors */
export function parseSeries(text: string, file = projectFile): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim().split(/[ \t]+(?:#.*)?/))
    .filter(([name]) => name !== '')
    .map(([name = '', ...options]) => {
      const other = options.find((option) => option !== '' && option !== '-p1');
      return other === undefined ? name : fail({ code: 'bad-catalogue', file, detail: `${name}: unsupported option ${other}` });
    });
}

/**
 * Those that change the package come first, since dkms applies the others on top of it: so a package for one kernel and one
 * for all give the same tree.
 *
 * @param file names the series in errors
 * @throws bad-catalogue
 */
export function checkOrder(patches: readonly Patch[], file = projectFile): void {
  const late = patches.find(({ applies }, index) => applies === 'package' && patches[index - 1]?.applies === 'build');
  const detail = `${late?.id}.patch: a patch with Applies: package must come before those that dkms applies`;
  if (late) fail({ code: 'bad-catalogue', file, detail });
}

type Contents = readonly Pick<Patch, 'id' | 'sha256' | 'lastUpdate'>[];

/** The serial number of a series; `line` is what the series must say where it is not that of its patches. */
export interface Serial {
  serial: string;
  line?: string;
}

/** Follows the number of patches that are not those that it was written for. */
const changed = '.local';

/**
 * The serial number of the patches, as in the versions of packages: it rises with every change, so that a package with changed
 * patches sorts above the older one, on the same day, too.
 *
 * @param text of patches/series
 * @returns `serial`, which sorts above that of the series where the patches are not those that it was written for
 * @throws bad-catalogue if the series has no serial
 */
export function serialOf(text: string, patches: Contents): Serial {
  return (
    readSerial(text, patches) ??
    fail({ code: 'bad-catalogue', file: projectFile, detail: `has no serial number; write '${serialLine(0, patches)}'` })
  );
}

/** That of a series of the user's own, which goes by the day of its newest patch where no number is in it. */
export function ownSerialOf(text: string, patches: Contents): Serial {
  const line = serialLine(0, patches);
  return readSerial(text, patches) ?? { serial: `${newestDay(patches)}00${changed}`, line };
}

function readSerial(text: string, patches: Contents): Serial | undefined {
  const [, number, digest] = /^# Serial: (\d{10}) ([0-9a-f]{12})$/m.exec(text) ?? [];
  if (number === undefined) return undefined;
  if (digest === digestOf(patches)) return { serial: number };
  // Above all that may follow the number in a version of ours, and below the next number.
  return { serial: `${number}${changed}`, line: serialLine(Number(number), patches) };
}

/**
 * The serial number of the project's series with those of the user's own after it: `2026112601.own2026112702`. It sorts above
 * that without them, and with any of them changed above that with none.
 */
export function joinSerials(project: string, own: readonly string[]): string {
  const all = [project, ...own];
  const numbers = all.map((serial) => serial.replace(changed, ''));
  return `${numbers.join('.own')}${all.some((serial) => serial.endsWith(changed)) ? changed : ''}`;
}

/** The line with the next number: YYYYMMDDnn as in the zones of the DNS (RFC 1912, 2.2), by the day of the newest patch. */
export function serialLine(last: number, patches: Contents): string {
  return `# Serial: ${Math.max(last + 1, Number(`${newestDay(patches)}01`))} ${digestOf(patches)}`;
}

/** YYYYMMDD; that of the first day of 1970 if there is no patch. */
function newestDay(patches: Contents): string {
  return patches.reduce((newest, { lastUpdate }) => (lastUpdate > newest ? lastUpdate : newest), '1970-01-01').replaceAll('-', '');
}

/** Stands for all patch files and their order. */
function digestOf(patches: Contents): string {
  return sha256(patches.map((patch) => `${patch.sha256}  ${patch.id}.patch\n`).join('')).slice(0, 12);
}
