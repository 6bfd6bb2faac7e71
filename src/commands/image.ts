import { loadTargets } from '../catalogue.js';
import { ageOf, ageText } from '../containers/age.js';
import { type Engine, type EngineSettings, failWithLog, findEngine } from '../containers/engine.js';
import { isBootImage, isOnTopOf, type ListedImage, ownImages } from '../containers/image-list.js';
import { type ContainerSettings, openImages } from '../containers/images.js';
import type { Context } from '../context.js';
import type { ImagesDocument } from '../documents/index.js';
import { fail } from '../errors.js';
import { type Kernel, targetOf } from '../kernels/resolve.js';

/** Lists the images that the program has built. */
export async function listImages(settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  return documentOf(engine, await ownImages(engine, context));
}

/** Builds the images of kernels that are missing; with `refresh` all of them, and their bases. */
export async function buildImages(kernels: Kernel[], settings: ContainerSettings, context: Context): Promise<ImagesDocument> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const images = await openImages(settings, context);
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
  const isOf = (wanted: string, { name, target, release }: ListedImage) => {
    if (['all', target, name, release].includes(wanted)) return true;
    return targets.some((candidate) => candidate.name === target && candidate.kernel === wanted);
  };
  for (const wanted of names) {
    if (wanted !== 'all' && !all.some((image) => isOf(wanted, image)))
      fail({ code: 'usage', detail: `no image for '${wanted}'`, hint: 'run mft-patch image ls to list them' });
  }
  const named = all.filter((image) => names.some((wanted) => isOf(wanted, image)));
  const goesAlong = (image: ListedImage) =>
    isBootImage(image) && (names.some((wanted) => image.target === `${wanted}-boot`) || named.some((below) => isOnTopOf(image, below)));
  const removed = all.filter((image) => named.includes(image) || goesAlong(image));
  // What was made on another one first: the engines do not remove what is still in use.
  for (const { name } of removed.toSorted((a, b) => b.layers.length - a.layers.length)) {
    const result = await engine.run(['image', 'rm', name], context);
    const failed = { what: `${engine.name} cannot remove ${name}`, log: 'image-rm' };
    if (result.exitCode !== 0) await failWithLog(failed, result, context);
  }
  return documentOf(engine, removed);
}

function documentOf(engine: Engine, images: readonly ListedImage[]): ImagesDocument {
  const rows = images.map(({ name, target, release, size, created }) => {
    return { image: name, target, release, size, created, age: ageText(ageOf(created)) };
  });
  return { schema: 'mft-patch/image@1', engine: engine.name, images: rows };
}
