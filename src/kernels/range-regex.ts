import type Comparator from 'semver/classes/comparator.js';
import type Range from 'semver/classes/range.js';

/** The releases from `from` to before `to`, each major.minor.patch as one number: see `place`. */
interface Span {
  from: number;
  to: number;
}

// How far the numbers of a release go: as far as parseKernelRelease takes them.
const patchEnd = 100_000;
const minorEnd = 1000;
const majorEnd = 1000;
const minorSize = patchEnd;
const majorSize = minorEnd * minorSize;
const all: Span = { from: majorSize, to: majorEnd * majorSize };

/** What may follow the numbers. Two separators in a row take the number before them for a part of the suffix. */
const suffix = '([-.+~_]([[:alnum:]].*)?)?';
/** What may follow major.minor where no patch level does: a suffix that does not start like one. */
const suffixOfZero = String.raw`([-+~_].*|\.([[:alpha:]].*)?)?`;
/** Nothing comes before the start of the text, so no text matches. */
const nothing = '^.^';

/**
 * The range as a POSIX extended regular expression, for `PATCH_MATCH[i]` of dkms.conf, which dkms asks with bash's
 * `[[ $kernelver =~ ${PATCH_MATCH[i]} ]]`. Anchored at both ends.
 *
 * It matches a release that parseKernelRelease takes if and only if its `version` is in the range: `5.18-rc1` is 5.18.0.
 * A release that parseKernelRelease refuses for its numbers (`5`, `05.18`, `5.18foo`) is never matched. One that it refuses
 * for its suffix alone (`6.1.21-my@board`) is judged by its numbers: dkms builds for such kernels, and they need the patch
 * no less.
 * A range without an upper end holds every major up to 999. A range that holds no release gives a pattern that matches
 * nothing; `*` one that matches every release.
 *
 * Write it into dkms.conf between single quotes. It comes through double quotes unchanged as well, and has to: dkms writes
 * the values that it read between double quotes, unquoted on the way, and reads that. So it holds no blank, quote,
 * backquote or `\\`, and no `$` but the last character.
 *
 * @param range as semver reads it, as in the field `Kernel` of a patch
 */
export function kernelPattern(range: Range): string {
  const parts = spansOf(range).flatMap((span) => cut(span, majorSize).flatMap((part) => cut(part, minorSize)));
  const numbered = parts.filter(({ from, to }) => from < to).map(numbers);
  const zeros = parts
    .filter(({ from, to }) => from < to && from % minorSize === 0 && to % minorSize !== 0)
    .map(({ from }) => majorMinor(from));
  if (numbered.length === 0) return nothing;
  const pattern = group(numbered) + suffix;
  return `^${zeros.length === 0 ? pattern : `(${pattern}|${group(zeros)}${suffixOfZero})`}$`;
}

/** The releases in the range; the spans may overlap. */
function spansOf(range: Range): Span[] {
  return range.set.map((comparators) => comparators.map(spanOf).reduce(common, all)).filter(({ from, to }) => from < to);
}

function common(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

function spanOf({ operator, value, semver }: Comparator): Span {
  // Any version: semver is a symbol then.
  if (value === '') return all;
  const { major, minor, patch, prerelease } = semver;
  const from = place(major, minor, patch);
  // A prerelease, or a number out of bounds, is between two releases and matches neither.
  const isRelease = prerelease.length === 0 && major < majorEnd && minor < minorEnd && patch < patchEnd;
  const to = isRelease ? from + 1 : from;
  switch (operator) {
    case '>=':
      return { from, to: all.to };
    case '>':
      return { from: to, to: all.to };
    case '<':
      return { from: all.from, to: from };
    case '<=':
      return { from: all.from, to };
    default:
      return { from, to };
  }
}

/** How many releases are lower. */
function place(major: number, minor: number, patch: number): number {
  if (major >= majorEnd) return all.to;
  if (minor >= minorEnd) return (major + 1) * majorSize;
  return major * majorSize + minor * minorSize + Math.min(patch, patchEnd);
}

/** The span in three: what comes before the first multiple of `size` in it, whole multiples, the rest. Each may be empty. */
function cut({ from, to }: Span, size: number): [Span, Span, Span] {
  const start = Math.min(Math.ceil(from / size) * size, to);
  const end = Math.max(Math.floor(to / size) * size, start);
  return [
    { from, to: start },
    { from: start, to: end },
    { from: end, to },
  ];
}

/** The numbers of the releases of a part: of whole majors, of whole minors in one major, or of patch levels in one minor. */
function numbers({ from, to }: Span): string {
  if (from % majorSize === 0 && to % majorSize === 0) {
    return String.raw`${digits(from / majorSize, to / majorSize)}\.${digits(0, minorEnd)}`;
  }
  const wholeMinors = from % minorSize === 0 && to % minorSize === 0;
  const size = wholeMinors ? minorSize : 1;
  const first = (from % (wholeMinors ? majorSize : minorSize)) / size;
  const [before, width] = wholeMinors ? [Math.floor(from / majorSize), 0] : [majorMinor(from), 5];
  return String.raw`${before}\.${digits(first, first + (to - from) / size, width)}`;
}

function majorMinor(release: number): string {
  return String.raw`${Math.floor(release / majorSize)}\.${Math.floor((release % majorSize) / minorSize)}`;
}

/**
 * A pattern for the whole numbers from `from` to before `to`.
 * @param width how many digits there may be with zeros in front; 0 for none in front
 */
function digits(from: number, to: number, width = 0): string {
  const found: string[] = [];
  for (let low = from; low < to; ) {
    // The widest block of whole tens, hundreds, … that starts here: 1[89], then [2-9][0-9].
    let size = 1;
    while (low > 0 && low % (size * 10) === 0 && low + size * 10 <= to) size *= 10;
    const first = (low / size) % 10;
    const last = Math.min(9, first + Math.floor((to - low) / size) - 1);
    const free = String(size).length - 1;
    const front = String(Math.floor(low / size / 10) || '');
    low += (last - first + 1) * size;
    // All numbers of that many digits: those of one digit more may follow.
    let more = free;
    for (; width === 0 && front === '' && first === 1 && last === 9 && low * 10 <= to; low *= 10) more++;
    found.push(times('0', 0, Math.max(0, width - front.length - 1 - free)) + front + oneOf(first, last) + times('[0-9]', free, more));
  }
  return group(found);
}

function oneOf(first: number, last: number): string {
  if (first === last) return `${first}`;
  return last === first + 1 ? `[${first}${last}]` : `[${first}-${last}]`;
}

function times(what: string, least: number, most: number): string {
  if (most === 0) return '';
  if (least === most) return least === 1 ? what : `${what}{${least}}`;
  return most === 1 ? `${what}?` : `${what}{${least},${most}}`;
}

function group(patterns: readonly string[]): string {
  return patterns.length === 1 ? `${patterns[0]}` : `(${patterns.join('|')})`;
}
