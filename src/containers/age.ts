import type { Target } from '../kernels/target.js';
import type { EngineSettings } from './engine.js';
import type { ImageOptions } from './image-names.js';

/** How old an image of a rolling suite may be before it is worth a word, in seconds: such a suite has new packages every day. */
export const usualAgeLimit = 24 * 60 * 60;

/** How long ago a date of ISO 8601 was, in seconds; undefined if it is none. */
export function ageOf(created: string): number | undefined {
  const time = Date.parse(created);
  return Number.isNaN(time) ? undefined : Math.max(0, (Date.now() - time) / 1000);
}

/** An age for people, in its largest unit: `5 min`, `7 h`, `3 d`; `-` where it is not known. */
export function ageText(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  if (seconds < 60 * 60) return `${Math.floor(seconds / 60)} min`;
  return seconds < usualAgeLimit ? `${Math.floor(seconds / 60 / 60)} h` : `${Math.floor(seconds / usualAgeLimit)} d`;
}

/** What to type to make a target's image anew: with the options that are part of what an image is named by. */
export function refreshCommand({ name }: Target, { engine, bootstrap, aptMirror }: ImageOptions & EngineSettings): string {
  const options = [
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
    ...(bootstrap ? ['--bootstrap'] : []),
    ...(aptMirror === undefined ? [] : [`--apt-mirror ${aptMirror}`]),
  ];
  return ['mft-patch image build', name, '--refresh', ...options].join(' ');
}
