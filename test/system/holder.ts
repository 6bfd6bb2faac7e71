/** A process that holds a lock, and what it says of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../support.js';

/**
 * Holds the lock until a line comes on its standard input, or blocked until a file is there; then it says whether it may
 * publish.
 */
const script = `
import { existsSync } from 'node:fs';
import { once } from 'node:events';
const [lockModule, path, gate] = process.argv.slice(1);
const { withLock } = await import(lockModule);
const timing = { beat: 20, silence: 1e9, poll: 10 };
await withLock(path, { signal: new AbortController().signal }, async (lock) => {
  console.log('holds');
  if (gate) while (!existsSync(gate));
  else await once(process.stdin, 'data');
  console.log(await lock.check().then(() => 'publishes', ({ failure }) => failure.code));
  console.log(lock.signal.aborted ? 'knows' : 'does not know');
}, timing);
process.exit();
`;

export interface Holder {
  child: ChildProcess;
  /** Waits until it has said this many lines. */
  said(lines: number): Promise<string[]>;
}

/** Starts it, by other programs if they are given, and waits until it holds the lock. */
export async function holder(path: string, gate = '', prefix: readonly string[] = []): Promise<Holder> {
  const module = pathToFileURL(join(projectRoot, 'build/system/lock.js')).href;
  const [program = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script, module, path, gate];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const lines = () => output.split('\n').slice(0, -1);
  const said = async (count: number) => {
    while (lines().length < count) await once(child.stdout, 'data');
    return lines();
  };
  await said(1);
  return { child, said };
}
