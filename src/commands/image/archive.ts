/** Images in an archive, for machines without a network. */
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { loadTargets } from '../../catalogue.js';
import { type Engine, type EngineSettings, findEngine } from '../../containers/engine.js';
import { isOnTopOf, type ListedImage, listedImage, ownImages } from '../../containers/image-list.js';
import type { ImageOptions } from '../../containers/image-names.js';
import { loadImages, ownName, saveImages, settle } from '../../containers/transfer.js';
import type { Context } from '../../context.js';
import type { ImagesDocument } from '../../documents/index.js';
import { failInput } from '../../errors.js';
import type { Target } from '../../kernels/target.js';
import { sha256OfFile } from '../../system/digest.js';
import { renameSynced, syncFile } from '../../system/durable.js';
import { refuseInput } from '../../system/inputs.js';
import { withStagingDir } from '../../system/stage.js';
import { imagesToSend } from './choice.js';
import { documentOf } from './document.js';

/** Which images are saved, and where. */
export interface SaveRequest {
  path: string;
  /** As `imagesToSend` takes them. */
  names: string[] | undefined;
  settings: EngineSettings & ImageOptions;
}

/**
 * Writes images, what boots their kernels, and the bases that they were made on, to one archive. Layers that they share are in it
 * once. It appears whole or not at all.
 *
 * @throws usage if an image is missing or the file is an input, engine-failed, cannot-write
 */
export async function saveArchive({ path, names, settings }: SaveRequest, context: Context): Promise<ImagesDocument> {
  const engine = await findEngine(settings, context);
  const chosen = await imagesToSend(engine, names, settings, context);
  const images = [...(await basesOf(engine, chosen, context)), ...chosen];
  await refuseInput(path, context);
  context.progress({ step: 'image', text: `saving ${images.length} images to ${path}` });
  const file = await withStagingDir(dirname(path), context, (stage) =>
    stage.write(basename(path), async (beside) => {
      const unique = [...new Set(images.map(({ name }) => name))];
      await saveImages(engine, unique, beside, context);
      await syncFile(beside);
      const facts = { path, bytes: (await stat(beside)).size, sha256: await sha256OfFile(beside, context.signal) };
      await mkdir(dirname(path), { recursive: true });
      await renameSynced(beside, path);
      return facts;
    }),
  );
  return documentOf(engine, images, { file });
}

/** The bases of images: those that were made here, and those that the catalogue names and that were pulled. */
async function basesOf(engine: Engine, images: readonly ListedImage[], context: Context): Promise<ListedImage[]> {
  const own = (await ownImages(engine, context)).filter(({ target }) => target === '');
  const names = new Set((await loadTargets(context)).map(({ image }: Target) => image));
  const pulled = await Promise.all([...names].map((name) => listedImage(engine, { name }, context)));
  const isBase = (base: ListedImage) => images.some((image) => isOnTopOf(image, base)) && !images.some(({ name }) => name === base.name);
  return [...own, ...pulled.flatMap((image) => image ?? [])].filter(isBase);
}

/**
 * Takes the images of an archive. One that is here already and whose packages are newer stays.
 * @throws no-input, engine-failed
 */
export async function loadArchive(path: string, settings: EngineSettings, context: Context): Promise<ImagesDocument> {
  const { size: bytes } = await stat(path).catch((error) => failInput(path, error));
  context.inputs.add(path);
  const engine = await findEngine(settings, context);
  const before = new Map((await ownImages(engine, context)).map((image) => [image.name, image]));
  context.progress({ step: 'image', text: `loading ${path}` });
  const refs = await loadImages(engine, path, context);
  const images: ListedImage[] = [];
  for (const ref of refs) {
    const name = ownName(ref) ?? ref;
    const isTaken = ownName(ref) === undefined || (await settle(engine, { ref, name, before: before.get(name) }, context));
    if (!isTaken) context.warn(`${name} is here already with newer packages than ${path} has; it stays`);
    const image = await listedImage(engine, { name }, context);
    if (image !== undefined) images.push(image);
  }
  const isBase = (base: ListedImage) => images.some((image) => image.target !== '' && isOnTopOf(image, base));
  for (const image of images.filter(({ name }) => ownName(name) === undefined))
    if (!isBase(image)) context.warn(`${path} also held ${image.name}, which is not an image of mft-patch`);
  return documentOf(engine, images, { file: { path, bytes, sha256: await sha256OfFile(path, context.signal) } });
}
