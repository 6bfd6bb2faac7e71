/** Starts and watches worker processes. A worker that hangs is killed; one that crashed or grew is replaced by another. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultKind } from './fault.js';
import { projectPath } from './project.js';
import type { FuzzInput } from './target.js';

/** One input, as it is or as bytes in base64. */
export type Job = { target: string } & ({ input: FuzzInput } | { bytes: string });

/** Every `step`th input from `first` on, below `runs`. */
export interface Share {
  seed: number;
  /** The targets that are fuzzed. */
  names: readonly string[];
  first: number;
  step: number;
  runs: number;
}

type Work = Share | { job: Job };

/** What a worker is sent. */
export interface Task {
  /** Where it may write. */
  directory: string;
  /** The directory with the bases. */
  bases: string;
  work: Work;
}

/** The result of one input. */
export interface Result {
  /** The number of the input. */
  done: number;
  /** The target. */
  name: string;
  /** The size of the input in bytes. */
  size?: number;
  /** The peak memory of the process so far. */
  mebibytes?: number;
  /** The peak memory is above the limit. */
  heavy?: boolean;
  outcome?: string;
  fault?: FaultKind;
  detail?: string;
}

/** What a worker sends: that it begins with an input, or its result. */
export type Message = { at: number; name: string } | Result;

/** Receives a result. @returns whether to continue */
type OnResult = (result: Result) => boolean;

const worker = projectPath('build-test/fuzz/worker.js');
const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
/**
 * An input may take 5 s of the processor. A worker that sends nothing and has used more hangs; so does one that has waited for a
 * minute, whatever it used. The clock alone would call a busy machine a hang.
 */
const [lookMs, busySeconds, silences] = [8000, 5, 8];

/**
 * Runs a share of the inputs, in one process after another.
 * @param directory has the bases in `bases`
 */
export async function runLane(directory: string, share: Share, onResult: OnResult): Promise<void> {
  for (let next = share.first; next < share.runs; ) {
    const { last, isOver } = await runProcess(directory, { ...share, first: next }, onResult);
    if (isOver || last === undefined) return;
    next = last + share.step;
  }
}

/** The result of one input in a process of its own, so that the memory is that of this input. */
export async function runAlone(directory: string, job: Job): Promise<Result> {
  const results: Result[] = [];
  await runProcess(directory, { job }, (told) => {
    results.push(told);
    return false;
  });
  const [result] = results;
  if (result === undefined) throw new Error(`a worker gave no result for ${job.target}`);
  if (result.fault || !result.heavy) return result;
  return { ...result, fault: 'memory', detail: `${result.mebibytes?.toFixed(0)} MiB` };
}

interface ProcessEnd {
  /** The number of the last input that has a result. */
  last: number | undefined;
  /** The receiver wants no more results. */
  isOver: boolean;
}

async function runProcess(directory: string, work: Work, onResult: OnResult): Promise<ProcessEnd> {
  const place = mkdtempSync(join(directory, 'worker-'));
  const inputs = join(place, 'inputs');
  mkdirSync(inputs);
  const rights = [permission, '--allow-fs-read=*', `--allow-fs-write=${inputs}`, '--allow-child-process'];
  const child = fork(worker, { execArgv: [...rights, '--no-warnings'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const task: Task = { directory: inputs, bases: join(directory, 'bases'), work };
  child.send(task);
  try {
    return await watch(child, onResult);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Receives the messages of a worker until it ends. */
async function watch(child: ChildProcess, onResult: OnResult): Promise<ProcessEnd> {
  const words = lastWords(child);
  const end: ProcessEnd = { last: undefined, isOver: false };
  let isHung = false;
  let current: { at: number; name: string } | undefined;
  const tell = (result: Result) => {
    end.last = result.done;
    if (end.isOver || onResult(result)) return;
    end.isOver = true;
    child.kill('SIGKILL');
  };
  let [silent, usedBefore] = [0, 0];
  const timer = setTimeout(() => {
    silent++;
    isHung = processorSeconds(child) - usedBefore > busySeconds || silent === silences;
    if (isHung) child.kill('SIGKILL');
    else timer.refresh();
  }, lookMs);
  child.on('message', (message: Message) => {
    timer.refresh();
    [silent, usedBefore] = [0, processorSeconds(child)];
    current = 'at' in message ? message : undefined;
    if ('done' in message) tell(message);
  });
  const status = await closed(child);
  clearTimeout(timer);
  if (end.isOver) return end;
  const detail = isHung ? `no result for ${(silent * lookMs) / 1000} s` : `the process ended with ${status}: ${words()}`;
  if (current) tell({ done: current.at, name: current.name, fault: isHung ? 'hang' : 'crash', detail });
  else if (status !== 0) throw new Error(`a worker failed: ${detail}`);
  return end;
}

/** What a process has used of the processor, in seconds: fields 14 and 15 of /proc/PID/stat, in hundredths (proc(5)). */
function processorSeconds(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Waits for the end of a process. @returns its exit code or signal */
function closed(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal));
  });
}

/** Keeps the end of what a process prints. */
function lastWords(child: ChildProcess): () => string {
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      words = `${words}${chunk}`.slice(-2000);
    });
  return () => words;
}
