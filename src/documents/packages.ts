/** What `diff` and `show` print. */
import * as v from 'valibot';
import { bytes, sha256, text } from './common.js';
import { moment, status } from './verdict.js';

const named = v.object({
  path: text('the file, or the bundle that it was read from'),
  package: v.string(),
  version: v.string(),
  sha256,
});

const mode = v.exactOptional(text('kind and mode as git writes them, as in 100644; missing where there is no file'));

export const diffDocument = v.object({
  schema: v.literal('mft-patch/diff@1'),
  from: named,
  to: named,
  foundBy: v.pipe(
    v.picklist(['argument', 'record', 'sample', 'cache']),
    v.description(
      "where the second package is from: the command line, or the vendor's as the record names it, as a sample, from the cache",
    ),
  ),
  status: v.picklist(['same', 'differs']),
  format: v.pipe(v.picklist(['patch', 'stat']), v.description('how it is printed as text')),
  exitCode: v.pipe(v.boolean(), v.description('--exit-code: where they differ the exit code is 1')),
  insertions: v.number(),
  deletions: v.number(),
  files: v.array(
    v.object({
      path: text('control files are in DEBIAN/'),
      status: v.picklist(['added', 'removed', 'changed']),
      ...{ oldMode: mode, newMode: mode },
      insertions: v.number(),
      deletions: v.number(),
      isBinary: v.boolean(),
      notes: v.pipe(v.array(v.string()), v.description('what the patch does not say: unpacked for it, another owner, a directory')),
      patch: text("the file's part of the patch, in git's form; empty for a directory"),
    }),
  ),
});
export type DiffDocument = v.InferOutput<typeof diffDocument>;

export const showDocument = v.object({
  schema: v.literal('mft-patch/show@1'),
  path: v.string(),
  sha256,
  bytes,
  package: v.string(),
  version: v.string(),
  architecture: v.string(),
  kind: v.pipe(
    v.picklist(['vendor', 'universal', 'baked', 'other']),
    v.description("the vendor's own; ours for all kernels, or for the patches of one; or not a package of dkms modules"),
  ),
  vendorVersion: v.exactOptional(text('the version of the package that ours was made from')),
  serial: v.exactOptional(text('the serial number of the patches, as the version has it')),
  patches: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        description: v.string(),
        where: v.pipe(
          v.picklist(['dkms', 'files']),
          v.description('applied by dkms when it builds, or in the files of the package already'),
        ),
        kernels: v.exactOptional(text('the kernels that need it, as its header says; missing if the package does not hold it')),
        match: v.exactOptional(text('what dkms compares the release of a kernel with (PATCH_MATCH); empty for always')),
        sha256: v.exactOptional(sha256),
      }),
    ),
    v.description('the patches inside; digests of those that the package or its record holds'),
  ),
  guard: v.pipe(v.array(v.string()), v.description('for which kernels dkms does not build it by itself')),
  modules: v.pipe(v.array(v.string()), v.description('what dkms.conf declares, as it is written there')),
  depends: v.pipe(v.array(v.string()), v.description('Pre-Depends and Depends')),
  proven: v.pipe(
    v.array(
      v.object({
        target: v.string(),
        kernel: v.string(),
        release: v.string(),
        status,
        date: v.exactOptional(moment),
        source: text('the file that has the verdict'),
      }),
    ),
    v.description('verdicts on these bytes, from the record and the matrix.json beside the package'),
  ),
});
export type ShowDocument = v.InferOutput<typeof showDocument>;
