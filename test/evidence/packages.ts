/** Packages made bad by a line or two, of the sample that builds unpatched on Debian 12. */

import { findPackage } from '../../src/bundle/find-package.js';
import { loadSample, packSample } from '../../src/bundle/sample.js';
import { stream } from '../support.js';

/** Files of a sample by path, with what is to become of their texts; undefined leaves one out. */
export type Edits = Record<string, (text: string) => string | undefined>;

/** The root of the dkms source in the package. */
export const sourceRoot = 'usr/src/kernel-mft-dkms-4.22.0';

/** The sample's package with changes in its files; a file that the sample does not have starts empty. */
export async function changedPackage(edits: Edits, sample = 'nnt'): Promise<Buffer> {
  const files = new Map(await loadSample(sample));
  for (const [path, edit] of Object.entries(edits)) {
    const text = edit(files.get(path)?.toString() ?? '');
    if (text === undefined) files.delete(path);
    else if (text === files.get(path)?.toString()) throw new Error(`${path} was not changed`);
    else files.set(path, Buffer.from(text));
  }
  const { bytes, name } = packSample(files);
  return (await findPackage(stream(bytes), { path: name, whole: true, signal: new AbortController().signal })).bytes;
}

/** Puts lines before the text. */
export const before = (lines: string) => (text: string) => `${lines}\n${text}`;
/** Puts lines behind the text. */
export const after = (lines: string) => (text: string) => `${text}${lines}\n`;
