import { randomBytes } from 'node:crypto';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type Engine, failWithLog, lastLines } from './engine.js';
import { removeReplaced } from './image-list.js';
import { ImageStage } from './image-stage.js';
import { type ImageFacts, inspect, inspectAll } from './inspect.js';

/** An image that holds dkms and one kernel's headers. */
export interface Image {
  tag: string;
  /** The kernel's release, as `uname -r` prints it. */
  release: string;
  /** Its digest as the engine has it, with `sha256:` before it. */
  id: string;
  /** When its packages were taken from the archive, as ISO 8601 has it: that of its base where that is older. */
  created: string;
}

/** What is noted in an image. */
export interface ImageLabels {
  tag: string;
  target: string;
  release: string;
  created: string;
}

/** The form of an image's configuration: podman's own would give an image another id where it is saved, and docker reads it. */
export function formOf({ name }: Engine): string[] {
  return name === 'podman' ? ['--format', 'docker'] : [];
}

/** How long an engine may take to remove what is not needed any more, in milliseconds. */
const cleanUpLimit = 20_000;

/** An image to be built from a Dockerfile without a context. */
export interface ImageBuild {
  tag: string;
  /** Whose image it is, for people. */
  name: string;
  dockerfile: string;
  args: Record<string, string>;
}

/** Builds an image. @throws engine-failed with the end of the output, and the log in which all of it is */
export async function buildImage(engine: Engine, { tag, name, dockerfile, args }: ImageBuild, context: Context): Promise<void> {
  const step = { step: 'image' as const, of: name, text: 'building the image' };
  context.progress(step);
  const options = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const stage = new ImageStage();
  const onLine = (line: string) => context.progress({ ...step, detail: stage.read(line) });
  // Past the build cache: it would give the packages of the day on which it was filled.
  const command = ['build', ...formOf(engine), '--no-cache', '--force-rm', '--tag', tag, ...options, '-'];
  const build = await engine.run(command, context, { input: Buffer.from(dockerfile), onLine });
  if (build.exitCode === 0) return;
  // A kernel of one's own, or one that the archive has replaced by a newer.
  const isUnknown = lastLines(build).includes('E: Unable to locate package linux-headers-');
  const hint = isUnknown ? { hint: "apt has no headers of this kernel: pass the kernel's own tree with --kernel-source" } : {};
  await failWithLog({ what: `${engine.name} cannot build the image of ${name}`, log: `image-${name}`, ...hint }, build, context);
}

/**
 * The one kernel's release that an image of ours was made with; `none` if it has none.
 * @throws engine-failed if it has several, or no container of it can run
 */
export async function releaseInside(engine: Engine, { tag, name }: Pick<ImageBuild, 'tag' | 'name'>, context: Context): Promise<string> {
  const ask = 'cat /etc/mft-patch-release || echo none';
  const ran = await engine.run(['run', '--rm', '--network', 'none', tag, 'sh', '-c', ask], context);
  if (ran.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot run the image of ${name}: ${lastLines(ran)}` });
  const release = ran.stdout.toString().trim();
  if (release !== '' && !release.includes('\n')) return release;
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} should contain exactly one kernel, found: ${release.split('\n').join(', ') || 'none'}`,
  });
}

/** @throws engine-failed, and how to bring the image */
export function refuseOffline(name: string, tag: string): never {
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} is missing and --offline is set`,
    hint: `build it online once, then transfer it with mft-patch image save and load: ${tag}`,
  });
}

/** The image of a target, or undefined if there is none or it was not finished. */
export async function findImage(engine: Engine, tag: string, context: Context): Promise<Image | undefined> {
  const facts = await inspect(engine, tag, context);
  return facts && finished(tag, facts);
}

/** The images of several targets, by their tags, in one call of the engine. */
export async function findImages(engine: Engine, tags: readonly string[], context: Context): Promise<Map<string, Image>> {
  const found = [...(await inspectAll(engine, tags, context))].map(([tag, facts]) => finished(tag, facts));
  return new Map(found.flatMap((image) => (image ? [[image.tag, image]] : [])));
}

function finished(tag: string, { id, created, labels }: ImageFacts): Image | undefined {
  const release = labels['mft-patch.release'];
  return release === undefined ? undefined : { tag, release, id, created };
}

/** Notes in an image what it is of. @returns it @throws engine-failed */
export async function label(engine: Engine, { tag, target, release, created }: ImageLabels, context: Context): Promise<Image> {
  const dockerfile = `FROM ${tag}\nLABEL mft-patch.target=${target} mft-patch.release=${release} mft-patch.created=${created}\n`;
  const labelled = await engine.run(['build', ...formOf(engine), '--force-rm', '--tag', tag, '-'], context, {
    input: Buffer.from(dockerfile),
  });
  const image = labelled.exitCode === 0 ? await findImage(engine, tag, context) : undefined;
  return image ?? fail({ code: 'engine-failed', detail: `${engine.name} cannot label ${tag}: ${lastLines(labelled)}` });
}

/**
 * Builds an image and notes in it what it is of. It gets its name when it is complete; the image that had the name before is
 * removed, unless a container uses it.
 *
 * @param image the release is looked up in the image where it is not given
 * @throws engine-failed
 */
export async function makeImage(
  engine: Engine,
  image: ImageBuild & { created: string; release?: string },
  context: Context,
): Promise<Image> {
  const { tag, name } = image;
  const before = await inspect(engine, tag, context);
  // In a container every process may have the number 1.
  const draft = { tag: `${tag}-draft-${process.pid}-${randomBytes(4).toString('hex')}`, name };
  try {
    await buildImage(engine, { ...image, ...draft }, context);
    const unlabelled = await inspect(engine, draft.tag, context);
    const release = image.release ?? (await releaseInside(engine, draft, context));
    const made = await label(engine, { ...draft, target: name, release, created: image.created }, context);
    const tagged = await engine.run(['tag', draft.tag, tag], context);
    if (tagged.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot tag ${tag}: ${lastLines(tagged)}` });
    for (const replaced of [before, unlabelled]) if (replaced) await removeReplaced(engine, replaced.id, context);
    return { ...made, tag };
  } finally {
    const uninterrupted = { ...context, signal: AbortSignal.timeout(cleanUpLimit) };
    await engine.run(['image', 'rm', draft.tag], uninterrupted).catch(() => {});
  }
}
