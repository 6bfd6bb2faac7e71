/** The program, run in this process: as a user calls it, but for the start of Node. */
import { explain } from '../build/errors.js';
import { run } from '../build/cli/run.js';
import { Terminal } from '../build/cli/terminal.js';
import { Fault } from './fault.js';

class Sink {
  text = '';
  write(text) {
    this.text += text;
  }
}

/**
 * Runs a command with --json and judges that it ends as promised: one document on stdout, an exit code that fits it, no
 * stack trace, and of its errors only those that bad input is told by.
 *
 * @param codes the error codes that this input may end in
 * @returns the document
 */
export async function cli(argv, codes) {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const { env } = process;
  const signal = new AbortController().signal;
  const exitCode = await run([...argv, '--json'], { env, signal, version: '0', terminal: new Terminal(stdout, stderr) });
  if (/^ {4}at .*:\d+:\d+/m.test(stderr.text)) throw new Fault('crash', stderr.text);
  let document;
  try {
    document = JSON.parse(stdout.text);
  } catch {
    throw new Fault('exit', `stdout is no document: '${stdout.text.slice(0, 200)}'`);
  }
  if (!document.schema?.startsWith('mft-patch/')) throw new Fault('exit', `a document without schema: ${stdout.text.slice(0, 200)}`);
  if (document.schema === 'mft-patch/error@1') judgeError(document, exitCode, codes);
  else if (exitCode !== (document.status === 'differs' ? 1 : 0)) throw new Fault('exit', `exit code ${exitCode} with ${document.schema}`);
  return document;
}

const exitCodes = {
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

function judgeError({ code, message, hint }, exitCode, codes) {
  if (!codes.includes(code)) throw new Fault(code === 'internal' ? 'crash' : 'exit', `${code}: ${message}`);
  if (exitCode !== exitCodes[code]) throw new Fault('exit', `${code} with exit code ${exitCode}`);
  if (!message || !hint) throw new Fault('exit', `${code} without words`);
}

/** The code of an error of ours that some work ends in, or nothing; whatever else it throws is a fault. */
export function codeOf(work, codes) {
  try {
    work();
    return undefined;
  } catch (error) {
    const { failure } = error;
    if (failure === undefined) throw new Fault('crash', error.stack);
    if (!codes.includes(failure.code)) throw new Fault('exit', `${failure.code}: ${explain(failure).message}`);
    return failure.code;
  }
}
