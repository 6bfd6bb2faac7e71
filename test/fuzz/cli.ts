/** Runs the program in this process, as a user calls it but without the start of Node. */
import { run } from '../../build/cli/run.js';
import { Terminal } from '../../build/cli/terminal.js';
import type { ResultDocument } from '../../build/documents/index.js';
import type { Failure } from '../../build/errors.js';
import { explain } from '../../build/explain.js';
import { Fault } from './fault.js';

type Code = Failure['code'];

/** What a command prints with --json when it fails. */
export interface ErrorDocument {
  schema: 'mft-patch/error@1';
  code: Code;
  message: string;
  hint: string;
}

class Sink {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

/**
 * Runs a command with --json and judges that it ends as promised: one document on stdout, the exit code of that document, no
 * stack trace, and only the errors that invalid input may cause.
 *
 * @param codes the error codes that this input may end in
 * @returns the document
 */
export async function cli<Document extends ResultDocument>(argv: string[], codes: readonly Code[]): Promise<Document | ErrorDocument> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const { env } = process;
  const signal = new AbortController().signal;
  const exitCode = await run([...argv, '--json'], { env, signal, version: '0', terminal: new Terminal(stdout, stderr) });
  if (/^ {4}at .*:\d+:\d+/m.test(stderr.text)) throw new Fault('crash', stderr.text);
  const document = parsed<Document>(stdout.text);
  if (!document.schema?.startsWith('mft-patch/')) throw new Fault('exit', `a document without schema: ${stdout.text.slice(0, 200)}`);
  if (isError(document)) judgeError(document, exitCode, codes);
  else if (exitCode !== expectedExit(document)) throw new Fault('exit', `exit code ${exitCode} with ${document.schema}`);
  return document;
}

/** Whether a document is that of an error. */
export function isError(document: ResultDocument | ErrorDocument): document is ErrorDocument {
  return document.schema === 'mft-patch/error@1';
}

function parsed<Document>(text: string): Document | ErrorDocument {
  try {
    return JSON.parse(text) as Document | ErrorDocument;
  } catch {
    throw new Fault('exit', `stdout is not a document: '${text.slice(0, 200)}'`);
  }
}

/** The exit code of a result, by the README. */
function expectedExit(document: ResultDocument): number {
  if (document.schema === 'mft-patch/rebuild@1') return document.status === 'differs' ? 1 : 0;
  if (document.schema !== 'mft-patch/matrix@1') return 0;
  const statuses = document.cells.map(({ patched }) => patched.status);
  if (statuses.includes('fails')) return 1;
  return statuses.includes('error') ? 5 : 0;
}

/** The exit codes, by the README, of the errors that invalid input may cause. */
const exitCodes: Partial<Record<Code, number>> = {
  usage: 2,
  'bad-catalogue': 2,
  'no-target': 2,
  'no-input': 3,
  'bundle-damaged': 3,
  'package-damaged': 3,
  'package-unfit': 3,
  'source-unfit': 3,
  'digest-mismatch': 3,
  'download-failed': 3,
  'digest-unknown': 3,
  'patch-does-not-apply': 4,
};

function judgeError({ code, message, hint }: ErrorDocument, exitCode: number, codes: readonly Code[]): void {
  if (!codes.includes(code)) throw new Fault(code === 'internal' ? 'crash' : 'exit', `${code}: ${message}`);
  if (exitCode !== exitCodes[code]) throw new Fault('exit', `${code} with exit code ${exitCode}`);
  if (!message || !hint) throw new Fault('exit', `${code} without a message or a hint`);
}

/** The code of the program's own error that some work ends in; undefined if it succeeds. @throws Fault for any other error */
export function codeOf(work: () => unknown, codes: readonly Code[]): Code | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    const { failure, stack } = error as Error & { failure?: Failure };
    if (failure === undefined) throw new Fault('crash', String(stack));
    if (!codes.includes(failure.code)) throw new Fault('exit', `${failure.code}: ${explain(failure).message}`);
    return failure.code;
  }
}
