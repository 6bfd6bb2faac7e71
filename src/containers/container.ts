import { randomBytes } from 'node:crypto';
import type { Context } from '../context.js';
import { plainPath } from '../deb/deb.js';
import { type Entry, readTar, writeTar } from '../deb/tar.js';
import { fail } from '../errors.js';
import { outputLimit, type RunResult } from '../system/run-program.js';
import type { Engine } from './engine.js';
import { type Limits, limitOptions, withDiskLimit } from './limits.js';

/** What dpkg needs to unpack files of root and set their owners and modes; a container gets nothing else. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** How long an engine may take to remove a container whose work has ended, in milliseconds. */
const removalLimit = 20_000;

/** What every container of ours is created with: no network, no mounts, few rights, nothing left in the daemon's logs. */
export const sandboxArgs = [
  ...['--network', 'none', '--log-driver', 'none', '--pull', 'never', '--cap-drop', 'ALL'],
  ...capabilities.flatMap((capability) => ['--cap-add', capability]),
  ...['--security-opt', 'no-new-privileges'],
];

/**
 * Does work with a container of the name that it is given. The container is gone when the work fails or is interrupted;
 * otherwise that is up to the work.
 */
export async function withContainer<T>(engine: Engine, context: Context, work: (name: string) => Promise<T>): Promise<T> {
  // With the process in it, so that a person can tell whose it is.
  const name = `mft-patch-${process.pid}-${randomBytes(4).toString('hex')}`;
  const remove = async () => {
    const uninterrupted = { ...context, signal: AbortSignal.timeout(removalLimit) };
    // An engine that does not answer has made the work fail already.
    await engine.run(['rm', '--force', name], uninterrupted).catch(() => {});
  };
  // The engine's client does not end before its container does, and the container does not heed SIGTERM.
  context.signal.addEventListener('abort', remove);
  try {
    return await work(name);
  } catch (error) {
    // Once more, now that the client has ended: it may have been about to create the container.
    await remove();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', remove);
  }
}

/** What a script of `container/` found, by the names of its files. */
export type Report = ReadonlyMap<string, Buffer>;

/** A script of `container/` to be run, and with what. */
export interface ScriptRun {
  engine: Engine;
  image: string;
  /** Paths relative to the root of the container. */
  files: Entry[];
  /** The script and its arguments, for bash. */
  command: string;
  /** Devices of the engine's machine that it may use. */
  devices?: string[];
  limits: Limits;
  /** Called with each line of stderr. */
  onLine(line: string): void;
}

/**
 * Runs a script of ours in a throwaway container: files go in by stdin, its report comes out by stdout.
 * @throws engine-failed if there is no report
 */
export async function runScript({ engine, image, files, command, ...run }: ScriptRun, context: Context): Promise<Report> {
  return withContainer(engine, context, async (container) => {
    const args = [
      ...['run', '--rm', '--interactive', '--name', container, ...sandboxArgs, ...limitOptions(run.limits)],
      ...(run.devices ?? []).flatMap((device) => ['--device', device]),
      ...[image, 'sh', '-c', `tar -x -C / && exec bash ${command}`],
    ];
    const options = { input: writeTar(files), binary: true, onLine: run.onLine };
    const result = await withDiskLimit({ engine, container, limits: run.limits }, context, () => engine.run(args, context, options));
    return readReport(result, engine);
  });
}

function readReport({ exitCode, stdout, stderr, isCut }: RunResult, engine: Engine): Report {
  const detail = `the container produced more than ${outputLimit / 1024 ** 2} MiB of output and was killed`;
  if (isCut) fail({ code: 'engine-failed', detail });
  if (stdout.length === 0) fail({ code: 'engine-failed', detail: whyNoReport(engine, exitCode, stderr) });
  try {
    const entries = readTar(stdout, 'report').filter(({ type }) => type === 'file');
    return new Map(entries.map((entry) => [plainPath(entry), entry.body]));
  } catch (error) {
    return fail({ code: 'engine-failed', detail: "the container's report cannot be read" }, error);
  }
}

/** A report's files as texts. */
export function textsOf(report: Report): Map<string, string> {
  return new Map([...report].map(([name, body]) => [name, body.toString('utf8')]));
}

/** Why a container exited without a report, by the exit code of `docker run` (docker-run(1), Exit status). */
function whyNoReport(engine: Engine, exitCode: number, stderr: string): string {
  const lines = stderr.trim().split('\n');
  // The output of what ran in the container is there, too; the engine's own lines begin like this.
  const own = lines.filter((line) => /^(docker|podman|error|time=|cannot|unable)\b|unexpected EOF/i.test(line));
  const words = (own.length > 0 ? own : lines)
    .slice(-2)
    .map((line) => line.slice(0, 300))
    .join(' / ');
  if (exitCode === 125) return `${engine.name} cannot run the container: ${words}`;
  const cause = exitCode === 137 ? ' (killed: out of memory, or removed)' : '';
  return `the container exited with status ${exitCode}${cause} before reporting: ${words}`;
}
