/** Images in a registry, so that CI's jobs and colleagues do not make the same ones again. */
import { type Engine, type EngineSettings, findEngine } from '../../containers/engine.js';
import { findImage } from '../../containers/image.js';
import { listedImage } from '../../containers/image-list.js';
import { bootTag, contentOf, type ImageOptions, imageTag } from '../../containers/image-names.js';
import { pullImage, pushImage } from '../../containers/transfer.js';
import type { Context } from '../../context.js';
import type { ImagesDocument } from '../../documents/index.js';
import { fail } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import type { Target } from '../../kernels/target.js';
import { projectText } from '../../project-files.js';
import { imagesToSend } from './choice.js';
import { documentOf } from './document.js';

/** Which images are pushed, and where. */
export interface PushRequest {
  /** As in an image's name: a host with a port, and a path. */
  registry: string;
  /** As `imagesToSend` takes them. */
  names: string[] | undefined;
  settings: EngineSettings & ImageOptions;
}

/** Pushes images, and those that boot their kernels. @throws usage if an image is missing, engine-failed */
export async function pushImages({ registry, names, settings }: PushRequest, context: Context): Promise<ImagesDocument> {
  refuseOffline('push', context);
  const engine = await findEngine(settings, context);
  const images = await imagesToSend(engine, names, settings, context);
  for (const { name } of images) {
    context.progress({ step: 'image', text: `pushing ${name}` });
    await pushImage(engine, name, registry, context);
  }
  return documentOf(engine, images, { registry });
}

/** Which images are pulled, and from where. */
export interface PullRequest {
  registry: string;
  kernels: Kernel[];
  settings: EngineSettings & ImageOptions;
}

/**
 * Pulls the images that a test on these kernels would use, and those that boot them where the registry has any. One that is here
 * with newer packages stays.
 *
 * @throws usage for a kernel from source; engine-failed when all are pulled that the registry has, if it lacks one
 */
export async function pullImages({ registry, kernels, settings }: PullRequest, context: Context): Promise<ImagesDocument> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const unpackaged = targets.find(({ source }) => source !== undefined);
  if (unpackaged) {
    const hint = 'pass targets of mft-patch kernels; image save and load move the image of a kernel from source';
    fail({ code: 'usage', detail: `${unpackaged.name} is prepared from source and has no name in a registry`, hint });
  }
  refuseOffline('pull', context);
  const engine = await findEngine(settings, context);
  const names: string[] = [];
  const missing: string[] = [];
  for (const target of targets) {
    const pulled = await pullTarget(engine, target, { registry, settings }, context);
    names.push(...pulled);
    if (pulled.length === 0) missing.push(target.name);
  }
  if (missing.length > 0) {
    const hint = `mft-patch image build ${missing.join(' ')} makes ${missing.length > 1 ? 'them' : 'it'}; image push ${registry} sends them there`;
    fail({ code: 'engine-failed', detail: `${registry} has no image of ${missing.join(', ')} that this version can use`, hint });
  }
  const images = await Promise.all(names.map((name) => listedImage(engine, { name }, context)));
  return documentOf(
    engine,
    images.flatMap((image) => image ?? []),
    { registry },
  );
}

/** @returns the names of what there is; the image of the target first */
async function pullTarget(
  engine: Engine,
  target: Target,
  { registry, settings }: Pick<PullRequest, 'registry' | 'settings'>,
  context: Context,
): Promise<string[]> {
  const tag = imageTag(await contentOf(target), settings);
  context.progress({ step: 'image', text: `pulling the image of ${target.name}` });
  if (!(await pullImage(engine, tag, registry, context))) return [];
  const image = await findImage(engine, tag, context);
  if (image === undefined) return [];
  const boot = bootTag(target.name, image, await projectText('container/Dockerfile.boot'));
  return (await pullImage(engine, boot, registry, context)) ? [tag, boot] : [tag];
}

function refuseOffline(command: string, { offline }: Context): void {
  const hint = 'omit --offline; image save and load need no network';
  if (offline) fail({ code: 'usage', detail: `--offline does not apply with image ${command}`, hint });
}
