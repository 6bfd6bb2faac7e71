/** The copyright notices of a source. */
import { type Deb, plainPath } from '../deb/deb.js';

/** A notice names a year: the word alone is in many texts. */
const notice = /(?:copyright|copr\.|©)\W.*\b(?:19|20)\d\d\b.*$/gim;
/** Notices are short lines; what is longer is no notice. */
const longest = 200;

/** The notices in the sources of a dkms package, each once and in the order of their texts. */
export function noticesIn({ data }: Deb): string[] {
  const sources = data.filter((entry) => entry.type === 'file' && plainPath(entry).startsWith('usr/src/') && !entry.body.includes(0));
  const found = sources.flatMap(({ body }) => body.toString('utf8').match(notice) ?? []);
  const texts = found.map((text) => text.replace(/\s+/g, ' ').replace(/[\s*/#"';]+$/, ''));
  return [...new Set(texts)].filter((text) => text.length <= longest).sort();
}
