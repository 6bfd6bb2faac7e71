import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type Engine, lastLines } from './engine.js';
import { type ImageFacts, inspect } from './inspect.js';

/** An image that the program has made. */
export interface ListedImage extends ImageFacts {
  /** Its name with its tag, as the program gave it. */
  name: string;
  /** As the engine prints it. */
  size: string;
  /** Whose image it is, and the kernel's release in it; both are empty for a base. */
  target: string;
  release: string;
}

/** The images that the program has made, by their names. @throws engine-failed */
export async function ownImages(engine: Engine, context: Context): Promise<ListedImage[]> {
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
      const facts = await inspect(engine, name, context);
      if (facts === undefined) return [];
      const { 'mft-patch.target': target = '', 'mft-patch.release': release = '' } = facts.labels;
      // Podman puts this before the name of an image that comes from no registry.
      return { ...facts, name: name.replace(/^localhost\//, ''), size, target, release };
    }),
  );
  return images.flat();
}

/** Whether an image boots a kernel, on top of a target's image. */
export function isBootImage({ name }: Pick<ListedImage, 'name'>): boolean {
  return /-boot:[^/:]*$/.test(name);
}

/** Whether an image was made on top of another: it has that one's layers and more. What only labels it has no more. */
export function isOnTopOf(image: ImageFacts, below: ImageFacts): boolean {
  const { length } = below.layers;
  return length > 0 && image.layers.length > length && below.layers.every((layer, index) => image.layers[index] === layer);
}

/**
 * Removes an image that has lost its name to a newer one, and what boots its kernel. One that has another name, that a container
 * uses, or that another image was made on, stays.
 */
export async function removeReplaced(engine: Engine, id: string, context: Context): Promise<void> {
  const replaced = await inspect(engine, id, context);
  if (replaced === undefined || replaced.names.length > 0) return;
  const booting = (await ownImages(engine, context)).filter((image) => isBootImage(image) && isOnTopOf(image, replaced));
  for (const name of [...booting.map((image) => image.name), id]) await engine.run(['image', 'rm', name], context);
}
