import * as v from 'valibot';

const entry = v.object({
  url: v.exactOptional(v.string()),
  sha256: v.pipe(v.string('must be a string'), v.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits')),
});

/** mft-patch.lock: the SHA-256 of files for which no digest was known, as their first download had it. */
export const lockfile = v.object({ version: v.literal(1, 'must be 1'), bundles: v.record(v.string(), entry) });

export type Lockfile = v.InferOutput<typeof lockfile>;
