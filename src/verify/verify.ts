import { join } from 'node:path';
import type { Context } from '../context.js';
import { dataFile } from '../catalogue.js';
import { newEntry } from '../deb/tar.js';
import { inOneLine, MftPatchError } from '../errors.js';
import { seriesOf, type Target } from '../kernels/target.js';
import type { BootVerdict, KernelVerdict } from '../documents.js';
import { writeWhole } from '../system/stage.js';
import { type Report, reportOf, textsOf } from '../containers/container.js';
import type { Image, Images } from '../containers/images.js';
import { judge } from './judge.js';
import { secondsSince, withinTime } from '../containers/timeout.js';

/** A package to be verified: its file name, and its bytes. */
export interface Candidate {
  name: string;
  bytes: Buffer;
}

/**
 * Installs a package in a container of the target and judges what is then there. What keeps the engine from trying it
 * is a verdict too, with the status `error`.
 *
 * @param boot whether to load the modules on the booted kernel as well
 * @throws source-unfit, no-input, download-failed for a kernel's source; cannot-write for the log
 */
export async function verifyOn(images: Images, target: Target, deb: Candidate, boot: boolean, context: Context): Promise<KernelVerdict> {
  const start = performance.now();
  try {
    return await verifyIn(images, await images.ensure(target, context), target, deb, boot, context);
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
    const { name, kernel } = target;
    const steps = { builds: false, installs: false };
    const rest = { release: '', steps, modules: [], patches: [], log: '', seconds: secondsSince(start) };
    return { target: name, kernel, status: 'error', reason: inOneLine(error), ...rest };
  }
}

/**
 * The same in an image that is there.
 * @throws engine-failed, cannot-write
 */
export async function verifyIn(
  images: Images,
  image: Image,
  target: Target,
  deb: Candidate,
  boot: boolean,
  context: Context,
): Promise<KernelVerdict> {
  const start = performance.now();
  const text = `${target.name}: installing the package, dkms builds its modules`;
  context.progress({ step: 'verify', text });
  const onLine = (detail: string) => context.progress({ step: 'verify', text, detail });
  const report = await withinTime(images.options.timeout, `the installation on ${target.name}`, context, (limited) =>
    install(images, image.tag, deb.bytes, boot, limited, onLine),
  );
  const facts = textsOf(report);
  const logs = join(context.cacheDir, 'logs', `${deb.name.replace(/\.deb$/, '')}.${target.name}`);
  const log = `${logs}.log`;
  await writeWhole(log, `${facts.get('dpkg.log') ?? ''}\n==> make.log <==\n${facts.get('make.log') ?? ''}`, context);
  const judgement = judge(facts, target, images.options);
  const kernel = seriesOf(judgement.release) || target.kernel;
  const verdict = { target: target.name, kernel, ...judgement, log, seconds: secondsSince(start) };
  if (!boot || verdict.status !== 'builds') return verdict;
  const { bootModules } = await import('./boot.js');
  const booted = await bootModules(images, image, target, modulesOf(report), logs, context);
  return withBoot({ ...verdict, seconds: secondsSince(start) }, booted);
}

/** What a boot has shown, on top of what the installation has. */
function withBoot(verdict: KernelVerdict, boot: BootVerdict): KernelVerdict {
  const { status, reason } = boot;
  const steps = { ...verdict.steps, loads: status === 'loads' };
  return { ...verdict, steps, boot, ...(status === 'loads' ? {} : { status, ...(reason === undefined ? {} : { reason }) }) };
}

/** The modules as dkms has installed them, by their file names. */
function modulesOf(report: Report): Map<string, Buffer> {
  const modules = [...report].filter(([path]) => path.startsWith('ko/')).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(modules.map(([path, body]) => [path.slice('ko/'.length), body]));
}

/** Package and script go in by stdin, the facts come out by stdout: nothing of the host is mounted. */
async function install(
  { engine, options }: Images,
  image: string,
  deb: Buffer,
  boot: boolean,
  context: Context,
  onLine: (line: string) => void,
): Promise<Report> {
  const files = [
    newEntry('verify/package.deb', 'file', 0o644, 0, deb),
    newEntry('verify/verify.sh', 'file', 0o755, 0, Buffer.from(await dataFile('container/verify.sh'))),
  ];
  return reportOf(engine, image, files, `/verify/verify.sh ${boot ? 'with-modules' : ''}`, [], options, context, onLine);
}
