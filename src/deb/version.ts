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

function comparePart(left: string, right: string): number {
  let a = left;
  let b = right;
  while (a !== '' || b !== '') {
    const [textA, textB] = [/^\D*/.exec(a)?.[0] ?? '', /^\D*/.exec(b)?.[0] ?? ''];
    for (let i = 0; i < Math.max(textA.length, textB.length); i++) {
      const order = weight(textA[i]) - weight(textB[i]);
      if (order !== 0) return Math.sign(order);
    }
    a = a.slice(textA.length);
    b = b.slice(textB.length);
    const [digitsA, digitsB] = [/^\d*/.exec(a)?.[0] ?? '', /^\d*/.exec(b)?.[0] ?? ''];
    const [numberA, numberB] = [BigInt(digitsA || 0), BigInt(digitsB || 0)];
    if (numberA !== numberB) return numberA < numberB ? -1 : 1;
    a = a.slice(digitsA.length);
    b = b.slice(digitsB.length);
  }
  return 0;
}

/** Orders two versions as `dpkg --compare-versions` does: negative, zero or positive. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  return (
    comparePart(a.epoch || '0', b.epoch || '0') || comparePart(a.upstream, b.upstream) || comparePart(a.revision || '0', b.revision || '0')
  );
}
