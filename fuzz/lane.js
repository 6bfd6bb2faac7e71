/** Worker processes: watched, ended when they hang, and followed by another where they crashed or grew. */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const worker = fileURLToPath(new URL('worker.js', import.meta.url));
const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
/** An input may take 5 s; what has not come back after this, a process's start on top, hangs. Milliseconds. */
const patience = 8000;

/**
 * Runs the inputs of every `step`th number, from `first` on, in one process after the other.
 *
 * @param work as worker.js takes it
 * @param onResult is told each result, and answers whether to go on
 */
export async function runLane(folder, work, onResult) {
  for (let next = work.first; next < work.runs; ) {
    const { last, isOver } = await runProcess(folder, { ...work, first: next }, onResult);
    if (isOver || last === undefined) return;
    next = last + work.step;
  }
}

/** The result of one input in a process of its own: there its memory is its own, too. */
export async function runAlone(folder, job) {
  let result;
  await runProcess(folder, { jobs: [job] }, (told) => {
    result = told;
    return false;
  });
  if (!result.fault && result.heavy) return { ...result, fault: 'memory', detail: `${result.mebibytes.toFixed(0)} MiB` };
  return result;
}

function runProcess(folder, work, onResult) {
  const place = mkdtempSync(join(folder, 'worker-'));
  const inputs = join(place, 'inputs');
  mkdirSync(inputs);
  const rights = [permission, '--allow-fs-read=*', `--allow-fs-write=${inputs}`, '--allow-child-process'];
  const child = fork(worker, { execArgv: [...rights, '--no-warnings'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.send({ ...work, folder: inputs, bases: join(folder, 'bases') });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      words = `${words}${chunk}`.slice(-2000);
    });
  let [last, current, isOver, isHung] = [undefined, undefined, false, false];
  const tell = (result) => {
    last = result.done;
    if (!isOver && !onResult(result)) {
      isOver = true;
      child.kill('SIGKILL');
    }
  };
  const timer = setTimeout(() => {
    isHung = true;
    child.kill('SIGKILL');
  }, patience);
  child.on('message', (message) => {
    timer.refresh();
    current = message.at === undefined ? undefined : message;
    if (message.at === undefined) tell(message);
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(place, { recursive: true, force: true });
      if (!isOver && current) {
        const detail = isHung ? `nothing for ${patience / 1000} s` : `the process ended with ${code ?? signal}: ${words}`;
        tell({ done: current.at, name: current.name, fault: isHung ? 'hang' : 'crash', detail });
      } else if (!isOver && code !== 0) {
        return reject(new Error(`a worker ended with ${code ?? signal}: ${words}`));
      }
      resolve({ last, isOver });
    });
  });
}
