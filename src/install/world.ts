/** The real hands: a shell whose output goes to a log, the machine that this process runs on, sudo. */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../context.js';
import type { InstallDocument, UninstallDocument } from '../documents/index.js';
import { type Failure, fail, failWrite, MftPatchError } from '../errors.js';
import { survey } from '../machine/examine.js';
import { here, openMachine } from '../machine/machine.js';
import { runProgram } from '../system/run-program.js';
import { quietEnvironment } from './apt.js';
import type { Hands, Result } from './run-steps.js';

/** What install and uninstall touch; tests hand in another. */
export interface World extends Hands {
  /** 0 is root. */
  uid: number;
  /** The file with what all programs print. */
  log: string;
  /** Runs mft-patch again with these arguments as root, and gives what it results in. @throws not-permitted, or as that one did */
  asRoot(args: string[]): Promise<InstallDocument | UninstallDocument>;
}

export function openWorld(context: Context): World {
  const log = join(context.cacheDir, 'logs', `install-${new Date().toISOString().replace(/[:.]/g, '-')}.log`);
  const machine = openMachine(here, context);
  let isNoted = false;
  return {
    uid: machine.uid,
    log,
    run: async (command) => {
      if (!isNoted) context.signal.addEventListener('abort', () => context.warn(`what was begun goes on by itself; see ${log}`));
      isNoted = true;
      return runLogged(command, log, context);
    },
    wait: (seconds) => setTimeout(seconds * 1000, undefined, { signal: context.signal }),
    look: () => survey(machine, context),
    tell: (text) => context.progress({ step: 'install', text, finished: true }),
    check: () => context.signal.throwIfAborted(),
    asRoot: (args) => runAsRoot(args, context),
  };
}

/**
 * Runs a command to its end, whatever interrupts us: apt that is killed leaves packages half-configured. So it has a group of its
 * own, and writes to the log by itself, which no pipe of ours ends.
 */
async function runLogged({ line, asks }: { line: string; asks?: true }, log: string, context: Context): Promise<Result> {
  await mkdir(dirname(log), { recursive: true }).catch((error) => failWrite(log, error));
  await appendFile(log, `\n$ ${line}\n`).catch((error) => failWrite(log, error));
  const { size } = await stat(log);
  // apt's words are read; messages of another language would not be known.
  const env = {
    ...context.env,
    ...quietEnvironment,
    LC_ALL: 'C',
    LANGUAGE: '',
    PATH: `${context.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`,
  };
  if (asks) return runAtTerminal(line, env);
  const detached = { ...context, env, signal: new AbortController().signal };
  const { exitCode } = await runProgram('sh', ['-c', `exec >>"$0" 2>&1\n${line}`, log], {}, detached);
  return { exitCode, output: (await readFile(log)).subarray(size).toString() };
}

/** mokutil reads the password from the terminal; what it prints goes there, too, beside the result on stdout. */
async function runAtTerminal(line: string, env: NodeJS.ProcessEnv): Promise<Result> {
  if (!process.stdin.isTTY) return { exitCode: 1, output: 'it asks for a password, and stdin is not a terminal' };
  const { execa } = await import('execa');
  const stdio = ['inherit', process.stderr, 'inherit'] as const;
  const { exitCode = 128 } = await execa('sh', ['-c', line], { stdio, env, extendEnv: false, reject: false });
  return { exitCode, output: '' };
}

/** One sudo for all steps of root: its ticket would end while dkms builds. */
async function runAsRoot(args: string[], context: Context): Promise<InstallDocument | UninstallDocument> {
  const { execa } = await import('execa');
  const [script = process.execPath] = process.argv.slice(1);
  // A single executable is its own script.
  const program = script === process.execPath ? [script] : [process.execPath, script];
  const prompt = 'mft-patch does these steps as root. Password of %p: ';
  const options = { env: context.env, extendEnv: false, reject: false, stdio: ['inherit', 'pipe', 'inherit'] } as const;
  const { stdout, code } = await execa('sudo', ['-p', prompt, '--', ...program, ...args, '--json'], options);
  context.signal.throwIfAborted();
  if (code === 'ENOENT') fail({ code: 'not-permitted', detail: 'sudo is not installed', hint: `run as root: mft-patch ${args.join(' ')}` });
  const document = parsed(String(stdout));
  if (document === undefined)
    fail({ code: 'not-permitted', detail: 'sudo has not run the steps of root', hint: `run as root: mft-patch ${args.join(' ')}` });
  if (document.schema === 'mft-patch/error@1') throw new MftPatchError(document as unknown as Failure);
  return document as InstallDocument;
}

function parsed(text: string): { schema: string } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
