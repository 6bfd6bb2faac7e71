import { loadTargets } from '../../catalogue.js';
import { ageOf } from '../../containers/age.js';
import { type EngineSettings, findEngine } from '../../containers/engine.js';
import { usableImages } from '../../containers/image-choice.js';
import { bytesOf, type ListedImage, namelessImages, ownImages, topmostFirst } from '../../containers/image-list.js';
import { type ImageOptions, usableNames } from '../../containers/image-names.js';
import type { Context } from '../../context.js';
import type { ImagesDocument } from '../../documents/index.js';
import { documentOf, rowOf } from './document.js';

/** What is removed. */
export interface PruneRequest {
  /** Only what was made longer ago, in seconds. */
  olderThan: number;
  dryRun: boolean;
  settings: EngineSettings & ImageOptions;
}

/**
 * Removes images that this program cannot use any more: of an earlier Dockerfile or target, what boots a kernel that is gone, what
 * a killed run has left, and what lost its name while a container used it. An image that a container uses stays.
 *
 * @throws engine-failed
 */
export async function pruneImages({ olderThan, dryRun, settings }: PruneRequest, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  const targets = await loadTargets(context);
  const named = await ownImages(engine, context);
  const usable = usableImages(named, targets, await usableNames(targets, settings));
  const all = [...named, ...(await namelessImages(engine, context))];
  const isDue = (image: ListedImage) => !usable.includes(image) && (ageOf(image.made) ?? 0) >= olderThan;
  const removed: ListedImage[] = [];
  for (const image of topmostFirst(all.filter(isDue))) {
    context.signal.throwIfAborted();
    const isGone = dryRun || (await engine.run(['image', 'rm', image.name], context)).exitCode === 0;
    if (isGone) removed.push(image);
    else context.warn(`${image.name} is in use; it stays`);
  }
  const left = all.filter((image) => !removed.includes(image));
  return documentOf(engine, removed, { dryRun, kept: left.map(rowOf), bytes: { before: bytesOf(all), after: bytesOf(left) } });
}
