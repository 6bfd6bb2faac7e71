import { ageOf, ageText } from '../../containers/age.js';
import type { Engine } from '../../containers/engine.js';
import type { ListedImage } from '../../containers/image-list.js';
import type { ImagesDocument } from '../../documents/index.js';

/** The document of a command about images. */
export function documentOf(engine: Engine, images: readonly ListedImage[], more: Partial<ImagesDocument> = {}): ImagesDocument {
  return { schema: 'mft-patch/image@1', engine: engine.name, images: images.map(rowOf), ...more };
}

/** An image as a row of the document. */
export function rowOf({ name, target, release, size, created }: ListedImage): ImagesDocument['images'][number] {
  return { image: name, target, release, size, created, age: ageText(ageOf(created)) };
}
