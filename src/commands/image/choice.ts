import { loadTargets } from '../../catalogue.js';
import type { Engine } from '../../containers/engine.js';
import { chooseImages, isMeant, usableImages } from '../../containers/image-choice.js';
import { type ListedImage, ownImages } from '../../containers/image-list.js';
import { type ImageOptions, usableNames } from '../../containers/image-names.js';
import type { Context } from '../../context.js';
import { fail } from '../../errors.js';

/**
 * The images that go to another engine: of those that this program can use, as it is now, what names mean.
 *
 * @param names as `chooseImages` takes them; undefined for all
 * @throws usage if one of them has no image
 */
export async function imagesToSend(
  engine: Engine,
  names: readonly string[] = ['all'],
  options: ImageOptions,
  context: Context,
): Promise<ListedImage[]> {
  const targets = await loadTargets(context);
  const all = await ownImages(engine, context);
  const usable = usableImages(all, targets, await usableNames(targets, options)).filter(({ target }) => target !== '');
  for (const wanted of names) {
    if (usable.some((image) => isMeant(wanted, image, targets))) continue;
    const detail = wanted === 'all' ? 'no image is here' : `no image for '${wanted}'`;
    fail({ code: 'usage', detail, hint: `run mft-patch image build ${wanted} first, or mft-patch image ls to list them` });
  }
  return chooseImages(usable, { names, targets });
}
