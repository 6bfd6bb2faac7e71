import { fail } from '../errors.js';

/** What a kernel release string says (`uname -r`, or as much of it as a person types). */
export interface KernelRelease {
  /** The string as it was given. */
  text: string;
  /** major.minor.patch; a release candidate counts as its release, whose API it already has. */
  version: string;
  major: number;
  minor: number;
}

// A tree with changes that are not committed puts a + at the end.
const form =
  /^([1-9]\d{0,2})\.(0|[1-9]\d{0,2})(?:\.(\d{1,5})(?=$|[-.+~_])|(?!\.\d))(?:[-.+~_][0-9A-Za-z](?:[0-9A-Za-z.+~_-]*[0-9A-Za-z])?)?\+?$/;

/** A release without a suffix, as --max-kernel takes it: major.minor, which stands for all of its patch levels, or one of these. */
export const plainRelease = /^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,4}))?$/;

/**
 * Understands a kernel release: `5.18`, `5.18-rc1`, `6.1.0-50-amd64`, `5.14.0-427.13.1.el9_4.x86_64`.
 * @throws usage for anything without at least major.minor
 */
export function parseKernelRelease(text: string): KernelRelease {
  const match = form.exec(text);
  if (!match) {
    fail({
      code: 'usage',
      detail: `invalid kernel release '${text}'`,
      hint: 'pass at least MAJOR.MINOR, e.g. 5.18 or 6.1.0-50-amd64 (see uname -r)',
    });
  }
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  return { text, version: `${major}.${minor}.${patch}`, major, minor };
}
