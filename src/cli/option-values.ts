/** What options take, checked as they are read: each throws InvalidArgumentError, whose words commander shows. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { packageForm } from '../documents/common.js';
import { plainRelease } from '../kernels/release.js';

/** @returns a whole number above 0 */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

export function count(text: string): number {
  return text === '0' ? 0 : positive(text);
}

export function maxKernel(text: string): string {
  if (!plainRelease.test(text)) throw new InvalidArgumentError('It must be MAJOR.MINOR or MAJOR.MINOR.PATCH, as 7.3.');
  return text;
}

export function size(text: string): string {
  if (!/^(0|[1-9]\d{0,5}[kmg])$/i.test(text)) throw new InvalidArgumentError('It must be a size as 512m or 2g, or 0 for no limit.');
  return text;
}

/** @returns seconds */
export function age(text: string): number {
  if (!/^(0|[1-9]\d{0,3}[hd])$/i.test(text)) throw new InvalidArgumentError('It must be an age as 12h or 2d, or 0 for no limit.');
  return Number.parseInt(text, 10) * (/d$/i.test(text) ? 86_400 : 3600);
}

export function digest(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('It is not a SHA-256: expected 64 hex digits.');
  return text.toLowerCase();
}

export function packageName(text: string): string {
  if (!packageForm.test(text)) throw new InvalidArgumentError('It must be the name of a package, as knem-dkms.');
  return text;
}

export function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must be a path.');
  return text;
}

export function aptMirror(text: string): string {
  if (!/^(https?|file):\/\/\S+$/.test(text))
    throw new InvalidArgumentError('It must be the URL of a Debian or Ubuntu mirror, as in sources.list.');
  return text;
}

export function gather(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** The same for what takes comma lists. */
export function gatherList(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',').map((name) => name.trim())];
}

export function gatherPaths(value: string, before: string[] = []): string[] {
  return [...before, notEmpty(value)];
}

export function notEmptyText(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Parses the place of images in a registry. */
export function registry(text: string): string {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(text))
    throw new InvalidArgumentError('It must be a registry as in the name of an image: HOST[:PORT][/PATH], without https://.');
  return text;
}
