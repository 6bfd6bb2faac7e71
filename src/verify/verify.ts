import { join } from 'node:path';
import { type Report, runScript, textsOf } from '../containers/container.js';
import type { Image } from '../containers/image.js';
import type { Images } from '../containers/images.js';
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { fileEntry } from '../deb/tar.js';
import type { BootVerdict, KernelVerdict } from '../documents/index.js';
import { seriesOf, type Target } from '../kernels/target.js';
import type { BuiltModules } from '../packaging/built-modules.js';
import { projectText } from '../project-files.js';
import { writeAtomic } from '../system/stage.js';
import { type Facts, factOf, toolsOf } from './facts.js';
import { judge } from './judge.js';
import { type Origin, provenanceOf } from './provenance.js';
import { isEngineFailure, secondsSince, verdictOnFailure } from './untested.js';

/** A package as a file: its name, and its bytes. */
export interface PackageFile {
  name: string;
  bytes: Buffer;
  /** How it was built, where this run did it. */
  origin?: Origin;
}

/** What is to be verified, and where. */
export interface Verification {
  images: Images;
  target: Target;
  deb: PackageFile;
  /** The dkms.conf of the package that it was made from: what that declares, this must declare, too. */
  vendorConf?: Buffer;
  /** Whether to load the modules on the booted kernel as well. */
  boot: boolean;
  /** Told the modules of a package that passed. */
  onModules?: (modules: BuiltModules) => void;
}

/** What container/verify.sh does, in its order; each has a log. */
const logged = ['install', 'make', 'kernelHook', 'headers', 'other', 'remove', 'purge'];
/** The scripts that it consists of. */
const scripts = ['verify.sh', 'dkms-sources.sh', 'check-symbols.sh'];

/**
 * Takes a package through its life in a container of the target, from its installation to its purge, and judges what was
 * there. Where the engine cannot do it that is a verdict too, with the status `error`.
 *
 * @throws source-unfit, no-input, download-failed for a kernel's source; cannot-write for the log
 */
export async function verifyOn(verification: Verification, context: Context): Promise<KernelVerdict> {
  const { images, target } = verification;
  const start = performance.now();
  try {
    return await verifyIn(await images.ensure(target, context), verification, context);
  } catch (error) {
    if (!isEngineFailure(error)) throw error;
    const steps = { builds: false, installs: false };
    const rest = { release: '', steps, modules: [], patches: [], log: '', seconds: secondsSince(start) };
    return { target: target.name, kernel: target.kernel, ...verdictOnFailure(error, context), ...rest };
  }
}

/**
 * The same in an image that is there.
 * @throws engine-failed, cannot-write
 */
export async function verifyIn(image: Image, verification: Verification, context: Context): Promise<KernelVerdict> {
  const { images, target, deb, boot, onModules } = verification;
  const start = performance.now();
  const on = await provenanceOf({ deb, image, engine: images.engine, boot });
  const step = { step: 'verify' as const, of: target.name, text: 'installing the package, dkms builds its modules' };
  context.progress(step);
  const report = await withTimeout(images.settings.timeout, `the installation on ${target.name}`, context, (limited) =>
    runLife(image, verification, limited, (detail) => context.progress({ ...step, detail })),
  );
  const facts = textsOf(report);
  const logs = join(context.cacheDir, 'logs', `${deb.name.replace(/\.deb$/, '')}.${target.name}`);
  const log = `${logs}.log`;
  const parts = logged.filter((name) => facts.has(`${name}.log`)).map((name) => `==> ${name} <==\n${facts.get(`${name}.log`)}\n`);
  await writeAtomic(log, parts.join(''), context);
  const judgement = judge(facts, target, images.settings);
  const kernel = seriesOf(judgement.release) || target.kernel;
  const others = facts.has('other.exit') ? { otherKernels: true } : {};
  const verdict = { target: target.name, kernel, ...judgement, ...others, ...toolsOf(facts), log, seconds: secondsSince(start), on };
  if (verdict.status !== 'builds') return verdict;
  const tested = boot ? withBoot({ ...verdict, seconds: secondsSince(start) }, await bootIn()) : verdict;
  if (tested.status === 'builds') onModules?.(builtModules(report, facts, on.architecture));
  return tested;

  async function bootIn(): Promise<BootVerdict> {
    const { bootModules } = await import('./boot.js');
    return bootModules({ images, image, target, modules: modulesOf(report), logs }, context);
  }
}

/** What a boot has shown, on top of what the installation has. */
function withBoot(verdict: KernelVerdict, boot: BootVerdict): KernelVerdict {
  const { status, reason, loads = status === 'loads', works = false } = boot;
  // That the drivers could not be asked is neither a pass nor a failure.
  const steps = { ...verdict.steps, loads, ...(loads && status === 'loads' && !works ? {} : { works }) };
  const notTested = [...(verdict.notTested ?? []), ...(boot.notTested ?? [])];
  return {
    ...verdict,
    steps,
    ...(notTested.length > 0 ? { notTested } : {}),
    boot,
    ...(status === 'loads' ? {} : { status, ...(reason === undefined ? {} : { reason }) }),
    ...(status === 'fails' ? { failedStep: loads ? ('works' as const) : ('loads' as const) } : {}),
  };
}

/** The modules as dkms has installed them, by their file names. */
function modulesOf(report: Report): Map<string, Buffer> {
  const modules = [...report].filter(([path]) => path.startsWith('ko/')).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(modules.map(([path, body]) => [path.slice('ko/'.length), body]));
}

/** What a package of these modules is made from. */
function builtModules(report: Report, facts: Facts, architecture: string): BuiltModules {
  const top = factOf(facts, 'modules.top');
  const hash = factOf(facts, 'signature.hash');
  return { release: factOf(facts, 'release'), architecture, top: top || 'lib', signatureHash: hash || 'sha256', files: modulesOf(report) };
}

/** Package and scripts go in by stdin, the facts come out by stdout: nothing of the host is mounted. */
async function runLife(
  image: Image,
  { images: { engine, settings }, deb, vendorConf, boot, onModules }: Verification,
  context: Context,
  onLine: (line: string) => void,
): Promise<Report> {
  const texts = await Promise.all(scripts.map((name) => projectText(`container/${name}`)));
  const files = [
    fileEntry('verify/package.deb', deb.bytes),
    ...(vendorConf ? [fileEntry('verify/vendor-dkms.conf', vendorConf)] : []),
    ...scripts.map((name, index) => fileEntry(`verify/${name}`, Buffer.from(texts[index] ?? ''))),
  ];
  const command = `/verify/verify.sh ${boot || onModules ? 'with-modules' : ''}`;
  return runScript({ engine, image: image.tag, files, command, limits: settings, onLine }, context);
}
