import { randomBytes } from 'node:crypto';
import type { Context } from '../context.js';
import { plainPath } from '../deb/deb.js';
import { type Entry, readTar, writeTar } from '../deb/tar.js';
import { fail } from '../errors.js';
import { outputLimit, runProgram } from '../system/run-program.js';
import type { Engine } from './engine.js';
import { type Limits, limitOptions, withinDisk } from './limits.js';

/** What dpkg needs to unpack files of root and set their owners and modes; nothing else is left to a container. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** What every container of ours is created with: no network, no mounts, few rights, nothing left in the daemon's logs. */
export const walls = [
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
  const uninterrupted = { ...context, signal: new AbortController().signal };
  const remove = () => runProgram(engine.name, ['rm', '--force', name], {}, uninterrupted);
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

/** What a script of `container/` has to tell, by the names of its files. */
export type Report = ReadonlyMap<string, Buffer>;

/**
 * Runs a script of ours in a throw-away container: files go in by stdin, its report comes out by stdout.
 *
 * @param files paths relative to the root of the container
 * @param command the script and its arguments, for bash
 * @param devices of the engine's machine that it may use
 * @throws engine-failed if it comes to no report
 */
export async function reportOf(
  engine: Engine,
  image: string,
  files: Entry[],
  command: string,
  devices: string[],
  limits: Limits,
  context: Context,
  onLine: (line: string) => void,
): Promise<Report> {
  return withContainer(engine, context, async (container) => {
    const unpackAndRun = ['sh', '-c', `tar -x -C / && exec bash ${command}`];
    const args = [
      'run',
      '--rm',
      '--interactive',
      '--name',
      container,
      ...walls,
      ...limitOptions(limits),
      ...devices.flatMap((device) => ['--device', device]),
      image,
      ...unpackAndRun,
    ];
    const options = { input: writeTar(files), binary: true, onLine };
    const { exitCode, stdout, stderr, isCut } = await withinDisk(engine, container, limits, () => engine.run(args, options));
    if (isCut)
      fail({ code: 'engine-failed', detail: `the container wrote more than ${outputLimit / 1024 ** 2} MiB to its output and was ended` });
    if (stdout.length === 0) fail({ code: 'engine-failed', detail: whyNoReport(engine, exitCode, stderr) });
    try {
      const entries = readTar(stdout, 'report').filter(({ type }) => type === 'file');
      return new Map(entries.map((entry) => [plainPath(entry), entry.body]));
    } catch (error) {
      return fail({ code: 'engine-failed', detail: 'what the container reported cannot be read' }, error);
    }
  });
}

/** A report's files as texts. */
export function textsOf(report: Report): Map<string, string> {
  return new Map([...report].map(([name, body]) => [name, body.toString('utf8')]));
}

/** Why a container has ended without a report, by the exit code of `docker run` (docker-run(1), Exit status). */
function whyNoReport(engine: Engine, exitCode: number, stderr: string): string {
  const lines = stderr.trim().split('\n');
  // What ran in the container has spoken, too; the engine's own words begin so.
  const own = lines.filter((line) => /^(docker|podman|error|time=|cannot|unable)\b|unexpected EOF/i.test(line));
  const words = (own.length > 0 ? own : lines)
    .slice(-2)
    .map((line) => line.slice(0, 300))
    .join(' / ');
  if (exitCode === 125) return `${engine.name} cannot run the container: ${words}`;
  const cause = exitCode === 137 ? ' (it was killed, as the kernel does where memory runs out, or somebody removed it)' : '';
  return `the container ended with ${exitCode}${cause} before it could report: ${words}`;
}
