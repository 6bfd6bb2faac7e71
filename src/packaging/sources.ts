import { type Deb, plainPath } from '../deb/deb.js';

/** The files of the dkms source as Latin-1, so that bytes of any encoding survive, by path relative to its root. */
export function sourcesOf(deb: Deb, sourceRoot: string): Map<string, string> {
  return new Map(
    deb.data
      .filter((entry) => entry.type === 'file' && plainPath(entry).startsWith(sourceRoot))
      .map((entry) => [plainPath(entry).slice(sourceRoot.length), entry.body.toString('latin1')]),
  );
}
