import { loadTargets } from '../../catalogue.js';
import { ageOf } from '../../containers/age.js';
import { findImage, type Image } from '../../containers/image.js';
import { bytesOf, listedImage, ownImages } from '../../containers/image-list.js';
import { contentOf, imageTag } from '../../containers/image-names.js';
import { type ContainerSettings, type Images, openImages } from '../../containers/images.js';
import type { Context } from '../../context.js';
import type { ImagesDocument } from '../../documents/index.js';
import { fail, MftPatchError } from '../../errors.js';
import { explain } from '../../explain.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import type { Target } from '../../kernels/target.js';
import { documentOf, rowOf } from './document.js';

/** Which images are made anew. */
export interface RefreshRequest {
  /** Undefined for all that are here. */
  kernels: Kernel[] | undefined;
  /** `maxImageAge` is the age from which an image is made anew, whatever its suite; 0 for any. */
  settings: ContainerSettings & { maxImageAge: number };
}

/**
 * Makes images anew, and their bases, that are older than they may be: a suite that stays gets new kernels, too, with its point
 * releases. One of a snapshot does not age. One that fails stays as it is, and stops no other.
 *
 * @throws engine-failed if one fails, when all others are made; usage with --offline, and for a kernel from source
 */
export async function refreshImages({ kernels, settings }: RefreshRequest, context: Context): Promise<ImagesDocument> {
  if (context.offline) fail({ code: 'usage', detail: '--offline does not apply with image refresh', hint: 'omit --offline' });
  const targets = kernels?.map((kernel) => agingTarget(kernel, context)) ?? (await loadTargets(context));
  const images = await openImages({ ...settings, refresh: true }, context);
  const { engine } = images;
  const before = bytesOf(await ownImages(engine, context));
  const present = (await Promise.all(targets.map((target) => presentImage(target, images, context)))).flatMap((one) => one ?? []);
  const missing = targets.find((target) => kernels !== undefined && !present.some((one) => one.target === target));
  if (missing) fail({ code: 'usage', detail: `no image for '${missing.name}'`, hint: `run mft-patch image build ${missing.name}` });
  const isDue = ({ target, image }: Present) => target.snapshot === '' && (ageOf(image.created) ?? 0) >= settings.maxImageAge;
  const failures: MftPatchError[] = [];
  const rows: ImagesDocument['images'] = [];
  for (const { target, image } of present.filter(isDue)) {
    const made = await images.ensure(target, context).catch((error) => {
      if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
      failures.push(error);
      context.warn(`the image of ${target.name} stays as it is: ${explain(error.failure).message}`);
    });
    const listed = made && (await listedImage(engine, { name: made.tag }, context));
    if (listed) rows.push({ ...rowOf(listed), replaced: { release: image.release, created: image.created } });
  }
  const [failure] = failures;
  if (failure) throw failure;
  const kept = await Promise.all(
    present.filter((one) => !isDue(one)).map(({ image }) => listedImage(engine, { name: image.tag }, context)),
  );
  const all = await ownImages(engine, context);
  return {
    ...documentOf(engine, []),
    images: rows,
    kept: kept.flatMap((image) => (image ? [rowOf(image)] : [])),
    bytes: { before, after: bytesOf(all) },
  };
}

interface Present {
  target: Target;
  image: Image;
}

/** The image of a target, if it is here. */
async function presentImage(target: Target, { engine, settings }: Images, context: Context): Promise<Present | undefined> {
  const image = await findImage(engine, imageTag(await contentOf(target), settings), context);
  return image && { target, image };
}

/** @throws usage for a kernel from source */
function agingTarget(kernel: Kernel, context: Context): Target {
  const target = targetOf(kernel, context);
  if (target.source === undefined) return target;
  const hint = 'image build --refresh with the same --kernel-source prepares it again';
  return fail({ code: 'usage', detail: `${target.name} is prepared from source: only its tools age`, hint });
}
