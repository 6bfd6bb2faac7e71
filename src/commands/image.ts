import { loadTargets } from '../catalogue.js';
import { type Engine, type EngineSettings, failWithLog, findEngine, lastLines } from '../containers/engine.js';
import { type ContainerSettings, openImages } from '../containers/images.js';
import { inspect } from '../containers/inspect.js';
import type { Context } from '../context.js';
import type { ImagesDocument } from '../documents/index.js';
import { fail } from '../errors.js';
import { type Kernel, targetOf } from '../kernels/resolve.js';

/** Lists the images that the program has built. */
export async function listImages(settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  return listing(await findEngine(settings, context), context);
}

/** Builds the images of kernels that are missing. */
export async function buildImages(kernels: Kernel[], settings: ContainerSettings, context: Context): Promise<ImagesDocument> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const images = await openImages(settings, context);
  const tags: string[] = [];
  for (const target of targets) tags.push((await images.ensure(target, context)).tag);
  const all = await listing(images.engine, context);
  return { ...all, images: all.images.filter(({ image }) => tags.includes(image)) };
}

/**
 * Removes images, whatever they were built from.
 *
 * @param names of targets, of images, releases, or `all` for every image that the program has built
 * @throws usage if there is no such image
 */
export async function removeImages(names: string[], settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  const all = await listing(engine, context);
  const targets = await loadTargets();
  const isOf = (name: string, { target, image, release }: ImagesDocument['images'][number]) => {
    if (['all', target, image, release].includes(name)) return true;
    return targets.some((candidate) => candidate.name === target && candidate.kernel === name);
  };
  for (const name of names) {
    if (name !== 'all' && !all.images.some((image) => isOf(name, image)))
      fail({ code: 'usage', detail: `no image for '${name}'`, hint: 'run mft-patch image ls to list them' });
  }
  const removed = all.images.filter((image) => names.some((name) => isOf(name, image)));
  for (const { image } of removed) {
    const result = await engine.run(['image', 'rm', image], context);
    const failed = { what: `${engine.name} cannot remove ${image}`, log: 'image-rm' };
    if (result.exitCode !== 0) await failWithLog(failed, result, context);
  }
  return { ...all, images: removed };
}

async function listing(engine: Engine, context: Context): Promise<ImagesDocument> {
  const format = '{{.Repository}}:{{.Tag}}\t{{.Size}}';
  const list = await engine.run(['image', 'ls', '--filter', 'reference=*mft-patch/*', '--format', format], context);
  if (list.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot list its images: ${lastLines(list)}` });
  const lines = list.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const images = await Promise.all(
    lines.sort().map(async (line) => {
      const [name = '', size = ''] = line.split('\t');
      const { labels = {}, created = '' } = (await inspect(engine, name, context)) ?? {};
      const { 'mft-patch.target': target = '', 'mft-patch.release': release = '' } = labels;
      return { image: name.replace(/^localhost\//, ''), target, release, size, created };
    }),
  );
  return { schema: 'mft-patch/image@1', engine: engine.name, images };
}
