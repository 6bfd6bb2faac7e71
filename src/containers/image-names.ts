/** What images are called: by a digest of all that they are made from, so that the same name means the same everywhere. */
import { compilersOn } from '../kernels/headers-target.js';
import type { Target } from '../kernels/target.js';
import type { Archive } from '../kernels/target-file.js';
import { projectText } from '../project-files.js';
import { shortDigest } from '../system/digest.js';
import { emulatedArches } from './arch.js';
import type { Image } from './image.js';

/** How images are made; part of what they are named by. */
export interface ImageOptions {
  /** Build base images with mmdebstrap even where they could be pulled. */
  bootstrap?: boolean;
  /** The mirror to take packages from, instead of the distribution's. */
  aptMirror?: string;
  /** The architecture of images whose programs this machine runs by emulation: they stand beside those of its own. */
  emulated?: string;
}

/** The names without tags that a target's images may have: on the machine's own architecture, which comes first, and emulated. */
export function repositoriesOf(target: string): [string, ...string[]] {
  return [`mft-patch/${target}`, ...emulatedArches.map((emulated) => `mft-patch/${target}${suffixOf({ emulated })}`)];
}

/** What makes modules_prepare work, in the place of a headers package. */
const kernelTools = 'bc bison flex libelf-dev libssl-dev xz-utils zstd bzip2 rsync python3';

/** What an image of a target is made from, beside the options. */
export interface ImageContent {
  target: Target;
  /** What apt installs in it beside dkms and the compiler. */
  packages: string;
  /** The text of ./Dockerfile. */
  dockerfile: string;
}

/** The content of a target's image; of one whose kernel comes from source, or as headers, that of the image with the tools. */
export async function contentOf(target: Target): Promise<ImageContent> {
  const { source, prepared, archives = [] } = target;
  if (source !== undefined || prepared !== undefined) return toolsOn(target, prepared?.gcc ?? '', await plainDockerfile());
  return { target, packages: target.headers, dockerfile: archives.length > 0 ? await projectText('Dockerfile') : await plainDockerfile() };
}

/** The part of ./Dockerfile that is for further archives alone. */
const archivesPart = /^[ \t]*# archives \{\n[\s\S]*?^[ \t]*# archives \}\n/gm;

/** ./Dockerfile for a target without further archives: what is for these does not change the name of its image. */
async function plainDockerfile(): Promise<string> {
  return (await projectText('Dockerfile')).replace(archivesPart, '');
}

/** Named by what it is, not by the tree: trees of the same content share a kernel, and all share the tools. */
function toolsOn(target: Target, gcc: string, dockerfile: string): ImageContent {
  return {
    target: { ...target, name: 'kernel-tools', headers: '', archives: [] },
    packages: `${kernelTools} ${gcc}`.trimEnd(),
    dockerfile,
  };
}

/** The name of an image: it changes with whatever the image is made from. */
export function imageTag({ target, packages, dockerfile }: ImageContent, options: ImageOptions): string {
  const inputs = [dockerfile, target.image, options.bootstrap ?? false, buildArgs({ target, packages }, options)];
  return `mft-patch/${target.name}${suffixOf(options)}:${shortDigest(JSON.stringify(inputs))}`;
}

function suffixOf({ emulated }: ImageOptions): string {
  return emulated === undefined ? '' : `-${emulated}`;
}

/** The arguments of ./Dockerfile, but for the base; the keys of archives are named by their fingerprints. */
export function buildArgs({ target, packages }: Omit<ImageContent, 'dockerfile'>, { aptMirror }: ImageOptions): Record<string, string> {
  const { archives = [] } = target;
  return {
    SUITES: target.suites.join(' '),
    MIRROR: aptMirror ?? '',
    SNAPSHOT: target.snapshot,
    CHECK_VALID_UNTIL: target.checkValidUntil ? 'yes' : 'no',
    PACKAGES: packages,
    ...(archives.length > 0 ? { ARCHIVES: archives.map((archive) => `${archive.fingerprint} ${sourceOf(archive)}`).join('|') } : {}),
  };
}

/** An archive as sources.list(5) has it, behind the options. */
export function sourceOf({ uri, suite, components }: Archive): string {
  return [uri, suite, ...components].join(' ');
}

/** The name of the image that boots the kernel of another: a new one has that name only if the other is new. */
export function bootTag(target: string, { tag, id, release }: Image, dockerfile: string): string {
  const [own, ...emulated] = repositoriesOf(target);
  const repository = emulated.find((name) => tag.startsWith(`${name}:`)) ?? own;
  return `${repository}-boot:${shortDigest(JSON.stringify([dockerfile, tag, id, release]))}`;
}

/** The name of a base image that is made here, for a suite and its archive. */
export function baseTag(suite: string, options: ImageOptions): string {
  const { aptMirror } = options;
  return `mft-patch/base:${suite}${suffixOf(options)}${aptMirror === undefined ? '' : `-${shortDigest(aptMirror)}`}`;
}

/** What this program would call images. */
export interface UsableNames {
  tags: ReadonlySet<string>;
  /** The text of container/Dockerfile.boot, which the names of images that boot others come from. */
  bootDockerfile: string;
}

/**
 * The names of all images that this program would use for these targets: with an archive of its own and without, on bases that
 * are pulled and that are made here. Any other image of one of them was made by another version of the program or its files.
 */
export async function usableNames(targets: readonly Target[], { aptMirror }: ImageOptions): Promise<UsableNames> {
  const mirrors = aptMirror === undefined ? [{}] : [{}, { aptMirror }];
  const everywhere = mirrors.flatMap((mirror) => [mirror, ...emulatedArches.map((emulated) => ({ ...mirror, emulated }))]);
  const dockerfile = await plainDockerfile();
  const tools = targets.flatMap((target) => compilersOn(target.suites[0] ?? '').map((gcc) => toolsOn(target, gcc, dockerfile)));
  const contents = [...(await Promise.all(targets.map(contentOf))), ...tools];
  const tags = everywhere.flatMap((options) => [
    ...contents.flatMap((content) => [false, true].map((bootstrap) => imageTag(content, { ...options, bootstrap }))),
    ...targets.map(({ suites }) => baseTag(suites[0] ?? '', options)),
  ]);
  return { tags: new Set(tags), bootDockerfile: await projectText('container/Dockerfile.boot') };
}
