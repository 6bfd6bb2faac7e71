import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { dataFile } from '../data.js';
import { plainPath } from '../deb/deb.js';
import { newEntry, readTar, writeTar } from '../deb/tar.js';
import { fail, MftPatchError, wordsOf } from '../errors.js';
import type { Target } from '../kernels/target.js';
import type { KernelVerdict } from '../report/documents.js';
import { runProgram } from '../run-program.js';
import type { Engine } from './engine.js';
import { ensureImage } from './image.js';
import { type Facts, judge } from './judge.js';

/** What dpkg needs to unpack files of root and set their owners and modes; nothing else is left to the container. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/**
 * Installs a package in a container of the target and judges what is then there. What keeps that from being tried
 * is a verdict too, with the status `error`.
 *
 * @param name the package's file name, for the log's name
 */
export async function verifyOn(engine: Engine, target: Target, deb: Buffer, name: string, context: Context): Promise<KernelVerdict> {
  const start = performance.now();
  const verdict = (part: Omit<KernelVerdict, 'target' | 'kernel' | 'seconds'>): KernelVerdict => ({
    target: target.name,
    kernel: target.kernel,
    ...part,
    seconds: Math.round((performance.now() - start) / 100) / 10,
  });
  try {
    const image = await ensureImage(engine, target, await dataFile('Dockerfile'), context);
    const text = `${target.name}: installing the package, dkms builds its modules`;
    context.progress({ step: 'verify', text });
    const facts = await collectFacts(engine, image, deb, context, (detail) => context.progress({ step: 'verify', text, detail }));
    const log = await saveLog(join(context.cacheDir, 'logs', `${name.replace(/\.deb$/, '')}.${target.name}.log`), facts);
    return verdict({ ...judge(facts, target), log });
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
    const reason = `${error.failure.detail}${error.failure.hint ? ` (${error.failure.hint})` : ''}`;
    return verdict({ release: '', status: 'error', reason, steps: { builds: false, installs: false }, modules: [], log: '' });
  }
}

/** Package and script go in by stdin, the facts come out by stdout: nothing of the host is mounted. */
async function collectFacts(engine: Engine, image: string, deb: Buffer, context: Context, onLine: (line: string) => void): Promise<Facts> {
  const input = writeTar([
    newEntry('verify/package.deb', 'file', 0o644, 0, deb),
    newEntry('verify/verify.sh', 'file', 0o755, 0, Buffer.from(await dataFile('container/verify.sh'))),
  ]);
  const container = `mft-patch-${randomBytes(6).toString('hex')}`;
  const args = [
    'run',
    '--rm',
    '--interactive',
    '--name',
    container,
    '--network',
    'none',
    '--log-driver',
    'none',
    '--pull',
    'never',
    '--cap-drop',
    'ALL',
    ...capabilities.flatMap((capability) => ['--cap-add', capability]),
    '--security-opt',
    'no-new-privileges',
    image,
    'sh',
    '-c',
    'tar -x -C / && exec bash /verify/verify.sh',
  ];
  // The engine's client does not end before its container does, and the container does not heed SIGTERM.
  const remove = () => removeContainer(engine, container, context);
  context.signal.addEventListener('abort', remove);
  try {
    const { exitCode, stdout, stderr } = await engine.run(args, { input, binary: true, onLine });
    if (stdout.length === 0) {
      const words = stderr.trim().split('\n').slice(-3).join(' / ');
      fail({ code: 'engine-failed', detail: `the container ended with ${exitCode} before it could report: ${words}` });
    }
    return readFacts(stdout);
  } catch (error) {
    // Once more, now that the client has ended: it may have been about to create the container.
    await remove();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', remove);
  }
}

function readFacts(report: Buffer): Facts {
  try {
    return new Map(readTar(report, 'report').map((entry) => [plainPath(entry), entry.body.toString('utf8')]));
  } catch (error) {
    return fail({ code: 'engine-failed', detail: 'what the container reported cannot be read' }, error);
  }
}

async function removeContainer(engine: Engine, container: string, context: Context): Promise<void> {
  const uninterrupted = { ...context, signal: new AbortController().signal };
  await runProgram(engine.name, ['rm', '--force', container], {}, uninterrupted);
}

/** @returns the log's path */
async function saveLog(path: string, facts: Facts): Promise<string> {
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `${facts.get('dpkg.log') ?? ''}\n==> make.log <==\n${facts.get('make.log') ?? ''}`);
  } catch (error) {
    fail({ code: 'cannot-write', path, detail: wordsOf(error) }, error);
  }
  return path;
}
