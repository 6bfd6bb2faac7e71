/** What `plan`, `build` and `rebuild` print; that of `build` is also the record beside the package. */
import * as v from 'valibot';
import { defaultPackage } from '../default-package.js';
import { bytes, kernelChoice, mftVersion, origin, packageName, sha256, text } from './common.js';
import { kernelVerdict, program } from './verdict.js';

const builtPatch = v.object({
  id: v.pipe(v.string(), v.regex(/^[^/]+$/, 'expected the name of a patch')),
  sha256,
  origin: v.exactOptional(origin),
  status: v.picklist(['applied', 'already-applied', 'not-needed']),
  reason: v.string(),
  hunks: v.pipe(
    v.array(v.object({ file: v.string(), line: v.number(), offset: v.number() })),
    v.description('lines count from 1, in the file as it was before this patch'),
  ),
  match: v.exactOptional(
    text("in a package for all kernels: what dkms compares a kernel's release with to apply the patch (PATCH_MATCH); empty for always"),
  ),
  guard: v.exactOptional(
    text('in a package for one kernel: for which kernels dkms does not build it by itself because of this patch, as in kernels >=5.18, …'),
  ),
});
export type BuiltPatch = v.InferOutput<typeof builtPatch>;

const { hunks, match, guard } = builtPatch.entries;

export const planDocument = v.object({
  schema: v.literal('mft-patch/plan@1'),
  basis: v.exactOptional(
    v.pipe(
      v.picklist(['versions', 'package']),
      v.description("what the answer is from: the release's number alone, or the patches applied to the package in memory"),
    ),
  ),
  package: v.exactOptional(packageName),
  mft: mftVersion,
  kernel: kernelChoice,
  patches: v.array(
    v.object({
      id: v.string(),
      sha256,
      origin: v.exactOptional(origin),
      status: v.pipe(v.picklist(['selected', 'not-selected']), v.description('what the versions say')),
      reason: v.string(),
      result: v.exactOptional(
        v.pipe(builtPatch.entries.status, v.description('the status that build gives it; missing without a package')),
      ),
      hunks: v.exactOptional(hunks),
      ...{ match, guard },
    }),
  ),
});
export type PlanDocument = v.InferOutput<typeof planDocument>;

const path = v.pipe(v.string(), v.regex(/[^/.]$/, 'expected the path of a file'), v.excludes('\0', 'expected no NUL'));

export const buildDocument = v.object({
  schema: v.literal('mft-patch/build@1'),
  program: v.exactOptional(program),
  libraries: v.exactOptional(
    v.pipe(
      v.array(v.object({ name: v.string(), version: v.string(), sha256 })),
      v.description('what reads and writes the bytes of the package; the SHA-256 is over what is loaded of it'),
    ),
  ),
  package: v.exactOptional(packageName),
  mft: mftVersion,
  kernel: kernelChoice,
  maxKernel: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,4}))?$/, 'expected major.minor or major.minor.patch'),
      v.description('the last kernel that dkms builds the package for by itself, as --max-kernel named it; 7.3 stands for 7.3.x, too'),
    ),
  ),
  input: v.object({
    path: v.pipe(
      v.string(),
      v.nonEmpty('expected a path'),
      v.excludes('\0', 'expected no NUL'),
      v.description('the file or URL that was read; in the record of a build relative to its directory'),
    ),
    member: text("the package's path inside the bundle; empty for a package by itself"),
    sha256,
    bundleSha256: v.exactOptional(sha256),
    userland: v.exactOptional(
      text("the vendor's tools package, if it was seen: its path inside the bundle, or where it is in a bundle that is a directory"),
    ),
  }),
  serial: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^\d{10}(\.own\d{10})*(\.local)?$/, 'expected a serial number, as in patches/series'),
      v.description(
        "the serial number of the patches, as in the package's version; .own and that of each series of --patches; .local for patches that were changed without one",
      ),
    ),
  ),
  patches: v.pipe(v.array(builtPatch), v.description('in the order in which they are applied')),
  modules: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          package: text('the name of the file'),
          release: text('the kernel that they are for, as `uname -r` prints it'),
          files: v.pipe(v.array(v.object({ name: v.string(), sha256 })), v.description('the modules as they are in it')),
          signer: v.exactOptional(v.pipe(sha256, v.description('SHA-256 of the certificate whose key signed them'))),
        }),
      ),
      v.description('the packages of modules that were made of those that were tested (--modules)'),
    ),
  ),
  hold: v.exactOptional(
    text(`the version of DOCA's package of this release, which sorts above this one: apt-mark hold ${defaultPackage} keeps apt from it`),
  ),
  artifacts: v.pipe(
    v.array(v.object({ path, sha256, bytes })),
    v.description(
      'what was written, the package first; paths relative to where the program ran, in the record to its directory, as if it had run there',
    ),
  ),
  verification: v.object({
    status: v.picklist(['passed', 'failed', 'skipped']),
    reason: v.exactOptional(v.string()),
    kernels: v.array(kernelVerdict),
  }),
});
export type BuildDocument = v.InferOutput<typeof buildDocument>;
export type Verification = BuildDocument['verification'];

const named = { name: v.string(), sha256, bytes };

export const rebuildDocument = v.object({
  schema: v.literal('mft-patch/rebuild@1'),
  record: v.string(),
  input: v.pipe(v.object({ path: v.string(), sha256 }), v.description('where the input was read this time')),
  artifact: v.pipe(v.object(named), v.description('what the record says of the package')),
  rebuilt: v.exactOptional(
    v.pipe(v.object(named), v.description('missing if the package cannot be rebuilt, since patches inside it are gone or changed')),
  ),
  beside: v.exactOptional(
    v.pipe(v.object({ path: v.string(), sha256, bytes }), v.description('the package next to the record, if there is one')),
  ),
  recordedBy: v.exactOptional(v.pipe(program, v.description('the program that the record is of, where it is not this one'))),
  status: v.picklist(['equal', 'differs']),
  differences: v.pipe(
    v.array(v.object({ of: v.picklist(['patches', 'package', 'file', 'content']), what: v.string() })),
    v.description('in the patches, in the rebuilt package, in the file next to the record, and between these two packages'),
  ),
  notRebuilt: v.pipe(v.array(v.string()), v.description('other files of that build: they are neither rebuilt nor compared')),
});
export type RebuildDocument = v.InferOutput<typeof rebuildDocument>;
