/** What the commands print that list something, and `fetch`. */
import * as v from 'valibot';
import { bytes, origin, packageName, sha256, text } from './common.js';

export const patchesDocument = v.object({
  schema: v.literal('mft-patch/patches@1'),
  patches: v.array(
    v.object({
      id: v.string(),
      sha256,
      origin: v.exactOptional(origin),
      package: v.exactOptional(packageName),
      description: v.string(),
      applies: v.pipe(v.picklist(['build', 'package']), v.description('by dkms for each kernel, or always, to the package')),
      kernel: text('range of kernel versions'),
      mft: text('range of MFT versions'),
      symptom: text("the compiler's words"),
      lastUpdate: v.string(),
    }),
  ),
});
export type PatchesDocument = v.InferOutput<typeof patchesDocument>;

export const kernelsDocument = v.object({
  schema: v.literal('mft-patch/kernels@1'),
  kernels: v.array(
    v.object({
      target: v.string(),
      title: v.string(),
      kernel: text('major.minor; the oldest to be expected if `rolling`'),
      rolling: v.boolean(),
      image: v.string(),
      suites: v.array(v.string()),
      headers: v.string(),
      tried: v.pipe(v.array(v.string()), v.description("the engines that the project's CI tests it with; empty if it was never tested")),
      untried: v.exactOptional(text('why it was never tested')),
      releases: v.exactOptional(text('the releases that it is for, where not for all of its kernel: a regular expression')),
      archives: v.exactOptional(v.pipe(v.array(v.string()), v.description('further archives of apt, as sources.list(5) has them'))),
    }),
  ),
});
export type KernelsDocument = v.InferOutput<typeof kernelsDocument>;

const imageRow = v.object({
  image: v.string(),
  target: text('empty for a base image'),
  release: text('empty for a base image'),
  size: text('as the engine prints it'),
  created: text('when its packages were taken from the archive, as ISO 8601 has it: that of its base where that is older'),
  age: text('how long ago that was, for people, as in 3 d'),
  replaced: v.exactOptional(
    v.pipe(v.object({ release: v.string(), created: v.string() }), v.description('of refresh: what was in the image before')),
  ),
});

export const imagesDocument = v.object({
  schema: v.literal('mft-patch/image@1'),
  engine: v.string(),
  images: v.pipe(
    v.array(imageRow),
    v.description('those that were listed, built, made anew, removed, saved, loaded, pushed or pulled, as the command says'),
  ),
  kept: v.exactOptional(v.pipe(v.array(imageRow), v.description('of refresh and prune: what stays as it was'))),
  dryRun: v.exactOptional(v.pipe(v.boolean(), v.description('of prune: nothing was removed'))),
  bytes: v.exactOptional(
    v.pipe(
      v.object({ before: bytes, after: bytes }),
      v.description('of refresh and prune: what all images take together; layers that one has below the other are counted once'),
    ),
  ),
  file: v.exactOptional(v.pipe(v.object({ path: v.string(), bytes, sha256 }), v.description('of save and load: the archive'))),
  registry: v.exactOptional(text('of push and pull: the registry')),
});
export type ImagesDocument = v.InferOutput<typeof imagesDocument>;

export const fetchDocument = v.object({
  schema: v.literal('mft-patch/fetch@1'),
  path: text('where the bundle is now'),
  url: v.string(),
  sha256,
  bytes,
});
export type FetchDocument = v.InferOutput<typeof fetchDocument>;

const cachedFile = v.object({
  path: v.string(),
  kind: v.pipe(
    v.picklist(['bundle', 'part', 'log', 'verdict', 'code']),
    v.description(
      'a complete bundle or archive of a kernel, one that is not complete, a log, a verdict of matrix with its logs, or code that V8 made of the program',
    ),
  ),
  names: v.pipe(
    v.array(v.string()),
    v.description('what it is: releases of MFT, URLs, a kernel and its verdict; empty if that was not noted'),
  ),
  sha256: v.exactOptional(sha256),
  bytes,
  used: text('when it was last used, as ISO 8601 has it'),
  inUse: v.pipe(v.boolean(), v.description('a running process works with it')),
});

export const cacheDocument = v.object({
  schema: v.literal('mft-patch/cache@1'),
  directory: text('the cache directory'),
  files: v.pipe(v.array(cachedFile), v.description('what was used last comes first')),
  bytes,
});
export type CacheDocument = v.InferOutput<typeof cacheDocument>;

export const cachePruneDocument = v.object({
  schema: v.literal('mft-patch/cache-prune@1'),
  directory: text('the cache directory'),
  dryRun: v.pipe(v.boolean(), v.description('nothing was removed: the files are those that would be')),
  files: v.pipe(v.array(cachedFile), v.description('what was removed')),
  kept: v.pipe(v.array(cachedFile), v.description('what is left')),
  bytes,
});
export type CachePruneDocument = v.InferOutput<typeof cachePruneDocument>;

export const releasesDocument = v.object({
  schema: v.literal('mft-patch/releases@1'),
  releases: v.pipe(
    v.array(
      v.object({
        version: v.string(),
        revision: v.string(),
        arches: v.array(v.string()),
        digest: v.pipe(
          v.picklist(['sha256', 'md5', 'none']),
          v.description('the best digest known for all of its architectures; only sha256 counts as proof'),
        ),
        generation: v.picklist(['flat', 'nnt']),
        patches: v.pipe(v.array(v.string()), v.description('the patches that some kernel needs with it')),
      }),
    ),
    v.description('the newest first'),
  ),
});
export type ReleasesDocument = v.InferOutput<typeof releasesDocument>;

/** A release that the vendor has and no catalogue. */
const foundRelease = v.object({
  version: v.string(),
  revision: v.string(),
  arch: v.string(),
  url: v.string(),
  sha256: v.exactOptional(sha256),
});

export const releasesCheckDocument = v.object({
  schema: v.literal('mft-patch/releases-check@1'),
  page: text('the page that was asked'),
  listed: v.pipe(v.number(), v.description('how many versions it lists')),
  found: v.pipe(v.array(foundRelease), v.description('what is not known here')),
  unclear: v.pipe(
    v.array(v.object({ version: text('as the page lists it'), reason: v.string() })),
    v.description('versions for which the page names no bundle'),
  ),
  file: v.exactOptional(text('the file that they were written to, with --add')),
});
export type ReleasesCheckDocument = v.InferOutput<typeof releasesCheckDocument>;
