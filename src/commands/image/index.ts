/** The images of kernels: listed, built, removed; beside this they are made anew, pruned, and moved between machines. */
import { loadTargets } from '../../catalogue.js';
import { type EngineSettings, failWithLog, findEngine } from '../../containers/engine.js';
import { chooseImages, isMeant } from '../../containers/image-choice.js';
import { ownImages, topmostFirst } from '../../containers/image-list.js';
import { type ContainerSettings, openImages } from '../../containers/images.js';
import type { Context } from '../../context.js';
import type { ImagesDocument } from '../../documents/index.js';
import { fail } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import { documentOf } from './document.js';

export { loadArchive, saveArchive } from './archive.js';
export { pruneImages } from './prune.js';
export { refreshImages } from './refresh.js';
export { pullImages, pushImages } from './registry.js';

/** Lists the images that the program has built. */
export async function listImages(settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  return documentOf(engine, await ownImages(engine, context));
}

/** Builds the images of kernels that are missing; with `refresh` all of them, and their bases. */
export async function buildImages(kernels: Kernel[], settings: ContainerSettings, context: Context): Promise<ImagesDocument> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const arches = targets.map(({ wanted }) => wanted?.arch);
  const images = await openImages(settings, context, arches);
  const tags: string[] = [];
  for (const target of targets) tags.push((await images.ensure(target, context)).tag);
  const all = await ownImages(images.engine, context);
  return documentOf(
    images.engine,
    all.filter(({ name }) => tags.includes(name)),
  );
}

/**
 * Removes images, whatever they were built from, and those that boot their kernels.
 *
 * @param names of targets, of images, releases, or `all` for every image that the program has built
 * @throws usage if there is no such image
 */
export async function removeImages(names: string[], settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  const all = await ownImages(engine, context);
  const targets = await loadTargets(context);
  for (const wanted of names) {
    if (wanted !== 'all' && !all.some((image) => isMeant(wanted, image, targets)))
      fail({ code: 'usage', detail: `no image for '${wanted}'`, hint: 'run mft-patch image ls to list them' });
  }
  const removed = chooseImages(all, { names, targets });
  for (const { name } of topmostFirst(removed)) {
    const result = await engine.run(['image', 'rm', name], context);
    const failed = { what: `${engine.name} cannot remove ${name}`, log: 'image-rm' };
    if (result.exitCode !== 0) await failWithLog(failed, result, context);
  }
  return documentOf(engine, removed);
}
