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
  return listed(engine, ['--filter', 'reference=*mft-patch/*'], context);
}

/** Those that have lost their name to a newer one while a container used them. @throws engine-failed */
export async function namelessImages(engine: Engine, context: Context): Promise<ListedImage[]> {
  return listed(engine, ['--filter', 'dangling=true', '--filter', 'label=mft-patch.target'], context);
}

async function listed(engine: Engine, filters: readonly string[], context: Context): Promise<ListedImage[]> {
  const format = '{{.Repository}}:{{.Tag}}\t{{.Size}}\t{{.ID}}';
  const list = await engine.run(['image', 'ls', ...filters, '--format', format], context);
  if (list.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot list its images: ${lastLines(list)}` });
  const lines = list.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const images = await Promise.all(
    lines.sort().map(async (line) => {
      const [tagged = '', size = '', id = ''] = line.split('\t');
      return listedImage(engine, { name: tagged.includes('<none>') ? id : tagged, size }, context);
    }),
  );
  return images.flatMap((image) => image ?? []);
}

/** An image by its name, as in a list of them; undefined if there is none. */
export async function listedImage(
  engine: Engine,
  { name, size }: Pick<ListedImage, 'name'> & { size?: string },
  context: Context,
): Promise<ListedImage | undefined> {
  const facts = await inspect(engine, name, context);
  if (facts === undefined) return undefined;
  const { 'mft-patch.target': target = '', 'mft-patch.release': release = '' } = facts.labels;
  // Podman puts this before the name of an image that comes from no registry.
  return { ...facts, name: name.replace(/^localhost\//, ''), size: size ?? `${Math.round(facts.bytes / 1e6)}MB`, target, release };
}

/** The bytes that images take together: layers that one has below the other are counted once. */
export function bytesOf(images: readonly ImageFacts[]): number {
  const distinct = [...new Map(images.map((image) => [image.layers.join(), image])).values()];
  return distinct.reduce((sum, image) => {
    const below = distinct.filter((other) => isOnTopOf(image, other)).map(({ bytes }) => bytes);
    return sum + Math.max(0, image.bytes - Math.max(0, ...below));
  }, 0);
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

/** Images with what was made on another one first: the engines do not remove what is still in use. */
export function topmostFirst(images: readonly ListedImage[]): ListedImage[] {
  return images.toSorted((a, b) => b.layers.length - a.layers.length);
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
