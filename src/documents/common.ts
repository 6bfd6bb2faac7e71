/** What several documents share. Every document is described once, here and beside; the JSON Schemas in `schemas/` are made from it. */
import * as v from 'valibot';
import { defaultPackage } from '../default-package.js';

/** The name of a package (Debian Policy, 5.6.1). */
export const packageForm = /^[a-z0-9][a-z0-9+.-]+$/;

/** A text, with what it means. */
export const text = (description: string) => v.pipe(v.string(), v.description(description));

/** A number of bytes. */
export const bytes = v.pipe(
  v.number(),
  v.integer('expected a whole number'),
  v.minValue(0, 'expected a size'),
  v.description('size in bytes'),
);

export const seconds = v.pipe(v.number(), v.finite('expected a number'), v.description('how long it took, in seconds'));

const sha256Form = /^[0-9a-f]{64}$/;
/** A SHA-256. */
export const sha256 = v.pipe(v.string(), v.regex(sha256Form, 'expected 64 hex digits'), v.description('SHA-256 in hex digits'));

/** Which package it is about, where not the default one. */
export const packageName = v.pipe(
  v.string(),
  v.regex(packageForm, 'expected the name of a package'),
  v.description(`the name of the package, where it is not ${defaultPackage}; then mft holds its version and revision`),
);

/** Where a patch is from. */
export const origin = text('the directory that the patch is from, as --patches named it; missing for one of mft-patch itself');

export const mftVersion = v.object({
  version: text('version of MFT, as in 4.20.1'),
  revision: text('revision, as in 14'),
});
export type MftVersion = v.InferOutput<typeof mftVersion>;

export const kernelChoice = v.object({
  requested: text('as --kernel named it; `all` for a package for all kernels'),
  version: v.pipe(
    v.string(),
    v.regex(/^(\d{1,5}\.\d{1,5}\.\d{1,5})?$/, 'expected major.minor.patch'),
    v.description('major.minor.patch; empty for all kernels'),
  ),
});
