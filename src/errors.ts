import { constants } from 'node:os';

/** A hunk that fits nowhere, or in more than one place. Lines count from 1. */
export interface FailedHunk {
  file: string;
  /** The line at which the patch expects the hunk. */
  line: number;
  cause: string;
  expected: string[];
  /** What the file has at that line; empty if it is missing or ends before it. */
  found: string[];
}

/** What is wrong with a data file. Lines count from 1. */
export interface FileFault {
  line?: number;
  detail: string;
}

/** Everything that can go wrong, as data. `explain` turns it into words. */
export type Failure =
  | { code: 'usage'; detail: string; hint?: string }
  /** The first fault, and the others where there are more. */
  | ({ code: 'bad-catalogue'; file: string; others?: FileFault[]; hint?: string } & FileFault)
  | { code: 'no-target'; kernel: string; targets: string[] }
  | { code: 'no-input'; path: string; detail: string; hint?: string }
  | { code: 'download-failed'; url: string; detail: string; hint?: string }
  | { code: 'digest-mismatch'; path: string; algorithm: 'SHA-256' | 'MD5'; expected: string; actual: string }
  | { code: 'digest-unknown'; path: string; detail: string; hint?: string }
  | { code: 'bundle-damaged'; path: string; detail: string; hint?: string }
  | { code: 'package-damaged'; path: string; detail: string; hint?: string }
  | { code: 'package-unfit'; path: string; detail: string; hint?: string }
  | { code: 'source-unfit'; path: string; detail: string; hint?: string }
  | { code: 'patch-does-not-apply'; patch: string; hunks: FailedHunk[] }
  | { code: 'cannot-write'; path: string; detail: string; hint?: string }
  | { code: 'no-engine'; tried: { engine: string; detail: string }[]; hint?: string }
  | { code: 'engine-failed'; detail: string; hint?: string }
  | { code: 'not-permitted'; detail: string; hint?: string }
  | { code: 'internal'; detail: string }
  /** `isPending`: what was begun had not ended in time; `kept`: the part of a download that the next run continues. */
  | { code: 'interrupted'; isPending?: boolean; kept?: string };

type FailureOf<Code extends Failure['code']> = Extract<Failure, { code: Code }>;

/** Of each failure the exit code (README), and what to do next where the failure itself does not say it. */
export const failureKinds: { [Code in Failure['code']]: { exit: number; hint: string | ((failure: FailureOf<Code>) => string) } } = {
  usage: { exit: 2, hint: 'see mft-patch --help' },
  'bad-catalogue': { exit: 2, hint: 'fix this file; see CONTRIBUTING.md for the format' },
  'no-target': { exit: 2, hint: ({ targets }) => `use one of: ${targets.join(', ')}` },
  'no-input': { exit: 3, hint: 'check the path; --sample needs no input at all' },
  'download-failed': { exit: 3, hint: ({ url }) => `download it by hand from ${url} and pass it with --bundle FILE` },
  'digest-mismatch': {
    exit: 3,
    hint: 'do not use this file; download it again, and if the checksum still differs compare it with another source',
  },
  'digest-unknown': { exit: 3, hint: 'pass the digest with --sha256 HEX, from a source that you trust' },
  'bundle-damaged': { exit: 3, hint: 'download the bundle again: an MFT bundle is the .tgz for DEB based systems' },
  'package-damaged': { exit: 3, hint: 'download the package again' },
  'package-unfit': { exit: 3, hint: 'pass a bundle or a dkms package as its vendor ships it' },
  'source-unfit': { exit: 3, hint: 'pass the top directory of a kernel tree, or a tar archive of one' },
  'patch-does-not-apply': {
    exit: 4,
    hint: 'this source differs from the releases that the patch was made for: adapt its context or its MFT range',
  },
  'cannot-write': { exit: 5, hint: 'choose another directory with --out, or free space / fix permissions' },
  'no-engine': { exit: 5, hint: 'install docker.io or podman and start it, or skip verification with --no-verify' },
  'engine-failed': { exit: 5, hint: 're-run with --verbose to see what the engine printed' },
  'not-permitted': { exit: 5, hint: 'run it as root' },
  internal: { exit: 5, hint: 're-run with --verbose and report the output' },
  interrupted: {
    exit: 130,
    hint: ({ isPending, kept }) => {
      if (kept !== undefined) return `run the same command again to continue the download; what has come is kept in ${kept}`;
      return isPending
        ? 'the container engine is slow and may still be removing a container; partial files are removed by the next build'
        : 'containers and partial files were cleaned up';
    },
  },
};

/** The one error that the program throws on purpose. Its `failure` says what happened. */
export class MftPatchError extends Error {
  constructor(
    readonly failure: Failure,
    options?: { cause?: unknown },
  ) {
    super(failure.code, options);
    this.name = 'MftPatchError';
  }

  get exitCode(): number {
    return failureKinds[this.failure.code].exit;
  }
}

/** Throws `failure`; an expression, so that it fits after `??`. */
export function fail(failure: Failure, cause?: unknown): never {
  throw new MftPatchError(failure, cause === undefined ? undefined : { cause });
}

/** Throws bad-catalogue for all that is wrong with a data file. */
export function failFile(file: string, [first, ...others]: readonly FileFault[]): never {
  return fail({ code: 'bad-catalogue', file, detail: '', ...first, ...(others.length > 0 ? { others } : {}) });
}

/** errno(3), as far as a user meets it. */
const errnoWords: Record<string, string> = {
  ENOENT: 'no such file',
  ENOSPC: 'no space left on device',
  EFBIG: 'file too large',
  EMFILE: 'too many open files',
  EIO: 'I/O error',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file with this name exists',
  ENOTDIR: 'a path component is not a directory',
  EISDIR: 'a directory with this name exists',
};

/**
 * Throws cannot-write for an error of the system, as errno(3) names them; any other goes through as it is.
 * @param hint what to do next, for what is not written to the output directory
 */
export function failWrite(path: string, error: unknown, hint?: string): never {
  const { code = '', errno } = error as NodeJS.ErrnoException;
  // Node has no name for it.
  const isQuota = errno === -constants.errno.EDQUOT;
  if (error instanceof MftPatchError || !(isQuota || /^E[A-Z0-9]+$/.test(code))) throw error;
  const detail = isQuota ? 'disk quota exceeded' : (errnoWords[code] ?? messageOf(error));
  return fail({ code: 'cannot-write', path, detail, ...(hint === undefined ? {} : { hint }) }, error);
}

/**
 * Throws no-input for a file that cannot be read.
 * @param hint what to do next, where checking the path is not all
 */
export function failInput(path: string, error: unknown, hint?: string): never {
  const { code = '' } = error as NodeJS.ErrnoException;
  const detail = code === 'EISDIR' ? 'is a directory' : (errnoWords[code] ?? messageOf(error));
  return fail({ code: 'no-input', path, detail, ...(hint === undefined ? {} : { hint }) }, error);
}

/** The message of an unknown thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
