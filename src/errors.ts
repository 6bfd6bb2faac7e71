import { constants } from 'node:os';

/** A hunk that fits nowhere, or in more than one place. Lines count from 1. */
export interface FailedHunk {
  file: string;
  /** The line at which the patch expects the hunk. */
  line: number;
  cause: string;
  expected: string[];
  /** What stands at that line; empty if the file is missing or ends before it. */
  found: string[];
}

/** Everything that can go wrong, as data. `explain` turns it into words. */
export type Failure =
  | { code: 'usage'; detail: string; hint?: string }
  | { code: 'bad-catalogue'; file: string; line?: number; detail: string }
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
  | { code: 'cannot-write'; path: string; detail: string }
  | { code: 'no-engine'; tried: { engine: string; detail: string }[] }
  | { code: 'engine-failed'; detail: string; hint?: string }
  | { code: 'internal'; detail: string }
  /** `isPending`: what was begun had not ended in time. */
  | { code: 'interrupted'; isPending?: boolean };

/** Exit codes, as promised in the README. 1 (a verification failed) is no failure of the program and not here. */
const exitCodes: Record<Failure['code'], number> = {
  usage: 2,
  'bad-catalogue': 2,
  'no-target': 2,
  'no-input': 3,
  'download-failed': 3,
  'digest-mismatch': 3,
  'digest-unknown': 3,
  'bundle-damaged': 3,
  'package-damaged': 3,
  'package-unfit': 3,
  'source-unfit': 3,
  'patch-does-not-apply': 4,
  'cannot-write': 5,
  'no-engine': 5,
  'engine-failed': 5,
  internal: 5,
  interrupted: 130,
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
    return exitCodes[this.failure.code];
  }
}

/** Throws `failure`; an expression, so that it fits after `??`. */
export function fail(failure: Failure, cause?: unknown): never {
  throw new MftPatchError(failure, cause === undefined ? undefined : { cause });
}

const systemWords: Record<string, string> = {
  ENOSPC: 'no space left',
  EFBIG: 'the file would be larger than allowed',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an error',
  EACCES: 'no permission',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file of this name is in the way',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'a folder of this name is in the way',
};

/** Throws cannot-write for an error of the system, as errno(3) names them; any other goes through as it is. */
export function cannotWrite(path: string, error: unknown): never {
  const { code = '', errno } = error as NodeJS.ErrnoException;
  // Node has no name for it.
  const isQuota = errno === -constants.errno.EDQUOT;
  if (error instanceof MftPatchError || !(isQuota || /^E[A-Z0-9]+$/.test(code))) throw error;
  const detail = isQuota ? 'the quota is used up' : (systemWords[code] ?? wordsOf(error));
  return fail({ code: 'cannot-write', path, detail }, error);
}

/** The words of an unknown thrown value. */
export function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An error of ours as one line: what happened, and in brackets what to do. */
export function inOneLine({ failure }: MftPatchError): string {
  const { message, hint } = explain(failure);
  return `${message} (${hint})`;
}

/** Puts a failure into words: what happened and to what, and what to do next. */
export function explain(failure: Failure): { message: string; hint: string } {
  switch (failure.code) {
    case 'usage':
      return { message: failure.detail, hint: failure.hint ?? 'see mft-patch --help' };
    case 'bad-catalogue':
      return {
        message: `${failure.file}${failure.line === undefined ? '' : `:${failure.line}`}: ${failure.detail}`,
        hint: 'mend this file; CONTRIBUTING.md shows the format',
      };
    case 'no-target':
      return {
        message: `no kernel target for '${failure.kernel}'`,
        hint: `known targets: ${failure.targets.join(', ')}`,
      };
    case 'no-input':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'check the path; --sample needs no input at all',
      };
    case 'download-failed':
      return {
        message: `cannot download ${failure.url}: ${failure.detail}`,
        hint: failure.hint ?? `fetch it by hand from ${failure.url} and give it with --bundle FILE`,
      };
    case 'digest-mismatch':
      return {
        message: `${failure.path}: ${failure.algorithm} is ${failure.actual}, expected ${failure.expected}`,
        hint: 'do not use this file: fetch it again, and compare with another source if it stays so',
      };
    case 'digest-unknown':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'give the digest with --sha256 HEX, from a source that you trust',
      };
    case 'bundle-damaged':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'fetch the bundle again: an MFT bundle is the .tgz for DEB based systems',
      };
    case 'package-damaged':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'fetch the package again',
      };
    case 'package-unfit':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'give a bundle or package of kernel-mft-dkms as NVIDIA ships it',
      };
    case 'source-unfit':
      return {
        message: `${failure.path}: ${failure.detail}`,
        hint: failure.hint ?? 'give the top folder of a kernel tree, or a tar archive of one',
      };
    case 'patch-does-not-apply':
      return {
        message: [`patch ${failure.patch} does not apply; nothing was written`, ...failure.hunks.flatMap(hunkLines)].join('\n'),
        hint: 'this source differs from the releases that the patch was made for: adapt its context or its MFT range',
      };
    case 'cannot-write':
      return {
        message: `cannot write ${failure.path}: ${failure.detail}`,
        hint: 'give another folder with --out, or make room and permission there',
      };
    case 'no-engine':
      return {
        message: `no container engine to verify with (${failure.tried.map((t) => `${t.engine}: ${t.detail}`).join('; ')})`,
        hint: 'apt install docker.io (or podman) and start it, or do without by --no-verify',
      };
    case 'engine-failed':
      return { message: failure.detail, hint: failure.hint ?? 'run again with --verbose to see what the engine said' };
    case 'internal':
      return { message: `a fault of mft-patch: ${failure.detail}`, hint: 'run again with --verbose and report what it prints' };
    case 'interrupted':
      return { message: 'interrupted', hint: failure.isPending ? pending : 'containers and half-written files were removed' };
  }
}

const pending = 'the container engine is slow and may still be removing a container; the next build removes what is half written';

function hunkLines(hunk: FailedHunk): string[] {
  const found = hunk.found.length > 0 ? hunk.found : ['(nothing)'];
  return [
    `  ${hunk.file}:${hunk.line}: ${hunk.cause}`,
    '    expected:',
    ...hunk.expected.map((line) => `      | ${line}`),
    '    found there:',
    ...found.map((line) => `      | ${line}`),
  ];
}
