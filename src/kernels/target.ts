import { fail, wordsOf } from '../errors.js';
import { parseKernelRelease } from './release.js';

/** A kernel that a package can be verified on: an image of a distribution with that kernel's headers. */
export interface Target {
  /** The name of its file in `kernels/`, as in debian-12. */
  name: string;
  title: string;
  /** major.minor of the kernel whose headers the image holds. */
  kernel: string;
  /** The base image, by its name in a registry. */
  image: string;
  /** The suite that mmdebstrap makes the same base from where the image cannot be pulled. */
  suite: string;
  /** The headers package; `{arch}` stands for Debian's name of the architecture. */
  headers: string;
  /** A one-line-style apt source to add to the image's own; empty for none. */
  aptSources: string;
}

const required = ['title', 'kernel', 'image', 'suite', 'headers'] as const;

/**
 * Reads a target from the text of its file.
 * @throws bad-catalogue naming the file and the field
 */
export function parseTarget(file: string, text: string): Target {
  const bad = (detail: string): never => fail({ code: 'bad-catalogue', file, detail });
  let fields: Record<string, unknown> = {};
  try {
    fields = JSON.parse(text);
  } catch (error) {
    bad(wordsOf(error));
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) bad('is not a JSON object');
  const known = [...required, 'aptSources'] as string[];
  const stray = Object.keys(fields).find((name) => !known.includes(name));
  if (stray !== undefined) bad(`the field '${stray}' is not known; known are ${known.join(', ')}`);
  const text_ = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : bad(`the field '${name}' must be a text`);
  };
  const kernel = text_('kernel');
  if (!/^\d+\.\d+$/.test(kernel)) bad(`the field 'kernel' must be major.minor, not '${kernel}'`);
  return {
    name: file.replace(/^.*\//, '').replace(/\.json$/, ''),
    title: text_('title'),
    kernel,
    image: text_('image'),
    suite: text_('suite'),
    headers: text_('headers'),
    aptSources: 'aptSources' in fields ? text_('aptSources') : '',
  };
}

/**
 * The target that a user means by `wanted`: one by its name, or one that carries that major.minor.
 * @throws usage if `wanted` is neither a target's name nor a kernel release; no-target if no target carries it
 */
export function findTarget(wanted: string, targets: readonly Target[]): Target {
  const named = targets.find((target) => target.name === wanted);
  if (named) return named;
  const { major, minor } = parseKernelRelease(wanted);
  const target = targets.find((candidate) => candidate.kernel === `${major}.${minor}`);
  return target ?? fail({ code: 'no-target', kernel: wanted, targets: targets.map((t) => `${t.name} (${t.kernel})`) });
}

/** The targets, those whose kernel is nearest to `wanted` first; of two equally near the newer. */
export function nearestTargets(wanted: string, targets: readonly Target[]): Target[] {
  const place = (text: string) => {
    const { major, minor } = parseKernelRelease(text);
    return major * 1000 + minor;
  };
  const distance = (target: Target) => Math.abs(place(target.kernel) - place(wanted));
  return [...targets].sort((a, b) => distance(a) - distance(b) || place(b.kernel) - place(a.kernel));
}
