import type { Target } from '../kernels/target.js';
import { isBootImage, isOnTopOf, type ListedImage } from './image-list.js';
import { bootTag, repositoriesOf, type UsableNames } from './image-names.js';

/** Which images are meant. */
export interface Choice {
  /** Names of targets or of images, releases, kernels of targets as 6.1, or `all`. */
  names: readonly string[];
  targets: readonly Target[];
}

/** Whether a name means an image. */
export function isMeant(wanted: string, { name, target, release }: ListedImage, targets: readonly Target[]): boolean {
  if (['all', target, name, release].includes(wanted)) return true;
  return targets.some((candidate) => candidate.name === target && candidate.kernel === wanted);
}

/** The images that names mean, and those that boot their kernels. */
export function chooseImages(all: readonly ListedImage[], { names, targets }: Choice): ListedImage[] {
  const named = all.filter((image) => names.some((wanted) => isMeant(wanted, image, targets)));
  const goesAlong = (image: ListedImage) =>
    isBootImage(image) && (names.some((wanted) => image.target === `${wanted}-boot`) || named.some((below) => isOnTopOf(image, below)));
  return all.filter((image) => named.includes(image) || goesAlong(image));
}

/**
 * The images that this program can use: those of targets by their names, what boots their kernels, and what it makes of sources,
 * whose names are not known without them.
 *
 * @param targets the catalogue
 * @param names what it would call the images of these targets, and what boots them
 */
export function usableImages(all: readonly ListedImage[], targets: readonly Target[], names: UsableNames): ListedImage[] {
  const isKnown = ({ name, target }: ListedImage) =>
    target === '' ||
    target === 'kernel-tools' ||
    targets.some((candidate) => repositoriesOf(candidate.name).includes(name.replace(/:.*/, '')));
  const isDraft = ({ name }: ListedImage) => /-draft-\d+$/.test(name) || !name.startsWith('mft-patch/');
  const usable = all.filter((image) => !isBootImage(image) && !isDraft(image) && (names.tags.has(image.name) || !isKnown(image)));
  const boots = new Set(usable.map((image) => bootTag(image.target, { ...image, tag: image.name }, names.bootDockerfile)));
  return all.filter((image) => usable.includes(image) || boots.has(image.name));
}
