import * as v from 'valibot';
import { fail } from '../errors.js';
import { fields, parseDataFile } from '../system/data-file.js';

const digits = (length: number) =>
  v.exactOptional(v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`), `must be ${length} hex digits`)));

/** An entry of releases.json: a bundle that someone has seen, and where. */
const release = fields({
  version: v.pipe(v.string(), v.regex(/^\d{1,6}(\.\d{1,6}){2,3}$/, 'must be dotted numbers, as in 4.20.1')),
  revision: v.pipe(v.string(), v.regex(/^\d{1,9}$/, 'must be a string of digits')),
  arch: v.picklist(['x86_64', 'arm64', 'ppc64le']),
  url: v.pipe(v.string(), v.regex(/^https?:\/\/[^/\s]+\/(\S+\/)?[\w.+-]+$/, 'must be the http or https URL of a file')),
  digests: v.pipe(
    fields({ md5: digits(32), sha256: digits(64), blake2b512: digits(128) }),
    v.description('hex digests by algorithm; only sha256 proves anything'),
  ),
  seenIn: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/\S/, 'must be a non-empty string'))),
    v.minLength(1, 'must name at least one place'),
    v.description('where this entry was seen'),
  ),
  seenOn: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{4}/, 'must be a date'), v.description('when the release was first seen'))),
  replaces: v.exactOptional(
    v.pipe(
      v.boolean('must be true or false'),
      v.description("in a file of --releases: it is taken in the place of the project's entry of the same release and architecture"),
    ),
  ),
  urlComposed: v.exactOptional(v.pipe(v.boolean(), v.description("the URL was not seen, but composed by the vendor's rule"))),
});
export type Release = v.InferOutput<typeof release>;

/** releases.json. */
export const releaseFile = fields({ $schema: v.exactOptional(v.string()), releases: v.array(release) });

/**
 * Reads the catalogue of releases.
 * @throws bad-catalogue with all faults of the file
 */
export function parseReleases(file: string, text: string): Release[] {
  return parseDataFile(releaseFile, file, text).releases;
}

/** Whether two entries are of the same bundle: a release for one architecture. */
export function isSameBundle(a: Release, b: Release): boolean {
  return a.version === b.version && a.revision === b.revision && a.arch === b.arch;
}

/**
 * The releases of the project with those of a file of the user's own.
 * @throws bad-catalogue for one that is among the project's and does not replace it, or replaces nothing
 */
export function withOwnReleases(project: readonly Release[], own: readonly Release[], file: string): Release[] {
  for (const release of own) {
    const name = `${release.version}-${release.revision} for ${release.arch}`;
    const isKnown = project.some((other) => isSameBundle(other, release));
    if (isKnown && !release.replaces) {
      const hint = 'remove it, or add "replaces": true to use it in the place of that one';
      fail({ code: 'bad-catalogue', file, detail: `mft-patch has ${name} already`, hint });
    }
    if (!isKnown && release.replaces)
      fail({ code: 'bad-catalogue', file, detail: `${name} replaces nothing: mft-patch does not have it`, hint: 'remove "replaces"' });
  }
  return [...project.filter((release) => !own.some((other) => isSameBundle(other, release))), ...own];
}
