import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';

const argv = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** Runs the command line to its end. */
async function main(): Promise<void> {
  // As an await of this file would have it: what never comes to its end is no success.
  process.exitCode = 13;
  // Before anything else is loaded: a signal without a listener ends the process without its exit code.
  const interruption = new AbortController();
  // Every container and download of a matrix listens.
  setMaxListeners(0, interruption.signal);
  // SIGHUP: the terminal was closed, or the connection to it is gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());
  const [{ run }, { Terminal }] = await Promise.all([import('./cli/run.js'), import('./cli/terminal.js')]);
  // A reader that closes the pipe early (`| head`) is not an error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      if (stream === process.stdout)
        process.stderr.write(`mft-patch: cannot write the result: ${error.message}\n  free space, or send stdout elsewhere\n`);
      process.on('exit', () => {
        process.exitCode = 5;
      });
    });
  }
  const terminal = new Terminal(process.stdout, process.stderr, { env: process.env });
  process.exitCode = await run(argv, { env: process.env, signal: interruption.signal, version, terminal });
  // What did not end in time may still be running.
  if (interruption.signal.aborted) process.exit();
}

// Without an await of this file, which program.cjs, as CommonJS, cannot have.
void main();
