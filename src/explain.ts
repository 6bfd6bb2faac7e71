/** Failures in words: what happened and to what, and what to do next. */
import { type FailedHunk, type Failure, failureKinds, type MftPatchError } from './errors.js';

/** Puts a failure into words. The first line names the thing and what is wrong with it; the hint is what to do next. */
export function explain(failure: Failure): { message: string; hint: string } {
  const own = 'hint' in failure ? failure.hint : undefined;
  const general = failureKinds[failure.code].hint as string | ((failure: Failure) => string);
  return { message: message(failure), hint: own ?? (typeof general === 'string' ? general : general(failure)) };
}

/** A failure as one line: what happened, and in brackets what to do. */
export function oneLine({ failure }: MftPatchError): string {
  const { message, hint } = explain(failure);
  return `${message} (${hint})`;
}

function message(failure: Failure): string {
  switch (failure.code) {
    case 'usage':
    case 'engine-failed':
    case 'not-permitted':
      return failure.detail;
    case 'bad-catalogue': {
      const { file, others = [] } = failure;
      return [failure, ...others].map(({ line, detail }) => `${inLine(file)}${line === undefined ? '' : `:${line}`}: ${detail}`).join('\n');
    }
    case 'no-target':
      return `no kernel target for '${failure.kernel}'`;
    case 'download-failed':
      return `cannot download ${inLine(failure.url)}: ${failure.detail}`;
    case 'digest-mismatch':
      return `${inLine(failure.path)}: ${failure.algorithm} is ${failure.actual}, expected ${failure.expected}`;
    case 'patch-does-not-apply':
      return [`patch ${failure.patch} does not apply; nothing was written`, ...failure.hunks.flatMap(hunkLines)].join('\n');
    case 'cannot-write':
      return `cannot write ${inLine(failure.path)}: ${failure.detail}`;
    case 'no-engine':
      return `no container engine to verify with (${failure.tried.map(({ engine, detail }) => `${engine}: ${detail}`).join('; ')})`;
    case 'internal':
      return `internal error: ${failure.detail}`;
    case 'interrupted':
      return 'interrupted';
    default:
      return `${inLine(failure.path)}: ${failure.detail}`;
  }
}

/** A name within a line: one with a newline in it, as an archive may have, must not make lines of its own, such as a hint. */
function inLine(name: string): string {
  return name.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function hunkLines(hunk: FailedHunk): string[] {
  const found = hunk.found.length > 0 ? hunk.found : ['(end of file)'];
  return [
    `  ${hunk.file}:${hunk.line}: ${hunk.cause}`,
    '    expected:',
    ...hunk.expected.map((line) => `      | ${line}`),
    '    found:',
    ...found.map((line) => `      | ${line}`),
  ];
}
