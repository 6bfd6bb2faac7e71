/** A Debian version, taken apart as deb-version(7) says. The revision is empty in a native version. */
export interface DebianVersion {
  epoch: string;
  upstream: string;
  revision: string;
}

/**
 * Takes a version apart.
 * @throws SyntaxError for what dpkg would not take as a version
 */
export function parseVersion(text: string): DebianVersion {
  // The first colon ends the epoch, the last hyphen begins the revision.
  const match = /^(?:(\d+):(?=.)|(?!.*:))(\d(?:[A-Za-z0-9.+~:-]*(?=-)|[A-Za-z0-9.+~:]*))(?:-([A-Za-z0-9.+~]+))?$/.exec(text);
  if (match?.[2] === undefined || Number(match[1] ?? 0) > largestEpoch) throw new SyntaxError(`'${text}' is not a Debian version`);
  return { epoch: match[1] ?? '', upstream: match[2], revision: match[3] ?? '' };
}

/** dpkg keeps the epoch in a C int. */
const largestEpoch = 0x7fffffff;

/** How a character sorts (deb-version(7)): `~` before the end, the end before letters, letters before the rest. */
function weight(char: string | undefined): number {
  if (char === undefined || /\d/.test(char)) return 0;
  if (char === '~') return -1;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}

/** Orders upstream versions or revisions: text and number in turn, from the left. */
function comparePart(left: string, right: string): number {
  let a = left;
  let b = right;
  while (a !== '' || b !== '') {
    const [textA, textB] = [/^\D*/.exec(a)?.[0] ?? '', /^\D*/.exec(b)?.[0] ?? ''];
    const [digitsA, digitsB] = [/^\d*/.exec(a.slice(textA.length))?.[0] ?? '', /^\d*/.exec(b.slice(textB.length))?.[0] ?? ''];
    const order = compareText(textA, textB) || compareNumbers(BigInt(digitsA || 0), BigInt(digitsB || 0));
    if (order !== 0) return order;
    a = a.slice(textA.length + digitsA.length);
    b = b.slice(textB.length + digitsB.length);
  }
  return 0;
}

function compareText(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i]);
    if (order !== 0) return Math.sign(order);
  }
  return 0;
}

function compareNumbers(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Orders two versions as `dpkg --compare-versions` does: negative, zero or positive. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  return (
    comparePart(a.epoch || '0', b.epoch || '0') || comparePart(a.upstream, b.upstream) || comparePart(a.revision || '0', b.revision || '0')
  );
}
