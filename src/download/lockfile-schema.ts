import * as v from 'valibot';

const digest = v.pipe(v.string('must be a string'), v.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'));
const entry = v.object({ url: v.exactOptional(v.string()), sha256: digest });

/**
 * mft-patch.lock: the SHA-256 of files for which no digest was known, as their first download had it. `files` has them by what
 * they are: a release of the vendor's, as `MFT 4.21.0-99 x86_64`, or a URL. Version 1 had them by their file names.
 */
export const lockfile = v.variant('version', [
  v.object({ version: v.literal(1), bundles: v.record(v.string(), entry) }),
  v.object({ version: v.literal(2), files: v.record(v.string(), entry) }),
]);

export type LockedFiles = Record<string, v.InferOutput<typeof entry>>;
